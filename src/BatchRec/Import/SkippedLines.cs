namespace BatchRec.Import;

/// <summary>Lines of a file that didn't become rows, counted by reason, each with the numbers of its first lines.</summary>
public sealed class SkippedLines
{
    private const int LinesShown = 5;
    private readonly Dictionary<string, (long Count, List<long> First)> _byReason = [];

    public long Count { get; private set; }

    public void Add(string reason, long line)
    {
        Count++;
        var (count, first) = _byReason.GetValueOrDefault(reason, (0, []));
        if (first.Count < LinesShown) first.Add(line);
        _byReason[reason] = (count + 1, first);
    }

    public long CountOf(string reason) => _byReason.GetValueOrDefault(reason).Count;

    /// <summary>One sentence a reason, the most frequent first: <c>12 × no user id (lines 4, 9, 17, 18, 20, …)</c>.</summary>
    public IEnumerable<string> Sentences() =>
        from entry in _byReason
        orderby entry.Value.Count descending, entry.Key
        let more = entry.Value.Count > entry.Value.First.Count ? ", …" : ""
        select $"{entry.Value.Count:N0} × {entry.Key} (line{(entry.Value.Count == 1 ? "" : "s")} {string.Join(", ", entry.Value.First)}{more})";
}
