using static TorchSharp.torch;

namespace BatchRec.Train.Encoders;

/// <summary>Dropout with masks that follow from the pass's seed and the place in the network.</summary>
/// <param name="share">0 to below 1</param>
internal sealed class Dropping(double share)
{
    private ulong? _seed;
    private ulong _place;

    /// <param name="seed">null drops nothing</param>
    public void Restart(ulong? seed) => (_seed, _place) = (seed, 0);

    public Tensor Apply(Tensor x) => _seed is { } seed && share > 0 ? DropoutMask.Apply(x, share, Randomness.Seed(seed, _place++)) : x;
}
