using System.Diagnostics;
using System.Globalization;
using BatchRec.Interactions;
using BatchRec.Train;
using TorchSharp;

namespace BatchRec.Benchmarks;

/// <summary>
/// Our training step against plain PyTorch (ops/bench/sasrec_plain.py), the same SASRec on the same users: batch 128, length 200, dim 64, 2 layers, 2 heads,
/// inner 256, dropout .2, dot scores, full cross-entropy. Rounds alternate, so that both meet the same machine; a round of ours is a whole epoch, because our
/// batches differ in length.
/// </summary>
internal static class TrainStep
{
    private const int StepsOfPeer = 4;

    private static readonly TrainOptions Plain = new()
    {
        Dimensions = 64, Layers = 2, Heads = 2, Dropout = 0.2, MaxLength = 200, BatchSize = 128, LearningRate = 1e-3, FeedForward = "gelu", FeedForwardDimensions = 256,
        Gates = false, RotaryPositions = false, Scores = "dot", AverageDecay = 0,
    };

    public static void Run(Arguments arguments)
    {
        var (rounds, threads) = (arguments.Number("rounds", 7), arguments.Number("threads", Environment.ProcessorCount));
        var path = arguments.Text("data", MovieLens.DefaultPath);
        var log = File.Exists(path) ? MovieLens.Read(path) : Synthetic();
        Console.WriteLine($"{(File.Exists(path) ? path : "synthetic, shaped as ML-1M")}: {log.UserCount} users, {log.ItemCount} items, {log.EventCount} events; {threads} threads");

        var file = Path.GetTempFileName();
        File.WriteAllLines(file, Enumerable.Range(0, log.UserCount).Select(user => string.Join(' ', log.ItemsOf(user).ToArray().Select(item => item + 1))));
        using var peer = Peer.Start("sasrec_plain.py", "python3-torch", file, $"{threads}", $"{Plain.BatchSize}", $"{Plain.MaxLength}", $"{Plain.Dimensions}",
            $"{Plain.Layers}", $"{Plain.Heads}", $"{Plain.FeedForwardDimensions}", Plain.Dropout.ToString(CultureInfo.InvariantCulture));
        torch.set_num_threads(threads);
        var vocabulary = Vocabulary.Of(log);
        var batches = new Batches(log, vocabulary, Plain, seed: 1);
        using var learner = new Learner(vocabulary, Plain, seed: 1);
        var (ours, theirs, step) = (new List<double>(), new List<double>(), 0L);
        for (var round = 0; round <= rounds; round++)
        {
            var (our, their) = (Epoch(round), 1000 * peer.Do($"{StepsOfPeer}")[0] / StepsOfPeer);
            Console.WriteLine(Invariant($"round {round}{(round == 0 ? " (warm-up)" : "")}: ours {our:F0}, theirs {their:F0} ms per 128 users"));
            if (round == 0) continue;
            ours.Add(our);
            theirs.Add(their);
        }
        Console.WriteLine(Invariant($"median of {rounds}: ours {Median(ours):F1}, theirs {Median(theirs):F1} ms per 128 users; {128000 / Median(ours):F0} and {128000 / Median(theirs):F0} users/s"));
        Console.WriteLine(Invariant($"ratio {Median(theirs) / Median(ours):F2} (rounds {ours.Zip(theirs, (our, their) => their / our).Min():F2} to {ours.Zip(theirs, (our, their) => their / our).Max():F2})"));
        File.Delete(file);

        // Milliseconds a batch of 128 users, over a whole epoch.
        double Epoch(int number)
        {
            var clock = Stopwatch.StartNew();
            var epoch = batches.Of(number);
            for (var i = 0; i < batches.Count; i++) learner.Step(epoch[i], step++, Plain.LearningRate);
            return clock.Elapsed.TotalMilliseconds * Plain.BatchSize / batches.UserCount;
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>6,040 users whose lengths follow ML-1M's (log-normal, at least 18, mean about 165), popularity falling off as Zipf's.</summary>
    private static Sequences Synthetic()
    {
        const int items = 3416;
        var random = Randomness.At(1);
        var histories = new int[6040][];
        for (var user = 0; user < histories.Length; user++)
        {
            histories[user] = new int[Math.Clamp((int)Math.Exp(4.57 + 0.98 * random.Normal()), 18, 2300)];
            for (var i = 0; i < histories[user].Length; i++) histories[user][i] = (int)Math.Pow(items, random.Uniform()) - 1;
        }
        return MovieLens.Of(histories, items);
    }
}
