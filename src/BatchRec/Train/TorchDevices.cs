using TorchSharp;
#if BATCHREC_TORCH
using BatchRec.Torch.Native;
#endif

namespace BatchRec.Train;

/// <summary>What the tensor layer can compute on, in this process.</summary>
/// <param name="Library">folder of the loaded libtorch</param>
/// <param name="Version">its version</param>
/// <param name="CpuCapability">the widest vector instructions that its CPU kernels use here</param>
/// <param name="Bf16">whether <c>Train:HeadPrecision=bf16</c> works on its CPU</param>
/// <param name="Threads">CPU threads of an operator</param>
/// <param name="CudaDevices">GPUs that it can use</param>
/// <param name="CudaFault">why it can use none; null where it can</param>
public sealed record TorchDevices(string Library, string Version, string CpuCapability, bool Bf16, int Threads, int CudaDevices, string? CudaFault)
{
    /// <summary>Loads libtorch if it isn't yet, and asks it.</summary>
    /// <param name="libraryPath"><c>Torch:LibraryPath</c>; must be given before the first tensor</param>
    /// <exception cref="BatchRecException">libtorch can't be loaded.</exception>
    public static TorchDevices Find(string? libraryPath = null)
    {
#if BATCHREC_TORCH
        try
        {
            if (libraryPath is not null) Libtorch.ChosenFolder = libraryPath;
            var (threads, devices, fault) = (torch.get_num_threads(), torch.cuda.device_count(), Devices.CudaReason());
            return new TorchDevices(Libtorch.Folder!, Libtorch.Version, Libtorch.CpuCapability, HeadPrecision.IsBf16Supported, threads, devices, fault.Length == 0 ? null : fault);
        }
        catch (DllNotFoundException e)
        {
            throw new BatchRecException(e.Message, e);
        }
#else
        if (libraryPath is not null)
            throw new BatchRecException("Torch:LibraryPath is for builds with our own binding; this one has TorchSharp's libtorch. Leave it out.");
        try
        {
            var devices = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
            return new TorchDevices("the TorchSharp package", torch.__version__, "unknown", HeadPrecision.IsBf16Supported, torch.get_num_threads(), devices, devices > 0 ? null : "TorchSharp finds no CUDA device.");
        }
        catch (TypeInitializationException e)
        {
            throw new BatchRecException($"TorchSharp's native library doesn't load. On Linux it needs the C++ runtime of GCC 13 or newer, as Debian 13 and Ubuntu 24.04 have it. Its own words: {e.InnerException?.Message}", e);
        }
#endif
    }
}
