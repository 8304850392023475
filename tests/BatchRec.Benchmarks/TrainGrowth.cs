using System.Diagnostics;
using System.Globalization;
using BatchRec.Train;
using TorchSharp;

namespace BatchRec.Benchmarks;

/// <summary>
/// What a token costs in an epoch of sampled softmax as the catalogue and its users grow together: 64 dimensions, 2 layers, length 200, histories of 50 events. Sizes
/// take turns, so that all meet the same machine.
/// </summary>
internal static class TrainGrowth
{
    private static readonly int[] Catalogues = [10_000, 30_000, 100_000];

    public static void Run(Arguments arguments)
    {
        var (rounds, users) = (arguments.Number("rounds", 5), arguments.Number("users", 10_000));
        torch.set_num_threads(arguments.Number("threads", Environment.ProcessorCount));
        var options = new TrainOptions { Loss = "sampled", BatchSize = 128 };
        var epochs = Array.ConvertAll(Catalogues, items => new Epochs(users, items, options));
        var times = Array.ConvertAll(Catalogues, _ => new List<double>());
        for (var round = 0; round <= rounds; round++)
            for (var size = 0; size < epochs.Length; size++)
            {
                var microseconds = epochs[size].Next();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}{(round == 0 ? " (warm-up)" : "")}: {Catalogues[size]:N0} items, {microseconds:F2} µs a token"));
                if (round > 0) times[size].Add(microseconds);
            }
        for (var size = 1; size < epochs.Length; size++)
        {
            var (small, large) = (1e6 / Measurement.Median(times[0]), 1e6 / Measurement.Median(times[size]));
            new Measurement("growth", string.Create(CultureInfo.InvariantCulture, $"train, tokens/s at {Catalogues[size]:N0} items against {Catalogues[0]:N0}"), large, small, large / small, 1 / 1.15, rounds).Keep();
        }
        foreach (var size in epochs) size.Dispose();
    }

    private sealed class Epochs : IDisposable
    {
        private readonly Batches batches;
        private readonly Learner learner;
        private readonly TrainOptions options;
        private readonly long tokens;
        private int epoch;
        private long step;

        public Epochs(int users, int items, TrainOptions options)
        {
            var random = Randomness.At(1);
            var histories = new int[users][];
            for (var user = 0; user < users; user++)
            {
                histories[user] = new int[Math.Clamp((int)Math.Exp(3.5 + 0.9 * random.Normal()), 2, 2000)];
                for (var i = 0; i < histories[user].Length; i++) histories[user][i] = (int)Math.Pow(items, random.Uniform()) - 1;
            }
            // Every item occurs, as in a catalogue of known items.
            histories[0] = [.. Enumerable.Range(0, items)];
            var log = MovieLens.Of(histories, items);
            var vocabulary = Vocabulary.Of(log);
            this.options = options;
            batches = new Batches(log, vocabulary, options, seed: 1);
            learner = new Learner(vocabulary, options, seed: 1);
            tokens = histories.Sum(history => Math.Min(history.Length - 1, options.MaxLength));
        }

        /// <returns>microseconds a token</returns>
        public double Next()
        {
            var clock = Stopwatch.StartNew();
            var batch = batches.Of(epoch++);
            for (var i = 0; i < batches.Count; i++) learner.Step(batch[i], step++, options.LearningRate);
            return clock.Elapsed.TotalMicroseconds / tokens;
        }

        public void Dispose() => learner.Dispose();
    }
}
