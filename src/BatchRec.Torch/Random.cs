using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Seeds the generators of all devices. The same seed gives the same numbers at the same number of threads.</summary>
    public static unsafe Generator manual_seed(long seed)
    {
        // at::Generator holds nothing but a pointer to the implementation.
        Libtorch.C.SetCurrentSeed(*(nint*)Libtorch.C.DefaultCpuGenerator(), (ulong)seed);
        cuda.manual_seed_all(seed);
        return new Generator(seed);
    }

    /// <summary>The default generator as it was seeded; only its seed is known here.</summary>
    public class Generator : IDisposable
    {
        private readonly long _seed;

        internal Generator(long seed) => _seed = seed;

        public long initial_seed() => _seed;

        public void Dispose() => GC.SuppressFinalize(this);
    }

    /// <summary>Threads that one operator uses on the CPU.</summary>
    public static unsafe int get_num_threads()
    {
        uint threads;
        NativeException.ThrowIf(Libtorch.C, Libtorch.C.GetNumThreads(&threads), "torch_get_num_threads");
        return (int)threads;
    }

    public static unsafe void set_num_threads(int num)
    {
        // libtorch throws a C++ exception for 0, which nothing could catch.
        ArgumentOutOfRangeException.ThrowIfLessThan(num, 1);
        Libtorch.C.SetNumThreads(num);
    }
}
