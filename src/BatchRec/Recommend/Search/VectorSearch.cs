using System.Collections.Concurrent;
using System.Numerics.Tensors;

namespace BatchRec.Recommend.Search;

/// <summary>The items that a user's list leaves out.</summary>
/// <param name="room">Room that the result may stand in; to be replaced by more.</param>
public delegate ReadOnlySpan<int> ExcludedItems(int user, ref int[] room);

/// <summary>A user's list, the best first; called by several threads at once.</summary>
public delegate void FoundList(int user, ReadOnlySpan<int> items, ReadOnlySpan<float> scores);

/// <summary>How products are computed before the few that matter are computed exactly; all give the same lists.</summary>
public enum ScanKind
{
    /// <summary>Floats, 256 bits at a time or what the processor has.</summary>
    Float,

    /// <summary>Floats, 512 bits at a time (AVX-512F).</summary>
    Float512,

    /// <summary>Bytes, 512 bits at a time (AVX-512BW).</summary>
    Byte512,

    /// <summary>Bytes, 512 bits at a time, four in a 32-bit sum (AVX-512 VNNI).</summary>
    Quad512,
}

/// <summary>
/// The n best items for each user by the product of their vectors, exactly: by the reference score, Σ u_k·i_k in double, the highest first, ties by item index,
/// the smallest first. No row of scores is ever written: a scan tells by a proven bound (<see cref="ScaledVector"/>) which items can't reach the user's n-th best
/// so far, and only the others, a few times n, get their reference score.
/// </summary>
/// <remarks>
/// The scan goes over growing random samples of the items (<see cref="ItemOrder"/>). After each, the score of the user's n-th best of all is guessed, low enough to
/// be nearly always right; a list whose n-th item doesn't reach the guess is searched again without any. The lists hence never depend on the guesses.
/// </remarks>
public sealed class VectorSearch
{
    /// <summary>Users that one thread searches for at a time: many, since the items pass by once for all of them, but their candidates need room too.</summary>
    private const int UsersABlock = 256, CandidatesABlock = 200_000;

    private readonly ReadOnlyMemory<float> _arranged;
    private readonly int _dimensions, _itemCount;
    private readonly ItemScan _scan;

    /// <summary>Room that no thread works in now. It is kept from one search to the next: 15 MB each for lists of 100, which the system would take long to give again.</summary>
    private readonly ConcurrentBag<SearchBlock> _idle = [];

    /// <param name="vectors">(items × D) by item index</param>
    /// <param name="leftOut">(items) true where an item is in nobody's list; or empty</param>
    /// <param name="kind">null for the fastest that this processor has</param>
    /// <exception cref="BatchRecException">A vector that isn't left out has an element that is not a finite number.</exception>
    public VectorSearch(float[] vectors, int dimensions, ReadOnlySpan<bool> leftOut, ScanKind? kind = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        (_dimensions, _itemCount) = (dimensions, vectors.Length / dimensions);
        var searched = new List<int>();
        for (var item = 0; item < _itemCount; item++)
        {
            if (!leftOut.IsEmpty && leftOut[item]) continue;
            ThrowUnlessFinite(vectors.AsSpan(item * dimensions, dimensions), "item index", item);
            searched.Add(item);
        }
        var order = new ItemOrder(vectors, dimensions, [.. searched]);
        var (array, start) = order.Arrange(vectors, dimensions);
        _arranged = array.AsMemory(start);
        _scan = (kind ?? Fastest(dimensions)) switch
        {
#if BATCHREC_TORCH
            ScanKind.Quad512 => new QuadScan(vectors, dimensions, order),
#endif
            ScanKind.Byte512 => new ByteScan(vectors, dimensions, order),
            ScanKind.Float512 => new FloatScan(vectors, dimensions, order, wide: true),
            _ => new FloatScan(vectors, dimensions, order, wide: false),
        };
    }

    public static bool IsSupported(ScanKind kind) => kind switch
    {
#if BATCHREC_TORCH
        ScanKind.Quad512 => QuadTile512.IsSupported,
#else
        ScanKind.Quad512 => false,
#endif
        ScanKind.Byte512 => ByteScan.IsSupported,
        ScanKind.Float512 => FloatScan.IsWideSupported,
        _ => true,
    };

    private static ScanKind Fastest(int dimensions)
    {
#if BATCHREC_TORCH
        if (dimensions <= QuadScan.MostDimensions && QuadTile512.IsSupported) return ScanKind.Quad512;
#endif
        return dimensions <= ByteScan.MostDimensions && ByteScan.IsSupported ? ScanKind.Byte512 : FloatScan.IsWideSupported ? ScanKind.Float512 : ScanKind.Float;
    }

    /// <param name="users">(users × D)</param>
    /// <param name="n">length of a list; shorter where fewer items are left</param>
    /// <exception cref="BatchRecException">A user's vector has an element that is not a finite number.</exception>
    public void Find(float[] users, int n, ExcludedItems excluded, FoundList found, int threads, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        var count = users.Length / _dimensions;
        for (var user = 0; user < count; user++) ThrowUnlessFinite(users.AsSpan(user * _dimensions, _dimensions), "user row", user);
        var share = ((count + threads - 1) / threads + ItemScan.Rows - 1) / ItemScan.Rows * ItemScan.Rows;
        var size = Math.Clamp(share, ItemScan.Rows, Math.Clamp(CandidatesABlock / n, ItemScan.Rows, UsersABlock));
        Blocks.For(0, (count + size - 1) / size, threads, () => 0, (block, _) =>
        {
            SearchBlock? own;
            while (_idle.TryTake(out own) && !own.Fits(n, size)) { }
            own ??= new SearchBlock(_scan, _arranged, _itemCount, n, size);
            own.Find(users, block * size, Math.Min(count, (block + 1) * size), excluded, found);
            _idle.Add(own);
        }, cancellation);
    }

    private static void ThrowUnlessFinite(ReadOnlySpan<float> vector, string whose, int index)
    {
        // A sum of finite numbers may be infinite: then each is looked at.
        if (float.IsFinite(TensorPrimitives.Sum<float>(vector))) return;
        foreach (var value in vector)
            if (!float.IsFinite(value))
                throw new BatchRecException($"The vector of {whose} {index} has an element that is {value}. "
                    + "A model whose training diverged gives such vectors: lower Train:LearningRate and train again.");
    }
}
