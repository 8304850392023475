using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>Users packed for a scan, with the thresholds that their items have to reach.</summary>
internal abstract class UserScan(ItemScan items, int count)
{
    /// <summary>Less than any rounding error of a few operations in double.</summary>
    private const double Margin = 1e-12;

    /// <summary>Groups that are scanned together: what they share of a block is read once for all.</summary>
    public const int Groups = 4;

    // (rows, a multiple of eight) of each user ‖û‖, ‖e‖, s, and threshold / s
    private readonly double[] _norms = new double[Padded(count)];
    private readonly double[] _errors = new double[Padded(count)];
    private readonly double[] _scales = new double[Padded(count)];
    private readonly double[] _wanted = new double[Padded(count)];

    /// <summary>(rows) what a reference score must reach</summary>
    private readonly double[] _thresholds = new double[Padded(count)];

    public double Threshold(int row) => _thresholds[row];

    /// <param name="row">place of the user; groups are of eight rows that follow one another</param>
    /// <param name="threshold">the lowest reference score that is wanted</param>
    public void Set(int row, ReadOnlySpan<float> vector, double threshold)
    {
        var size = Pack(row, vector);
        (_norms[row], _errors[row], _scales[row]) = (size.Norm, size.Error, 1 / size.Inverse);
        _thresholds[row] = double.NegativeInfinity;
        _wanted[row] = double.NegativeInfinity;
        Raise(row, threshold);
    }

    /// <summary>Nobody: no item reaches it.</summary>
    public void SetNobody(int row) => _wanted[row] = double.PositiveInfinity;

    public void Raise(int row, double threshold)
    {
        if (threshold <= _thresholds[row]) return;
        _thresholds[row] = threshold;
        var wanted = threshold / _scales[row];
        _wanted[row] = wanted - Margin * Math.Abs(wanted);
    }

    /// <summary>Adds the items of a block that may reach a user's threshold to his group's hits: all that do, and some that don't.</summary>
    /// <param name="from">the first group; up to <see cref="Groups"/> are scanned together</param>
    /// <param name="hits">(groups)</param>
    public abstract void Scan(int from, int until, int block, ReadOnlySpan<Hits> hits);

    /// <returns>the user's vector as the scan has it</returns>
    protected abstract ScaledVector Pack(int row, ReadOnlySpan<float> vector);

    /// <summary>What the products of a group's users with a block's items must reach where the reference scores reach the thresholds.</summary>
    /// <param name="scores">what the products stand for</param>
    /// <returns>false when none of them can</returns>
    protected bool Limits(int group, int block, out Vector512<double> limits, out ProductScores scores)
    {
        ref readonly var bound = ref items.Bounds[block];
        var first = (nuint)(group * ItemScan.Rows);
        var norms = Vector512.LoadUnsafe(ref _norms[0], first);
        var underflow = Vector512.Create(bound.Underflow);
        var off = norms * Vector512.Create(bound.PerNorm) + Vector512.LoadUnsafe(ref _errors[0], first) * Vector512.Create(bound.PerError) + underflow;
        limits = Vector512.LoadUnsafe(ref _wanted[0], first) * Vector512.Create(bound.Inverse) - off;
        var largest = norms * Vector512.Create(bound.Reach) + underflow;
        var scales = Vector512.LoadUnsafe(ref _scales[0], first) * Vector512.Create(bound.Scale);
        scores = new ProductScores(scales, scales * (off + (largest + off) * Margin));
        return Vector512.LessThanOrEqualAny(limits, largest);
    }

    /// <param name="marks">(8, words of a block) a bit an item, set where its product reaches the user's limit</param>
    /// <param name="products">(8, items of a block)</param>
    protected void Add<T>(Hits hits, int block, Span<ulong> marks, ReadOnlySpan<T> products, in ProductScores scores) where T : unmanaged
    {
        var count = items.Order.Count(block);
        // What only fills the block up is no hit, nor what was marked there in another block.
        if (count < ItemOrder.BlockItems)
            for (var row = 0; row < ItemScan.Rows; row++) KeepFirst(marks.Slice(row * ItemScan.Words, ItemScan.Words), count);
        hits.Add(block * ItemOrder.BlockItems, marks, products, scores);
    }

    private static void KeepFirst(Span<ulong> bits, int count)
    {
        bits[((count + 63) / 64)..].Clear();
        if (count % 64 != 0) bits[count / 64] &= (1ul << count) - 1;
    }

    protected static int Padded(int count) => (count + ItemScan.Rows - 1) / ItemScan.Rows * ItemScan.Rows;
}

/// <summary>What the products of eight users with a block's items stand for.</summary>
/// <param name="Scales">what a product of 1 scores, more or less</param>
/// <param name="Slacks">how much more than its product an item may score</param>
internal readonly record struct ProductScores(Vector512<double> Scales, Vector512<double> Slacks);
