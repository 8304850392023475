using System.Numerics;

namespace BatchRec.Extract;

/// <summary>
/// The log's total order of one day's rows, the same on every extraction: user, time, position (none first), item, event type, value (none first);
/// exact duplicates collapse.
/// </summary>
/// <remarks>
/// Two stable radix sorts (Knuth, TAOCP 3, 5.2.5), by time and then by user, over as many bits as differ; most sources yield rows in the order of
/// time, and then the first is none. What ties is compared. One day after the other uses the same room.
/// </remarks>
internal sealed class DayOrder
{
    private const int DigitBits = 11;

    private readonly int[] _starts = new int[1 << DigitBits];

    // What each row is ordered by, as the rows came.
    private ulong[] _keys = [];

    // The rows in their order so far: half of a key above the row, so that a pass moves one number.
    private ulong[] _order = [], _otherOrder = [];

    /// <summary>What a row of the longest day takes, in bytes.</summary>
    public const int RowBytes = 3 * sizeof(ulong);

    public long Bytes => (long)_keys.Length * RowBytes;

    /// <summary>Gives the room back.</summary>
    public void Trim() => (_keys, _order, _otherOrder) = ([], [], []);

    /// <summary>Adds the rows to their file, in order and without duplicates.</summary>
    public void Write(DayRows day, DayFile file, SliceIds ids)
    {
        Order(day, ids);
        var order = _order.AsSpan(0, day.Count);
        for (var from = 0; from < order.Length;)
        {
            ref var first = ref day[Row(order[from])];
            var until = from + 1;
            while (until < order.Length && day[Row(order[until])].IsBesides(first)) until++;
            if (until == from + 1) file.Add(first, ids);
            else WriteTies(day, order[from..until], file, ids);
            from = until;
        }
    }

    /// <summary>Rows of one user and time.</summary>
    private static void WriteTies(DayRows day, Span<ulong> order, DayFile file, SliceIds ids)
    {
        order.Sort((a, b) => Compare(day[Row(a)], day[Row(b)], ids));
        for (var i = 0; i < order.Length; i++)
            if (i == 0 || Compare(day[Row(order[i - 1])], day[Row(order[i])], ids) != 0) file.Add(day[Row(order[i])], ids);
    }

    private void Order(DayRows day, SliceIds ids)
    {
        if (_keys.Length < day.Count)
        {
            // A quarter more, so that days that grow ask for it seldom.
            var length = (int)Math.Min(day.Count + day.Count / 4L, Array.MaxLength);
            (_keys, _order, _otherOrder) = (new ulong[length], new ulong[length], new ulong[length]);
        }
        var keys = _keys.AsSpan(0, day.Count);
        var order = _order.AsSpan(0, day.Count);
        var (ascending, before) = (true, long.MinValue);
        for (var row = 0; row < keys.Length; row++)
        {
            var time = day[row].Time;
            (keys[row], order[row]) = ((ulong)time, (uint)row);
            ascending &= time >= before;
            before = time;
        }
        if (!ascending) Sort(day.Count);
        for (var row = 0; row < keys.Length; row++) keys[row] = ids.UserKey(day[row].User);
        Sort(day.Count);
    }

    /// <summary>Orders the rows by their keys, and leaves those of equal keys as they are.</summary>
    private void Sort(int count)
    {
        var keys = _keys.AsSpan(0, count);
        var (least, most) = (ulong.MaxValue, 0UL);
        foreach (var key in keys) (least, most) = (Math.Min(least, key), Math.Max(most, key));
        var bits = count == 0 ? 0 : 64 - BitOperations.LeadingZeroCount(most - least);
        for (var half = 0; half < bits; half += 32)
        {
            foreach (ref var place in _order.AsSpan(0, count)) place = keys[Row(place)] - least >> half << 32 | (uint)place;
            var width = Math.Min(32, bits - half);
            var passes = (width + DigitBits - 1) / DigitBits;
            for (var pass = 0; pass < passes; pass++) Pass(count, 32 + width * pass / passes, 32 + width * (pass + 1) / passes);
        }
    }

    /// <summary>Orders the rows by the bits of their places between two.</summary>
    private void Pass(int count, int low, int high)
    {
        var from = _order.AsSpan(0, count);
        var to = _otherOrder.AsSpan(0, count);
        var starts = _starts.AsSpan(0, 1 << high - low);
        starts.Clear();
        foreach (var place in from) starts[(int)(place >> low) & starts.Length - 1]++;
        var start = 0;
        foreach (ref var digit in starts) (digit, start) = (start, start + digit);
        foreach (var place in from) to[starts[(int)(place >> low) & starts.Length - 1]++] = place;
        (_order, _otherOrder) = (_otherOrder, _order);
    }

    private static int Row(ulong place) => (int)(uint)place;

    private static int Compare(in InteractionRow a, in InteractionRow b, SliceIds ids)
    {
        if (a.NoPosition != b.NoPosition) return a.NoPosition ? -1 : 1;
        if (!a.NoPosition && a.Position != b.Position) return a.Position.CompareTo(b.Position);
        if (SliceIds.Compare(ids.Items, a.Item, b.Item) is not 0 and var item) return item;
        if (SliceIds.Compare(ids.Events, a.Event, b.Event) is not 0 and var type) return type;
        // NaN stands for none, and comes first here too.
        return a.Value.CompareTo(b.Value);
    }
}
