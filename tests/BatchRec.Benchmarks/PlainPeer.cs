using System.Globalization;
using BatchRec.Interactions;
using BatchRec.Train;

namespace BatchRec.Benchmarks;

/// <summary>
/// SASRec in python3-torch (ops/bench/sasrec_plain.py), of the same shape as <see cref="Options"/>: as anyone would write it (kind plain), or given our ideas too (ideas).
/// </summary>
internal static class PlainPeer
{
    /// <summary>Enough for one reading: a whole epoch of the plain kind takes minutes.</summary>
    private const int Steps = 4;

    public static TrainOptions Options { get; } = new()
    {
        Dimensions = 64, Layers = 2, Heads = 2, Dropout = 0.2, MaxLength = 200, BatchSize = 128, LearningRate = 1e-3, FeedForward = "gelu", FeedForwardDimensions = 256,
        Gates = false, RotaryPositions = false, Scores = "dot", AverageDecay = 0,
    };

    public static Peer Start(Sequences log, string kind, int threads)
    {
        var file = Path.GetTempFileName();
        File.WriteAllLines(file, Enumerable.Range(0, log.UserCount).Select(user => string.Join(' ', log.ItemsOf(user).ToArray().Select(item => item + 1))));
        var peer = Peer.Start("sasrec_plain.py", "python3-torch", file, kind, $"{threads}", $"{Options.BatchSize}", $"{Options.MaxLength}", $"{Options.Dimensions}",
            $"{Options.Layers}", $"{Options.Heads}", $"{Options.FeedForwardDimensions}", Options.Dropout.ToString(CultureInfo.InvariantCulture));
        // It has read the file when it says that it is ready.
        File.Delete(file);
        return peer;
    }

    public static double UsersASecond(Peer plain) => Steps * Options.BatchSize / plain.Do($"steps {Steps}")[0];

    /// <returns>mean loss (nats) a target of the first epoch</returns>
    public static double FirstLoss(Peer peer, int seed)
    {
        peer.Do($"restart {seed}");
        return peer.Do("epoch")[1];
    }
}
