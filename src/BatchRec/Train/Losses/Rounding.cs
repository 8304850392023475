using static TorchSharp.torch;

namespace BatchRec.Train.Losses;

internal static class Rounding
{
    /// <summary>To the nearest number that bf16 has, ties to even; still Float32.</summary>
    public static Tensor ToBf16(Tensor x) => x.to(ScalarType.BFloat16).to(x.dtype);
}
