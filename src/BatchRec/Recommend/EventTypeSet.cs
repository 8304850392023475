using BatchRec.Interactions;

namespace BatchRec.Recommend;

/// <summary>Which of a log's event types count, chosen by name.</summary>
public sealed class EventTypeSet
{
    private readonly bool[] contains = new bool[byte.MaxValue + 1];

    /// <param name="names">Names of event types, compared without case; null for all of them.</param>
    public EventTypeSet(Sequences log, IReadOnlyCollection<string>? names)
    {
        if (names is null)
        {
            Array.Fill(contains, true);
            return;
        }
        for (var type = 0; type < log.EventTypes.Length; type++)
            contains[type] = names.Contains(log.EventTypes[type], StringComparer.OrdinalIgnoreCase);
        // A type may simply not have happened yet, so this is for a log line, not a fault.
        Unknown = [.. names.Where(name => !log.EventTypes.Contains(name, StringComparer.OrdinalIgnoreCase))];
    }

    /// <summary>Names that no event of the log carries: not seen yet, or misspelt.</summary>
    public IReadOnlyList<string> Unknown { get; } = [];

    public bool IsEmpty => !contains.Contains(true);

    public bool Contains(byte eventType) => contains[eventType];
}
