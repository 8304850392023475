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

    protected ItemOrder Order => order;

    protected int Dimensions => dimensions;

    protected SumErrors Sums => sums;

    /// <summary>(blocks) the worst of each block's items</summary>
    protected ScaledVector[] Blocks { get; } = new ScaledVector[order.BlockCount];

    /// <summary>Room for the vectors of so many users, for one thread.</summary>
    public abstract UserScan Users(int count);

    /// <summary>Users packed for this scan.</summary>
    public abstract class UserScan
    {
        /// <param name="row">place of the user; groups are of eight rows that follow one another</param>
        public abstract void Set(int row, ReadOnlySpan<float> vector);

        /// <summary>Nobody: no item reaches it.</summary>
        public void SetNobody(int row) => Thresholds[row] = double.PositiveInfinity;

        /// <summary>(rows) what a reference score must reach</summary>
        public abstract double[] Thresholds { get; }

        /// <summary>Gives each candidate list the places of a block whose items may reach their user's threshold: all that do, and some that don't.</summary>
        /// <param name="candidates">(up to 8) the users' of the group</param>
        public abstract void Scan(int group, int block, ReadOnlySpan<Candidates> candidates);
    }
}
