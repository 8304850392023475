using System.Collections.Concurrent;

namespace BatchRec.Extract;

/// <summary>Counts the rows that couldn't be used, by reason. Slices count at the same time.</summary>
internal sealed class SkippedRows
{
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public long Total => _counts.Values.Sum();

    public IReadOnlyDictionary<string, long> Counts => new SortedDictionary<string, long>(_counts, StringComparer.Ordinal);

    public void Add(string reason, long rows = 1) => _counts.AddOrUpdate(reason, rows, (_, before) => before + rows);

    public override string ToString() => string.Join(", ", Counts.Select(reason => $"{reason.Value:N0} × {reason.Key}"));
}
