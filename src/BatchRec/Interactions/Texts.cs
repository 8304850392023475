using System.Text;

namespace BatchRec.Interactions;

/// <summary>
/// Many short texts as UTF-8 in one arena: a string object costs some 20 bytes and a place in the garbage collector's heap
/// for each, which ten million of them can't have. A text may be missing.
/// </summary>
public sealed class Texts
{
    private byte[] _arena = new byte[256];

    // Ends[i] is where text i ends; a missing text is stored as ~end.
    private long[] _ends = new long[16];

    public int Count { get; private set; }

    /// <summary>Bytes of all texts together.</summary>
    public long Bytes => Count == 0 ? 0 : End(Count - 1);

    /// <summary>What they take in memory.</summary>
    public long Reserved => _arena.Length + sizeof(long) * (long)_ends.Length;

    public static Texts Of(IEnumerable<string?> values)
    {
        var texts = new Texts();
        foreach (var value in values) texts.Add(value);
        return texts;
    }

    public void Add(ReadOnlySpan<byte> utf8)
    {
        var from = Bytes;
        utf8.CopyTo(Room(from, utf8.Length));
        AddEnd(from + utf8.Length);
    }

    public void Add(string? value)
    {
        if (value is null)
        {
            AddMissing();
            return;
        }
        var from = Bytes;
        AddEnd(from + Encoding.UTF8.GetBytes(value, Room(from, Encoding.UTF8.GetMaxByteCount(value.Length))));
    }

    public void AddMissing() => AddEnd(~Bytes);

    /// <summary>Forgets all texts, keeps their room.</summary>
    public void Clear() => Count = 0;

    public bool IsMissing(int index) => _ends[Checked(index)] < 0;

    /// <summary>UTF-8; empty where the text is missing. Valid until the next <c>Add</c>.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var from = Checked(index) == 0 ? 0 : End(index - 1);
            return _arena.AsSpan((int)from, (int)(End(index) - from));
        }
    }

    public string? TextOf(int index) => IsMissing(index) ? null : Encoding.UTF8.GetString(this[index]);

    private int Checked(int index) => (uint)index < (uint)Count ? index
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} texts.");

    private long End(int index) => _ends[index] < 0 ? ~_ends[index] : _ends[index];

    private void AddEnd(long end)
    {
        if (Count == _ends.Length) Array.Resize(ref _ends, checked(Count * 2));
        _ends[Count++] = end;
    }

    private Span<byte> Room(long from, int length)
    {
        var needed = from + length;
        if (needed > Array.MaxLength)
            throw new BatchRecException($"Texts of more than {Array.MaxLength:N0} bytes together don't fit: use bigint or uuid ids, or shorter attributes.");
        if (needed > _arena.Length) Array.Resize(ref _arena, (int)Math.Min(Array.MaxLength, Math.Max(needed, _arena.Length * 2L)));
        return _arena.AsSpan((int)from, length);
    }
}
