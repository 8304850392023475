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

    /// <summary>The masks of the next places, for passes that apply them themselves; without a seed they drop nothing.</summary>
    public DropoutBits[] Next(int places)
    {
        var masks = new DropoutBits[places];
        if (_seed is { } seed)
            for (var i = 0; i < places; i++) masks[i] = new DropoutBits(share, Randomness.Seed(seed, _place++));
        return masks;
    }

    public Tensor Apply(Tensor x) => _seed is { } seed && share > 0 ? DropoutMask.Apply(x, share, Randomness.Seed(seed, _place++)) : x;
}
