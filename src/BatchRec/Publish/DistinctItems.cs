using BatchRec.Interactions;
using BatchRec.Parquet;

namespace BatchRec.Publish;

/// <summary>The distinct items of lists, counted while they are loaded. Not thread-safe: one a shard, then united.</summary>
/// <remarks>
/// Of bigint ids, 64 neighbours share a place in an open-addressing table: the ids that a sequence gave are met in a few kilobytes, where a place an
/// id would miss the cache at nearly every item of every list.
/// </remarks>
internal sealed class DistinctItems(IdKind kind)
{
    private const int Neighbours = 6;

    // Ids from _keys[slot] << 6 on, a bit each; no bit: the slot is free. A power of two, at most half full.
    private long[] _keys = new long[1024];
    private ulong[] _bits = new ulong[1024];
    private int _taken;

    private readonly IdMap _others = new(kind);

    public long Count => kind == IdKind.BigInt ? _bits.Sum(bits => (long)ulong.PopCount(bits)) : _others.Count;

    public void Add(Chunks.ListOf items)
    {
        switch (kind)
        {
            case IdKind.BigInt:
                foreach (var item in items.Longs()) Add(item);
                break;
            case IdKind.Uuid:
                foreach (var item in items.Uuids()) _others.GetOrAdd(item);
                break;
            default:
                for (var i = 0; i < items.Count; i++) _others.GetOrAdd(items.Utf8(i));
                break;
        }
    }

    /// <summary>A bigint id.</summary>
    public void Add(long item) => Set(item >> Neighbours, 1UL << (int)item);

    public void UnionWith(DistinctItems other)
    {
        for (var slot = 0; slot < other._keys.Length; slot++)
            if (other._bits[slot] != 0) Set(other._keys[slot], other._bits[slot]);
        for (var index = 0; index < other._others.Count; index++)
        {
            _ = kind == IdKind.Uuid ? _others.GetOrAdd(other._others.UuidOf(index)) : _others.GetOrAdd(other._others.Utf8Of(index));
        }
    }

    private void Set(long key, ulong bits)
    {
        var slot = SlotOf(key);
        while (_bits[slot] != 0 && _keys[slot] != key) slot = (slot + 1) & (_keys.Length - 1);
        if (_bits[slot] == 0)
        {
            _keys[slot] = key;
            _taken++;
        }
        _bits[slot] |= bits;
        if (_taken > _keys.Length / 2) Grow();
    }

    private void Grow()
    {
        var (keys, bits) = (_keys, _bits);
        (_keys, _bits, _taken) = (new long[checked(keys.Length * 2)], new ulong[keys.Length * 2], 0);
        for (var slot = 0; slot < keys.Length; slot++)
            if (bits[slot] != 0) Set(keys[slot], bits[slot]);
    }

    // Fibonacci hashing (Knuth, TAOCP 3, 6.4): neighbours are far apart.
    private int SlotOf(long key) => (int)((ulong)key * 0x9E3779B97F4A7C15 >> 64 - int.Log2(_keys.Length));
}
