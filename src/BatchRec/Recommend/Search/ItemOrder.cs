using System.Numerics.Tensors;

namespace BatchRec.Recommend.Search;

/// <summary>
/// The order in which items are scanned: in levels, each a random sample eight times the one before and without its items, and within a level by
/// the length of the vectors, the longest first. What a level's items score tells about where the n-th best of all will lie; a block of
/// items of similar length needs one scale, and can be left out when its longest is too short.
/// </summary>
internal sealed class ItemOrder
{
    /// <summary>Items of a block: what a group of users is compared with at once.</summary>
    public const int BlockItems = 512;

    /// <summary>Levels are filled up to a multiple of so many places.</summary>
    public const int PanelItems = 64;

    private const int Growth = 8, SmallestLevel = 64;

    /// <summary>Item index at each place; -1 where a place only fills up.</summary>
    public int[] Items { get; }

    /// <summary>A block's places: from its own to the next one's.</summary>
    public int[] BlockStarts { get; }

    /// <summary>Which blocks each level has, from the smallest, and how many items there are up to its end.</summary>
    public (int From, int Until, int ItemsSoFar)[] Levels { get; }

    /// <param name="vectors">(items × D)</param>
    /// <param name="searched">the item indices to search among</param>
    public ItemOrder(ReadOnlySpan<float> vectors, int dimensions, int[] searched)
    {
        var shuffled = (int[])searched.Clone();
        new Random(1).Shuffle(shuffled);
        var (places, starts, levels) = (new List<int>(shuffled.Length + 1024), new List<int>(), new List<(int, int, int)>());
        var from = 0;
        foreach (var until in LevelEnds(shuffled.Length))
        {
            var level = shuffled.AsSpan(from..until);
            var shortness = new float[level.Length];
            for (var i = 0; i < level.Length; i++) shortness[i] = -Length(vectors.Slice(level[i] * dimensions, dimensions));
            shortness.AsSpan().Sort(level);
            var firstBlock = starts.Count;
            for (var i = 0; i < level.Length; i += BlockItems) starts.Add(places.Count + i);
            places.AddRange(level);
            while (places.Count % PanelItems != 0) places.Add(-1);
            levels.Add((firstBlock, starts.Count, until));
            from = until;
        }
        starts.Add(places.Count);
        (Items, BlockStarts, Levels) = ([.. places], [.. starts], [.. levels]);
    }

    public int BlockCount => BlockStarts.Length - 1;

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
