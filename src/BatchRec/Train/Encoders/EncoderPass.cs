using static TorchSharp.torch;

namespace BatchRec.Train.Encoders;

/// <summary>What an encoder made of a batch.</summary>
/// <param name="outputs">(B, L, D)</param>
/// <param name="backward">what is left to do once <paramref name="outputs"/> has its gradient</param>
internal sealed class EncoderPass(Tensor outputs, Action backward)
{
    /// <summary>(B, L, D); a position knows what stands at it and before it</summary>
    public Tensor Outputs => outputs;

    /// <summary>To be called after the loss's own backward pass, to lead the gradient on to all parameters.</summary>
    public void Backward() => backward();
}
