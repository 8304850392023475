using TorchSharp;

namespace BatchRec.Train;

/// <summary>Where a network computes.</summary>
internal static class TrainDevice
{
    /// <param name="name">cpu or cuda</param>
    /// <exception cref="BatchRecException">There is no such device: a step for the GPU never falls back silently.</exception>
    public static torch.Device Of(string name)
    {
        if (name == "cuda" && !torch.cuda.is_available())
            throw new BatchRecException("Train:Device is cuda, but this libtorch has no usable CUDA device. `batchrec devices` says why; name a CUDA build in Torch:LibraryPath, or set Train:Device to cpu.");
        return torch.device(name);
    }
}
