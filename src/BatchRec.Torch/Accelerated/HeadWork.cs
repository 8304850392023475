using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// A loss over products and its gradients, a block of users at a time on all threads, each of which sums the items' gradients up for itself: the frame of <see cref="HeadTiles"/>
/// and <see cref="Bf16HeadTiles"/>.
/// </summary>
internal unsafe struct HeadWork
{
    /// <summary>(n, D), and their gradients</summary>
    public float* Users, UserGradient;

    /// <summary>The items as the tiles of the logits read them, and as those of the users' gradients do.</summary>
    public void* Across, Along;

    public RowLoss Rows;

    /// <summary>(n) nats</summary>
    public double* Losses;

    /// <summary>How many users and items there are; the items up to whole panels; D.</summary>
    public int UserCount, ItemCount, Padded, Width;

    /// <summary>Elements between rows of logits: off the powers of two, whose rows would share the cache's sets.</summary>
    public static int StrideOf(int padded) => padded + 16;

    public readonly int Stride => StrideOf(Padded);

    // (blocks) where the thread that began with that block has its sum (padded, D)
    private nint* _itemGradients;
    private int _blockUsers;
    private long _scratch;
    private delegate*<in HeadWork, int, float*, float*, void> _block;

    /// <param name="users">(n, D) contiguous</param>
    /// <param name="padded">items up to whole panels</param>
    /// <param name="blockUsers">users of a block</param>
    /// <param name="scratch">elements that a thread needs besides</param>
    /// <param name="block">what is done with a block, by its first user: its losses, its users' gradients, and what it adds to the items' (padded, D); with the scratch</param>
    /// <returns>sum of the rows' losses (nats), and the gradients of their weighted sum: (n, D) and (V, D)</returns>
    public static (double Loss, Tensor Users, Tensor Items) Run(
        Tensor users, int items, int padded, void* across, void* along, RowLoss rows, int blockUsers, long scratch, delegate*<in HeadWork, int, float*, float*, void> block)
    {
        var (n, d) = ((int)users.size(0), (int)users.size(1));
        var (userGradient, itemGradient) = (empty([n, d]), zeros([items, d]));
        var blocks = (n + blockUsers - 1) / blockUsers;
        var losses = new double[n];
        var sums = new nint[blocks];
        fixed (double* loss = losses)
        fixed (nint* sum = sums)
        {
            var work = new HeadWork
            {
                Users = (float*)users.DataPointer, UserGradient = (float*)userGradient.DataPointer, Across = across, Along = along, Rows = rows, Losses = loss,
                UserCount = n, ItemCount = items, Padded = padded, Width = d, _itemGradients = sum, _blockUsers = blockUsers, _scratch = scratch, _block = block,
            };
            NativeThreads.For(blocks, 1, &Blocks, &work);
        }
        Partials.AddAndFree(sums, (float*)itemGradient.DataPointer, (long)items * d);
        return (losses.Sum(), userGradient, itemGradient);
    }

    [UnmanagedCallersOnly]
    private static void Blocks(long from, long to, void* context)
    {
        ref readonly var work = ref *(HeadWork*)context;
        var sum = Partials.New((long)work.Padded * work.Width);
        var scratch = (float*)NativeMemory.AlignedAlloc((nuint)work._scratch * sizeof(float), 64);
        for (var block = from; block < to; block++) work._block(in work, (int)block * work._blockUsers, sum, scratch);
        NativeMemory.AlignedFree(scratch);
        work._itemGradients[from] = (nint)sum;
    }
}
