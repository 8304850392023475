namespace BatchRec.Interactions;

/// <summary>
/// Every user's history as flat arrays: the events of user u stand at <c>Offsets[u] .. Offsets[u + 1]</c>, in the
/// total order (time, position if the source has one, item), the same on every extraction.
/// </summary>
/// <remarks>Users and items are dense indices (<see cref="IdMap"/>); times are microseconds since 1970, UTC.</remarks>
public sealed class Sequences
{
    /// <summary>A day in the unit of <see cref="Times"/>.</summary>
    public const long MicrosecondsPerDay = 86_400_000_000;

    public required int UserCount { get; init; }

    /// <summary>Size of the item vocabulary; every value of <see cref="Items"/> is below it.</summary>
    public required int ItemCount { get; init; }

    /// <summary>(UserCount + 1)</summary>
    public required long[] Offsets { get; init; }

    /// <summary>(events) dense item index</summary>
    public required int[] Items { get; init; }

    /// <summary>(events) microseconds since 1970, UTC</summary>
    public required long[] Times { get; init; }

    /// <summary>(events) index into <see cref="EventTypes"/></summary>
    public required byte[] Events { get; init; }

    /// <summary>(events) the source's value: a quantity, a rating, a dwell time; NaN where it had none</summary>
    public required float[] Values { get; init; }

    /// <summary>Names of the event types, in the order in which they were first seen.</summary>
    public required string[] EventTypes { get; init; }

    /// <summary>What the source knows of the items beside the log, by the same indices.</summary>
    public Attributes ItemAttributes { get; init; } = Attributes.None;

    /// <summary>What it knows of the users, likewise.</summary>
    public Attributes UserAttributes { get; init; } = Attributes.None;

    public long EventCount => Offsets[UserCount];

    public ReadOnlySpan<int> ItemsOf(int user) => Items.AsSpan((int)Offsets[user], (int)(Offsets[user + 1] - Offsets[user]));

    /// <summary>The same users and vocabulary with user u's events cut off at <c>ends[u]</c> (absolute, exclusive).</summary>
    public Sequences Until(ReadOnlySpan<long> ends)
    {
        var offsets = new long[UserCount + 1];
        for (var u = 0; u < UserCount; u++) offsets[u + 1] = offsets[u] + (ends[u] - Offsets[u]);
        var n = offsets[UserCount];
        var (items, times, events, values) = (new int[n], new long[n], new byte[n], new float[n]);
        for (var u = 0; u < UserCount; u++)
        {
            var (from, to, count) = (Offsets[u], offsets[u], offsets[u + 1] - offsets[u]);
            Array.Copy(Items, from, items, to, count);
            Array.Copy(Times, from, times, to, count);
            Array.Copy(Events, from, events, to, count);
            Array.Copy(Values, from, values, to, count);
        }
        return new Sequences
        {
            UserCount = UserCount, ItemCount = ItemCount, Offsets = offsets, Items = items, Times = times,
            Events = events, Values = values, EventTypes = EventTypes, ItemAttributes = ItemAttributes, UserAttributes = UserAttributes,
        };
    }

    /// <summary>Absolute end (exclusive) of each user's events before <paramref name="cutoff"/> (microseconds since 1970, UTC).</summary>
    public long[] EndsBefore(long cutoff)
    {
        var ends = new long[UserCount];
        for (var u = 0; u < UserCount; u++)
        {
            var (low, high) = (Offsets[u], Offsets[u + 1]);
            while (low < high)
            {
                var middle = low + (high - low) / 2;
                if (Times[middle] < cutoff) low = middle + 1; else high = middle;
            }
            ends[u] = low;
        }
        return ends;
    }
}
