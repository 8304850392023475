using BatchRec.Extract;
using BatchRec.Interactions;

namespace BatchRec.Prepare;

/// <summary>The days whose files differ between two logs, as both have them.</summary>
internal sealed class DayChanges
{
    private readonly HashSet<int> _days;

    private DayChanges(IReadOnlyList<InteractionLog.DayFile> before, IReadOnlyList<InteractionLog.DayFile> now)
    {
        (Before, Now) = (before, now);
        _days = [.. before.Concat(now).Select(day => day.Number)];
    }

    /// <summary>Ascending.</summary>
    public IReadOnlyList<InteractionLog.DayFile> Before { get; }

    /// <inheritdoc cref="Before"/>
    public IReadOnlyList<InteractionLog.DayFile> Now { get; }

    /// <param name="before">Null: everything is new.</param>
    public static DayChanges Between(InteractionLog? before, InteractionLog now) =>
        before is null ? new DayChanges([], now.Days) : new DayChanges(Without(before.Days, now.Days), Without(now.Days, before.Days));

    /// <param name="time">Microseconds since 1970, UTC.</param>
    public bool Contains(long time) => _days.Contains(PostgresTime.DayOf(time));

    private static List<InteractionLog.DayFile> Without(IReadOnlyList<InteractionLog.DayFile> days, IReadOnlyList<InteractionLog.DayFile> others)
    {
        var known = others.Select(day => (day.Number, day.File.Sha256)).ToHashSet();
        return [.. days.Where(day => !known.Contains((day.Number, day.File.Sha256)))];
    }
}
