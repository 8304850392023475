using System.Numerics.Tensors;

namespace BatchRec.Recommend.Search;

/// <summary>
/// The order in which items are scanned: in levels, each a random sample four times the one before and without its items, and within a level by
/// the length of the vectors, the longest first. What a level's items score tells about where the n-th best of all will lie; a block of
/// items of similar length needs one scale, and can be left out when its longest is too short.
/// </summary>
internal sealed class ItemOrder
{
    /// <summary>Items of a block: what a group of users is compared with at once.</summary>
    public const int BlockItems = 512;

    /// <summary>Items of a panel: a block is scanned up to the panel that its last item is in.</summary>
    public const int PanelItems = 64;

    private const int Growth = 4, SmallestLevel = 64;

    private readonly int[] _counts;

    /// <summary>(blocks × <see cref="BlockItems"/>) item index at each place; -1 where a place only fills up a level.</summary>
    public int[] Items { get; }

    /// <summary>Which blocks each level has, from the smallest, and how many items there are up to its end.</summary>
    public (int From, int Until, int ItemsSoFar)[] Levels { get; }

    /// <param name="vectors">(items × D)</param>
    /// <param name="searched">the item indices to search among</param>
    public ItemOrder(ReadOnlySpan<float> vectors, int dimensions, int[] searched)
    {
        var shuffled = (int[])searched.Clone();
        new Random(1).Shuffle(shuffled);
        var (places, levels) = (new List<int>(shuffled.Length + 1024), new List<(int, int, int)>());
        var from = 0;
        foreach (var until in LevelEnds(shuffled.Length))
        {
            var level = shuffled.AsSpan(from..until);
            var shortness = new float[level.Length];
            for (var i = 0; i < level.Length; i++) shortness[i] = -Length(vectors.Slice(level[i] * dimensions, dimensions));
            shortness.AsSpan().Sort(level);
            var firstBlock = places.Count / BlockItems;
            places.AddRange(level);
            while (places.Count % BlockItems != 0) places.Add(-1);
            levels.Add((firstBlock, places.Count / BlockItems, until));
            from = until;
        }
        (Items, Levels) = ([.. places], [.. levels]);
        _counts = [.. Enumerable.Range(0, BlockCount).Select(block => Items.AsSpan(block * BlockItems, BlockItems).LastIndexOfAnyExcept(-1) + 1)];
    }

    public int BlockCount => Items.Length / BlockItems;

    /// <summary>How many items a block has; they stand at its first places.</summary>
    public int Count(int block) => _counts[block];

    /// <summary>How many of a block's places to scan.</summary>
    public int Places(int block) => (_counts[block] + PanelItems - 1) / PanelItems * PanelItems;

    /// <summary>(places × D) the vectors in this order, and where in the array they start; zeros where a place only fills up.</summary>
    public (float[] Array, int Start) Arrange(float[] vectors, int dimensions)
    {
        var (array, start) = HugePages.Allocate<float>(Items.Length * dimensions);
        for (var place = 0; place < Items.Length; place++)
            if (Items[place] >= 0) vectors.AsSpan(Items[place] * dimensions, dimensions).CopyTo(array.AsSpan(start + place * dimensions));
        return (array, start);
    }

    private static Stack<int> LevelEnds(int items)
    {
        var ends = new Stack<int>();
        for (var end = items; end > 0; end /= Growth)
        {
            ends.Push(end);
            if (end / Growth < SmallestLevel) break;
        }
        return ends;
    }

    /// <summary>Good enough to sort by; infinite where the squares are.</summary>
    private static float Length(ReadOnlySpan<float> vector)
    {
        var longest = TensorPrimitives.MaxMagnitude(vector);
        return MathF.Abs(longest) < 1e18f ? TensorPrimitives.Norm(vector) : MathF.Abs(longest);
    }
}
