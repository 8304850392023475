namespace BatchRec.Extract;

/// <summary>A range of whole UTC days that one connection reads: microseconds since 1970, from (inclusive) to until (exclusive).</summary>
internal readonly record struct Slice(long From, long Until)
{
    // Enough for a connection to be worth its set-up; few enough that all slices at work fit into memory and the last one isn't long.
    private const long MinRows = 250_000, MaxRows = 4_000_000;

    /// <summary>Cuts counted days into slices of about equal size.</summary>
    /// <param name="days">Ascending.</param>
    /// <param name="end">Where the last slice ends at the latest, be it within a day.</param>
    public static IReadOnlyList<Slice> Of(IReadOnlyList<(int Day, long Rows)> days, long end, int readers)
    {
        var target = Math.Clamp(days.Sum(day => day.Rows) / (readers * 4L), MinRows, MaxRows);
        var (slices, rows, first) = (new List<Slice>(), 0L, 0);
        for (var i = 0; i < days.Count; i++)
        {
            rows += days[i].Rows;
            if (rows < target && i < days.Count - 1) continue;
            slices.Add(new Slice(days[first].Day * PostgresTime.MicrosecondsPerDay, Math.Min(end, (days[i].Day + 1) * PostgresTime.MicrosecondsPerDay)));
            (rows, first) = (0, i + 1);
        }
        return slices;
    }
}
