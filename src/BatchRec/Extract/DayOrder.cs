using System.Numerics;

namespace BatchRec.Extract;

/// <summary>
/// The log's total order of one day's rows, the same on every extraction: user, time, position (none first), item, event type, value (none first);
/// exact duplicates collapse.
/// </summary>
/// <remarks>
/// Two stable radix sorts (Knuth, TAOCP 3, 5.2.5), by time and then by user, over as many bits as differ; most sources yield rows in the order of
/// time, and then the first is none. What ties is compared.
/// </remarks>
internal sealed class DayOrder(SliceIds ids)
{
    private const int DigitBits = 11;

    private ulong[] _keys = [], _otherKeys = [];
    private int[] _rows = [], _otherRows = [];
    private readonly int[] _starts = new int[1 << DigitBits];

    /// <summary>Adds the rows to their file, in order and without duplicates.</summary>
    public void Write(DayRows day, DayFile file)
    {
        Order(day);
        for (var from = 0; from < day.Count;)
        {
            ref var first = ref day[_rows[from]];
            var until = from + 1;
            while (until < day.Count && _keys[until] == _keys[from] && day[_rows[until]].Time == first.Time) until++;
            if (until == from + 1) file.Add(first, ids);
            else WriteTies(day, _rows.AsSpan(from, until - from), file);
            from = until;
        }
    }

    /// <summary>Rows of one user and time.</summary>
    private void WriteTies(DayRows day, Span<int> rows, DayFile file)
    {
        rows.Sort((a, b) => Compare(day[a], day[b]));
        for (var i = 0; i < rows.Length; i++)
            if (i == 0 || Compare(day[rows[i - 1]], day[rows[i]]) != 0) file.Add(day[rows[i]], ids);
    }

    private void Order(DayRows day)
    {
        if (_rows.Length < day.Count)
        {
            var length = (int)BitOperations.RoundUpToPowerOf2((uint)day.Count);
            (_keys, _otherKeys, _rows, _otherRows) = (new ulong[length], new ulong[length], new int[length], new int[length]);
        }
        var (ascending, before) = (true, long.MinValue);
        for (var row = 0; row < day.Count; row++)
        {
            var time = day[row].Time;
            _rows[row] = row;
            _keys[row] = (ulong)time;
            ascending &= time >= before;
            before = time;
        }
        if (!ascending) Sort(day.Count);
        for (var i = 0; i < day.Count; i++) _keys[i] = ids.UserKey(day[_rows[i]].User);
        Sort(day.Count);
    }

    /// <summary>Orders _rows by _keys, and leaves those of equal keys as they are.</summary>
    private void Sort(int count)
    {
        var (least, most) = (ulong.MaxValue, 0UL);
        foreach (var key in _keys.AsSpan(0, count)) (least, most) = (Math.Min(least, key), Math.Max(most, key));
        var bits = count == 0 ? 0 : 64 - BitOperations.LeadingZeroCount(most - least);
        for (var shift = 0; shift < bits; shift += DigitBits)
        {
            Array.Clear(_starts);
            foreach (var key in _keys.AsSpan(0, count)) _starts[Digit(key - least, shift)]++;
            var start = 0;
            foreach (ref var digit in _starts.AsSpan()) (digit, start) = (start, start + digit);
            for (var i = 0; i < count; i++)
            {
                var to = _starts[Digit(_keys[i] - least, shift)]++;
                (_otherKeys[to], _otherRows[to]) = (_keys[i], _rows[i]);
            }
            (_keys, _otherKeys, _rows, _otherRows) = (_otherKeys, _keys, _otherRows, _rows);
        }
    }

    private static int Digit(ulong key, int shift) => (int)(key >> shift) & (1 << DigitBits) - 1;

    private int Compare(in InteractionRow a, in InteractionRow b)
    {
        if (a.NoPosition != b.NoPosition) return a.NoPosition ? -1 : 1;
        if (!a.NoPosition && a.Position != b.Position) return a.Position.CompareTo(b.Position);
        if (SliceIds.Compare(ids.Items, a.Item, b.Item) is not 0 and var item) return item;
        if (SliceIds.Compare(ids.Events, a.Event, b.Event) is not 0 and var type) return type;
        // NaN stands for none, and comes first here too.
        return a.Value.CompareTo(b.Value);
    }
}
