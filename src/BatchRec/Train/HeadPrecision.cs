#if BATCHREC_TORCH
using BatchRec.Torch.Accelerated;
#endif

namespace BatchRec.Train;

/// <summary>In what the loss's products are multiplied: <see cref="TrainOptions.HeadPrecision"/> on this machine.</summary>
public static class HeadPrecision
{
    public const string Fp32 = "fp32", Rounded = "bf16", Auto = "auto";

    /// <summary>Whether there is code here that gains by bf16.</summary>
    public static bool IsBf16Supported =>
#if BATCHREC_TORCH
        Bf16Tile.IsSupported;
#else
        false;
#endif

    /// <summary>Why there is none.</summary>
    public const string Missing = "this processor has no AVX512_BF16, or its system lets no program make machine code of its own, or the build has TorchSharp's binding.";

    /// <summary>What auto stands for on this machine: results of one precision are not gone on with in another.</summary>
    public static TrainOptions Resolved(TrainOptions options) =>
        options.HeadPrecision == Auto ? options with { HeadPrecision = IsBf16(options) ? Rounded : Fp32 } : options;

    /// <exception cref="BatchRecException">It has to be bf16, and can't: like a device, a precision is never another than was asked for.</exception>
    public static bool IsBf16(TrainOptions options)
    {
        if (options.HeadPrecision == Rounded && !IsBf16Supported)
            throw new BatchRecException($"Train:HeadPrecision is bf16, but {Missing} Use auto, which takes fp32 here, or fp32.");
        return options is { Device: "cpu", HeadPrecision: not Fp32 } && IsBf16Supported;
    }
}
