using System.Buffers.Binary;
using BatchRec.Interactions;

namespace BatchRec.Extract;

/// <summary>The ids and event types of a slice's rows, each once. Bigint ids stand in the rows themselves.</summary>
internal sealed class SliceIds(IdKind userKind, IdKind itemKind)
{
    /// <summary>A log has a handful of types: those that came first are compared one after the other, which is quicker than to look one up.</summary>
    private const int FirstEvents = 8;

    private readonly List<byte[]> _firstEvents = [];
    private int[]? _userRanks;

    public IdMap Users { get; } = new(userKind);

    public IdMap Items { get; } = new(itemKind);

    public IdMap Events { get; } = new(IdKind.Text);

    public long Bytes => Users.Bytes + Items.Bytes + Events.Bytes;

    /// <param name="field">As binary COPY has it.</param>
    public static long Read(IdMap ids, ReadOnlySpan<byte> field) => ids.Kind switch
    {
        IdKind.BigInt => BinaryPrimitives.ReadInt64BigEndian(field),
        IdKind.Uuid => ids.GetOrAdd(new Guid(field, bigEndian: true)),
        _ => ids.GetOrAdd(field),
    };

    /// <summary>Index of a type that has been seen already and is one of the first few; -1: of another.</summary>
    public int FirstEventOf(ReadOnlySpan<byte> utf8)
    {
        for (var type = 0; type < _firstEvents.Count; type++)
            if (utf8.SequenceEqual(_firstEvents[type])) return type;
        return -1;
    }

    public int EventOf(ReadOnlySpan<byte> utf8)
    {
        var type = Events.GetOrAdd(utf8);
        if (type == _firstEvents.Count && type < FirstEvents) _firstEvents.Add(utf8.ToArray());
        return type;
    }

    /// <summary>Orders as DuckDB does: numbers as numbers, UUIDs and texts by their bytes.</summary>
    public static int Compare(IdMap ids, long a, long b) => a == b ? 0 : ids.Kind switch
    {
        IdKind.BigInt => a.CompareTo(b),
        IdKind.Uuid => ids.UuidOf((int)a).CompareTo(ids.UuidOf((int)b)),
        _ => ids.Utf8Of((int)a).SequenceCompareTo(ids.Utf8Of((int)b)),
    };

    /// <summary>A number that orders users as <see cref="Compare"/> does; asked for when all rows are there.</summary>
    public ulong UserKey(long user)
    {
        if (userKind == IdKind.BigInt) return (ulong)user ^ 1UL << 63;
        return (ulong)(_userRanks ??= Ranks(Users))[user];
    }

    private static int[] Ranks(IdMap ids)
    {
        var (order, ranks) = (Enumerable.Range(0, ids.Count).ToArray(), new int[ids.Count]);
        Array.Sort(order, (a, b) => Compare(ids, a, b));
        for (var rank = 0; rank < order.Length; rank++) ranks[order[rank]] = rank;
        return ranks;
    }
}
