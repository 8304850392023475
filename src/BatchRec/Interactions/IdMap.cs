using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using BatchRec.Parquet;

namespace BatchRec.Interactions;

/// <summary>
/// External ids of one kind, each with a dense index: 0, 1, 2, … in the order in which they came. Append-only: an id keeps its
/// index for ever, so that models, sequences and published rows of different nights agree.
/// </summary>
/// <remarks>
/// Open addressing over flat arrays; ten million bigint ids take about 200 MiB, text ids twice that plus their bytes.
/// Reading is thread-safe, adding is not.
/// </remarks>
public sealed class IdMap
{
    private const string IdColumn = "id";

    // Index of the id in this slot, -1: free. A power of two, at most 3/4 full.
    private int[] _slots;
    private long[] _longs = [];
    private Guid[] _uuids = [];
    private readonly Texts _texts = new();

    public IdMap(IdKind kind)
    {
        Kind = kind;
        _slots = new int[16];
        Array.Fill(_slots, -1);
    }

    public IdKind Kind { get; }

    public int Count { get; private set; }

    /// <summary>What the ids take in memory.</summary>
    public long Bytes => sizeof(int) * (long)_slots.Length + sizeof(long) * (long)_longs.Length + 16L * _uuids.Length + _texts.Reserved;

    /// <summary>The index of an id, or -1.</summary>
    public int Find(long id)
    {
        Require(IdKind.BigInt);
        return _slots[SlotOf(id)];
    }

    /// <inheritdoc cref="Find(long)"/>
    public int Find(Guid id)
    {
        Require(IdKind.Uuid);
        return _slots[SlotOf(id)];
    }

    /// <inheritdoc cref="Find(long)"/>
    /// <param name="utf8">A text id.</param>
    public int Find(ReadOnlySpan<byte> utf8)
    {
        Require(IdKind.Text);
        return _slots[SlotOf(utf8)];
    }

    /// <summary>The index of an id of any kind as a person writes it, or -1, where it isn't one of this kind too.</summary>
    public int Find(string id) => Kind switch
    {
        IdKind.BigInt => long.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? Find(value) : -1,
        IdKind.Uuid => Guid.TryParse(id, out var value) ? Find(value) : -1,
        _ => Find(Encoding.UTF8.GetBytes(id)),
    };

    /// <summary>The index of an id, which is given the next one where it is new.</summary>
    public int GetOrAdd(long id)
    {
        Require(IdKind.BigInt);
        var slot = SlotOf(id);
        if (_slots[slot] >= 0) return _slots[slot];
        Grow(ref _longs);
        _longs[Count] = id;
        return Occupy(slot);
    }

    /// <inheritdoc cref="GetOrAdd(long)"/>
    public int GetOrAdd(Guid id)
    {
        Require(IdKind.Uuid);
        var slot = SlotOf(id);
        if (_slots[slot] >= 0) return _slots[slot];
        Grow(ref _uuids);
        _uuids[Count] = id;
        return Occupy(slot);
    }

    /// <inheritdoc cref="GetOrAdd(long)"/>
    /// <param name="utf8">A text id.</param>
    public int GetOrAdd(ReadOnlySpan<byte> utf8)
    {
        Require(IdKind.Text);
        var slot = SlotOf(utf8);
        if (_slots[slot] >= 0) return _slots[slot];
        _texts.Add(utf8);
        return Occupy(slot);
    }

    public long LongOf(int index)
    {
        Require(IdKind.BigInt);
        return _longs[Checked(index)];
    }

    public Guid UuidOf(int index)
    {
        Require(IdKind.Uuid);
        return _uuids[Checked(index)];
    }

    /// <summary>A text id's bytes.</summary>
    public ReadOnlySpan<byte> Utf8Of(int index)
    {
        Require(IdKind.Text);
        return _texts[index];
    }

    /// <summary>An id of any kind as PostgreSQL writes it.</summary>
    public string TextOf(int index) => Kind switch
    {
        IdKind.BigInt => LongOf(index).ToString(CultureInfo.InvariantCulture),
        IdKind.Uuid => UuidOf(index).ToString(),
        _ => Encoding.UTF8.GetString(Utf8Of(index)),
    };

    /// <summary>The index of each row's id in a chunk's column of ids; new ones are added in the order of the rows.</summary>
    /// <param name="indices">(rows of the chunk)</param>
    public void GetOrAdd(Chunks rows, int column, Span<int> indices)
    {
        switch (Kind)
        {
            case IdKind.BigInt:
                var longs = rows.Longs(column);
                for (var row = 0; row < longs.Length; row++)
                    indices[row] = row > 0 && longs[row] == longs[row - 1] ? indices[row - 1] : GetOrAdd(longs[row]);
                break;
            case IdKind.Uuid:
                var uuids = rows.Uuids(column);
                for (var row = 0; row < uuids.Length; row++)
                    indices[row] = row > 0 && uuids[row] == uuids[row - 1] ? indices[row - 1] : GetOrAdd(uuids[row]);
                break;
            default:
                for (var row = 0; row < rows.Rows; row++) indices[row] = GetOrAdd(rows.Utf8(column, row));
                break;
        }
    }

