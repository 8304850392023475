namespace BatchRec.Torch.Native;

/// <summary>What can be computed on here.</summary>
internal static class Devices
{
    /// <summary>Why CUDA can't be used; empty where it can.</summary>
    public static string CudaReason() =>
        TorchSharp.torch.cuda.is_available() ? ""
        : Libtorch.CudaFault is { } fault ? fault
        : Libtorch.HasCudaLibraries ? "libtorch's CUDA libraries are loaded, but the driver shows no device (see nvidia-smi)."
        : $"the libtorch in {Libtorch.Folder} is a CPU one. Let Torch:LibraryPath name the folder of a CUDA one, as a Python wheel's torch/lib.";
}
