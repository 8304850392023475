using System.Globalization;
using BatchRec.Interactions;
using BatchRec.Train;
using TorchSharp;

namespace BatchRec.Benchmarks;

/// <summary>
/// Our training against PyTorch's (ops/bench/sasrec_plain.py), the same SASRec on the same users: batch 128, length 200, dim 64, 2 layers, 2 heads, inner 256,
/// dropout .2, dot scores, full cross-entropy. One peer is as anyone would write it, one is given our ideas too. Rounds alternate, so that all meet the same
/// machine; where batches differ in length, a round is a whole epoch. That all learn the same is seen from the first epoch's loss, over several seeds.
/// </summary>
internal static class TrainStep
{
    private static TrainOptions Plain => PlainPeer.Options;

    public static void Run(Arguments arguments)
    {
        var (rounds, seeds, threads) = (arguments.Number("rounds", 5), arguments.Number("seeds", 3), arguments.Number("threads", Environment.ProcessorCount));
        var path = arguments.Text("data", MovieLens.DefaultPath);
        var log = File.Exists(path) ? MovieLens.Read(path) : Synthetic();
        Console.WriteLine($"{(File.Exists(path) ? path : "synthetic, shaped as ML-1M")}: {log.UserCount} users, {log.ItemCount} items, {log.EventCount} events; {threads} threads");

        using var plain = PlainPeer.Start(log, "plain", threads);
        using var ideas = PlainPeer.Start(log, "ideas", threads);
        torch.set_num_threads(threads);
        var vocabulary = Vocabulary.Of(log);
        using (var ours = new Epochs(log, vocabulary, Plain, seed: 1))
        {
            var users = (double)ours.Users;
            var (our, plains, withIdeas) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round <= rounds; round++)
            {
                // users a second
                var own = users / ours.Next().Seconds;
                var theirs = PlainPeer.UsersASecond(plain);
                var given = users / ideas.Do("epoch")[0];
                Console.WriteLine(Invariant($"round {round}{(round == 0 ? " (warm-up)" : "")}: ours {own:F0}, plain {theirs:F0}, with our ideas {given:F0} users/s; ratios {own / theirs:F2} and {own / given:F2}"));
                if (round == 0) continue;
                our.Add(own);
                plains.Add(theirs);
                withIdeas.Add(given);
            }
            Keep("plain python3-torch with OpenBLAS", plains, 9);
            Keep("python3-torch given our ideas", withIdeas, 3);

            void Keep(string peer, List<double> theirs, double bar) => new Measurement("train", $"users/s over whole epochs of ML-1M against {peer}: the same model, fp32, full cross-entropy",
                Measurement.Median(our), Measurement.Median(theirs), Measurement.Median(our) / Measurement.Median(theirs), bar, rounds).Keep();
        }
        for (var seed = 1; seed <= seeds; seed++)
        {
            using var ours = new Epochs(log, vocabulary, Plain, (ulong)seed);
            var (own, theirs, given) = (ours.Next().Loss, PlainPeer.FirstLoss(plain, seed), PlainPeer.FirstLoss(ideas, seed));
            Console.WriteLine(Invariant($"seed {seed}, mean loss of the first epoch: ours {own:F4}, plain {theirs:F4} ({own / theirs - 1:+0.00%;-0.00%}), with our ideas {given:F4} ({own / given - 1:+0.00%;-0.00%})"));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>6,040 users whose lengths follow ML-1M's (log-normal, at least 18, mean about 165), popularity falling off as Zipf's.</summary>
    internal static Sequences Synthetic()
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