    /// <summary>The index of each row's id in a chunk's column of ids, -1 for those that aren't here.</summary>
    /// <param name="indices">(rows of the chunk)</param>
    public void Find(Chunks rows, int column, Span<int> indices)
    {
        switch (Kind)
        {
            case IdKind.BigInt:
                var longs = rows.Longs(column);
                for (var row = 0; row < longs.Length; row++)
                    indices[row] = row > 0 && longs[row] == longs[row - 1] ? indices[row - 1] : Find(longs[row]);
                break;
            case IdKind.Uuid:
                var uuids = rows.Uuids(column);
                for (var row = 0; row < uuids.Length; row++)
                    indices[row] = row > 0 && uuids[row] == uuids[row - 1] ? indices[row - 1] : Find(uuids[row]);
                break;
            default:
                for (var row = 0; row < rows.Rows; row++) indices[row] = Find(rows.Utf8(column, row));
                break;
        }
    }

    /// <summary>The indices of a list's ids, each -1 where the id isn't here.</summary>
    /// <param name="room">Grows as it has to; the result is its beginning.</param>
    public ReadOnlySpan<int> Find(Chunks.ListOf list, ref int[] room)
    {
        if (room.Length < list.Count) room = new int[list.Count];
        switch (Kind)
        {
            case IdKind.BigInt:
                var longs = list.Longs();
                for (var i = 0; i < longs.Length; i++) room[i] = Find(longs[i]);
                break;
            case IdKind.Uuid:
                var uuids = list.Uuids();
                for (var i = 0; i < list.Count; i++) room[i] = Find(uuids[i]);
                break;
            default:
                for (var i = 0; i < list.Count; i++) room[i] = Find(list.Utf8(i));
                break;
        }
        return room.AsSpan(0, list.Count);
    }

    /// <summary>All ids as a column, in the order of their indices.</summary>
    public Column ToColumn(string name) => Kind switch
    {
        IdKind.BigInt => Column.Long(name, _longs.AsMemory(0, Count)),
        IdKind.Uuid => Column.Uuid(name, _uuids.AsMemory(0, Count)),
        _ => Column.Text(name, _texts),
    };

    /// <summary>The ids of <paramref name="indices"/> as a column.</summary>
    public Column ToColumn(string name, ReadOnlyMemory<int> indices)
    {
        switch (Kind)
        {
            case IdKind.BigInt:
                var longs = new long[indices.Length];
                for (var i = 0; i < longs.Length; i++) longs[i] = _longs[Checked(indices.Span[i])];
                return Column.Long(name, longs);
            case IdKind.Uuid:
                var uuids = new Guid[indices.Length];
                for (var i = 0; i < uuids.Length; i++) uuids[i] = _uuids[Checked(indices.Span[i])];
                return Column.Uuid(name, uuids);
            default:
                return Column.Text(name, _texts, indices);
        }
    }

    /// <summary>Writes the ids in the order of their indices.</summary>
    /// <exception cref="BatchRecException">The disk is full or the folder can't be written.</exception>
    public void Save(DuckDb duck, string path) => ParquetFile.Write(duck, path, [ToColumn(IdColumn)]);

    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public static IdMap Load(DuckDb duck, string path, IdKind kind)
    {
        var map = new IdMap(kind);
        var indices = new int[Chunks.MaxRows];
        using var rows = ParquetFile.Read(duck, path, IdColumn);
        while (rows.Next())
        {
            var before = map.Count;
            map.GetOrAdd(rows, 0, indices);
            if (map.Count != before + rows.Rows)
                throw new BatchRecException($"{path} names an id twice. Remove its run's folder and run the night again: batchrec run --full");
        }
        return map;
    }

    private void Require(IdKind kind)
    {
        if (Kind != kind) throw new InvalidOperationException($"Ids are {Kind.SqlName()} here, not {kind.SqlName()}.");
    }

    private int Checked(int index) => (uint)index < (uint)Count ? index : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} ids.");

    private int Occupy(int slot)
    {
        _slots[slot] = Count++;
        if (Count > _slots.Length / 4 * 3) Rehash();
        return Count - 1;
    }

    private void Rehash()
    {
        _slots = new int[checked(_slots.Length * 2)];
        Array.Fill(_slots, -1);
        for (var index = 0; index < Count; index++)
        {
            var slot = Kind switch
            {
                IdKind.BigInt => SlotOf(_longs[index]),
                IdKind.Uuid => SlotOf(_uuids[index]),
                _ => SlotOf(_texts[index]),
            };
            _slots[slot] = index;
        }
    }

    private int SlotOf(long id)
    {
        var slot = HashCode.Combine(id) & (_slots.Length - 1);
        while (_slots[slot] is >= 0 and var index && _longs[index] != id) slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }

    private int SlotOf(Guid id)
    {
        // Guid's own hash folds it by xor, which clusters time-ordered ids.
        var halves = MemoryMarshal.Cast<Guid, long>(MemoryMarshal.CreateReadOnlySpan(in id, 1));
        var slot = HashCode.Combine(halves[0], halves[1]) & (_slots.Length - 1);
        while (_slots[slot] is >= 0 and var index && _uuids[index] != id) slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }

    private int SlotOf(ReadOnlySpan<byte> utf8)
    {
        var hash = new HashCode();
        hash.AddBytes(utf8);
        var slot = hash.ToHashCode() & (_slots.Length - 1);
        while (_slots[slot] is >= 0 and var index && !_texts[index].SequenceEqual(utf8)) slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }

    private void Grow<T>(ref T[] ids)
    {
        if (Count == ids.Length) Array.Resize(ref ids, Math.Max(16, checked(Count * 2)));
    }
}
