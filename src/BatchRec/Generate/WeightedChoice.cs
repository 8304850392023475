using BatchRec.Train;

namespace BatchRec.Generate;

/// <summary>Picks one of some items with probability proportional to its weight, in the logarithm of their number.</summary>
internal sealed class WeightedChoice
{
    private readonly int[] _items;
    private readonly double[] _sums;

    /// <param name="weights">By item.</param>
    public WeightedChoice(IEnumerable<int> items, ReadOnlySpan<double> weights)
    {
        _items = [.. items];
        _sums = new double[_items.Length];
        var sum = 0.0;
        for (var i = 0; i < _items.Length; i++) _sums[i] = sum += weights[_items[i]];
    }

    public int Count => _items.Length;

    public bool IsEmpty => _items.Length == 0;

    public int At(int index) => _items[index];

    public int Pick(ref Randomness random) => _items[Below(_sums, _items.Length, ref random)];

    /// <summary>An index below <paramref name="count"/>, by the running sums of its weights.</summary>
    public static int Below(double[] sums, int count, ref Randomness random)
    {
        var index = Array.BinarySearch(sums, 0, count, random.Uniform() * sums[count - 1]);
        return Math.Min(index < 0 ? ~index : index + 1, count - 1);
    }
}
