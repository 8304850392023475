namespace BatchRec.Recommend.Search;

/// <summary>
/// Item vectors packed for scanning: products of eight users with a block of items that come so close to the reference scores that they tell, by a proven bound
/// (<see cref="ScaledVector"/>), which items can't reach a user's threshold.
/// </summary>
internal abstract class ItemScan(ItemOrder order, int dimensions, SumErrors sums)
{
    /// <summary>Users of a group.</summary>
    public const int Rows = 8;

    /// <summary>64-bit words of a user's marks, a bit an item of the block.</summary>
    public const int Words = ItemOrder.BlockItems / 64;

    public ItemOrder Order => order;

    public int Dimensions => dimensions;

    /// <summary>(blocks)</summary>
    public BlockBound[] Bounds { get; } = new BlockBound[order.BlockCount];

    /// <summary>(blocks) how many of its places to scan</summary>
    public int[] Places { get; } = [.. Enumerable.Range(0, order.BlockCount).Select(order.Places)];

    protected SumErrors Sums => sums;

    /// <summary>Room for the vectors of so many users, for one thread.</summary>
    public abstract UserScan Users(int count);

    protected ReadOnlySpan<float> Vector(float[] vectors, int place) => vectors.AsSpan(order.Items[place] * dimensions, dimensions);
}
