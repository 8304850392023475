using System.Runtime.CompilerServices;
using System.Text;
using BatchRec.Parquet;

namespace BatchRec.Interactions;

/// <summary>
/// Many short texts as UTF-8 in a few pages: a string object costs some 20 bytes and a place in the garbage collector's heap
/// for each, which ten million of them can't have, and one array would be there twice while it grows. A text may be missing.
/// </summary>
public sealed class Texts
{
    private const int PageBytes = 1 << 20, Missing = -1;

    private readonly List<byte[]> _pages = [new byte[256]];
    private Place[] _places = new Place[16];

    // The page that is being filled, and how much of it is.
    private int _page, _used;

    public int Count { get; private set; }

    /// <summary>What they take in memory.</summary>
    public long Reserved => _pages.Sum(page => (long)page.Length) + Unsafe.SizeOf<Place>() * (long)_places.Length;

    public static Texts Of(IEnumerable<string?> values)
    {
        var texts = new Texts();
        foreach (var value in values) texts.Add(value);
        return texts;
    }

    public void Add(ReadOnlySpan<byte> utf8) => utf8.CopyTo(Room(utf8.Length));

    public void Add(string? value)
    {
        if (value is null) AddMissing();
        else Encoding.UTF8.GetBytes(value, Room(Encoding.UTF8.GetByteCount(value)));
    }

    /// <summary>A field of a chunk's column of texts.</summary>
    public void AddFrom(Chunks rows, int column, int row)
    {
        if (rows.IsMissing(column, row)) AddMissing();
        else Add(rows.Utf8(column, row));
    }

    public void AddMissing() => AddPlace(new Place(0, 0, Missing));

    /// <summary>Forgets all texts, keeps their room.</summary>
    public void Clear() => (Count, _page, _used) = (0, 0, 0);

    public bool IsMissing(int index) => _places[Checked(index)].Length == Missing;

    /// <summary>UTF-8; empty where the text is missing. Valid until the next <c>Add</c>.</summary>
    public ReadOnlySpan<byte> this[int index] =>
        _places[Checked(index)] is { Length: > 0 } place ? _pages[place.Page].AsSpan(place.From, place.Length) : [];

    public string? TextOf(int index) => IsMissing(index) ? null : Encoding.UTF8.GetString(this[index]);

    private int Checked(int index) => (uint)index < (uint)Count ? index
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} texts.");

    private Span<byte> Room(int length)
    {
        if (length > _pages[_page].Length - _used) TurnPage(length);
        AddPlace(new Place(_page, _used, length));
        _used += length;
        return _pages[_page].AsSpan(_used - length, length);
    }

    /// <summary>Makes room for a text that the page doesn't hold: the first grows until it is a full one, then another follows.</summary>
    private void TurnPage(int length)
    {
        var grown = Math.Max(_used + (long)length, 2L * _pages[0].Length);
        if (_page == 0 && grown <= PageBytes)
        {
            var larger = new byte[grown];
            _pages[0].AsSpan(0, _used).CopyTo(larger);
            _pages[0] = larger;
            return;
        }
        (_page, _used) = (_page + 1, 0);
        if (_page == _pages.Count) _pages.Add([]);
        if (_pages[_page].Length < length) _pages[_page] = GC.AllocateUninitializedArray<byte>(Math.Max(PageBytes, length));
    }

    private void AddPlace(Place place)
    {
        if (Count == _places.Length) Array.Resize(ref _places, checked(Count * 2));
        _places[Count++] = place;
    }

    /// <param name="Length">bytes; or <see cref="Missing"/></param>
    private readonly record struct Place(int Page, int From, int Length);
}
