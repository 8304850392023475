namespace BatchRec.Extract;

/// <summary>A range of whole UTC days that one connection reads: microseconds since 1970, from (inclusive) to until (exclusive).</summary>
internal readonly record struct Slice(long From, long Until)
{
    // Enough for a slice to be worth a query; few enough that the last one isn't long.
    private const long MinRows = 250_000, MaxRows = 4_000_000;

    // Fewer are read by one connection before another is there.
    private const long WorthSharing = 10_000;

    /// <summary>Cuts a range into slices of about equal size, by what the server's planner knows: counting the rows would read them twice.</summary>
    /// <param name="from">Where the first row is.</param>
    /// <param name="until">Where the last slice ends at the latest, be it within a day.</param>
    /// <param name="most">Rows that a reader has memory for.</param>
    /// <param name="estimate">Rows of a slice, about. It may be far off: then slices are of unequal size, and none is wrong.</param>
    public static async Task<IReadOnlyList<Slice>> PlanAsync(long from, long until, int readers, long most, Func<Slice, Task<double>> estimate)
    {
        var whole = new Slice(PostgresTime.DayOf(from) * PostgresTime.MicrosecondsPerDay, until);
        var parts = new List<(Slice Slice, double Rows)> { (whole, await estimate(whole)) };
        var target = Math.Clamp(parts[0].Rows / (readers * 4), Math.Min(MinRows, most), Math.Min(MaxRows, most));
        for (var splits = (int)Math.Min(10_000, 2 * parts[0].Rows / target) + readers; splits > 0; splits--)
        {
            var divisible = parts.FindAll(part => part.Slice.Days > 1);
            if (divisible.Count == 0) break;
            var (largest, rows) = divisible.MaxBy(part => part.Rows);
            if (rows <= (parts.Count < readers ? WorthSharing : target)) break;
            var middle = largest.From + largest.Days / 2 * PostgresTime.MicrosecondsPerDay;
            parts.Remove((largest, rows));
            foreach (var half in new[] { largest with { Until = middle }, largest with { From = middle } }) parts.Add((half, await estimate(half)));
        }
        return [.. parts.Select(part => part.Slice).OrderBy(slice => slice.From)];
    }

    private long Days => (Until - From + PostgresTime.MicrosecondsPerDay - 1) / PostgresTime.MicrosecondsPerDay;
}
