namespace BatchRec.Recommend.Search;

/// <summary>
/// Items as unsigned bytes, signed ones plus <see cref="Offset"/>, as a tile reads them: (places / columns, D / lane, columns, lane). A lane holds the bytes that one sum takes in at once.
/// Places without an item hold zeros.
/// </summary>
internal sealed class BytePanels
{
    public const int Offset = 128;

    private readonly int _columns, _lane, _start;
    private readonly byte[] _bytes;

    /// <param name="columns">items of a panel; the places are a multiple of it</param>
    /// <param name="lane">bytes of a lane</param>
    public BytePanels(int places, int dimensions, int columns, int lane)
    {
        (_columns, _lane, Inner) = (columns, lane, (dimensions + lane - 1) / lane);
        (_bytes, _start) = HugePages.Allocate<byte>(places * lane * Inner);
        _bytes.AsSpan().Fill(Offset);
    }

    /// <summary>Lanes of a vector.</summary>
    public int Inner { get; }

    /// <summary>The panel that begins with a place.</summary>
    public ref byte this[int place] => ref _bytes[_start + place * _lane * Inner];

    /// <param name="vector">(D)</param>
    public void Set(int place, ReadOnlySpan<sbyte> vector)
    {
        var panel = _bytes.AsSpan(_start + place / _columns * _columns * _lane * Inner);
        for (var k = 0; k < vector.Length; k++) panel[(k / _lane * _columns + place % _columns) * _lane + k % _lane] = (byte)(vector[k] + Offset);
    }

    /// <param name="bytes">(D) the vector's elements over the scale, rounded</param>
    /// <param name="squares">the sum of their squares</param>
    public static ScaledVector Round(ReadOnlySpan<float> vector, double scale, Span<sbyte> bytes, out long squares)
    {
        var (inverse, errors) = (1 / scale, 0.0);
        squares = 0;
        for (var k = 0; k < vector.Length; k++)
        {
            var exact = vector[k] * inverse;
            var rounded = Math.Round(exact);
            bytes[k] = (sbyte)rounded;
            squares += (long)rounded * (long)rounded;
            errors += (exact - rounded) * (exact - rounded);
        }
        return ScaledVector.Of(scale, squares, errors);
    }
}
