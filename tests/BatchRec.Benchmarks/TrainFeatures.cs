using System.Diagnostics;
using System.Globalization;
using BatchRec.Import;
using BatchRec.Interactions;
using BatchRec.Train;
using BatchRec.Train.Features;
using TorchSharp;

namespace BatchRec.Benchmarks;

/// <summary>What a step of ML-1M costs with items' and users' features against one without, with either loss. They take turns, so that all meet the same machine.</summary>
internal static class TrainFeatures
{
    public static void Run(Arguments arguments)
    {
        var (rounds, steps, folder) = (arguments.Number("rounds", 5), arguments.Number("steps", 20), arguments.Text("data", Path.GetDirectoryName(MovieLens.DefaultPath)!));
        torch.set_num_threads(arguments.Number("threads", Environment.ProcessorCount));
        var log = LogFile.Read(Layout.All[0], Path.Combine(folder, "ratings.csv.gz"), null, Path.Combine(folder, "movies.csv.gz"), Path.Combine(folder, "users.csv.gz")).Sequences;
        foreach (var loss in new[] { "full", "sampled" })
        {
            var options = new TrainOptions { BatchSize = 128, Loss = loss };
            var told = options with { ItemFeatures = ["genres", "title", "year"], UserFeatures = ["gender", "age_group", "occupation"] };
            Steps[] contestants = [new Steps(log, options), new Steps(log, told)];
            var times = Array.ConvertAll(contestants, _ => new List<double>());
            for (var round = 0; round <= rounds; round++)
                for (var which = 0; which < contestants.Length; which++)
                {
                    var milliseconds = contestants[which].Next(steps);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}{(round == 0 ? " (warm-up)" : "")}: {loss}, {(which == 0 ? "without" : "with")} features, {milliseconds:F1} ms a step"));
                    if (round > 0) times[which].Add(milliseconds);
                }
            var (without, with) = (1e3 / Measurement.Median(times[0]), 1e3 / Measurement.Median(times[1]));
            new Measurement("train", $"train, steps/s with features against without, {loss} loss", with, without, with / without, null, rounds).Keep();
            foreach (var contestant in contestants) contestant.Dispose();
        }
    }

    private sealed class Steps : IDisposable
    {
        private readonly Batches batches;
        private readonly Learner learner;
        private readonly TrainOptions options;
        private Batches.Epoch epoch;
        private long step;

        public Steps(Sequences log, TrainOptions options)
        {
            this.options = options;
            var vocabulary = Vocabulary.Of(log, options, []);
            batches = new Batches(log, vocabulary, options, seed: 1);
            epoch = batches.Of(0);
            learner = new Learner(vocabulary, options, seed: 1, LogFeatures.Of(log, vocabulary, []));
        }

        /// <returns>milliseconds a step</returns>
        public double Next(int steps)
        {
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < steps; i++, step++)
            {
                if (step % batches.Count == 0) epoch = batches.Of((int)(step / batches.Count));
                learner.Step(epoch[(int)(step % batches.Count)], step, options.LearningRate);
            }
            return clock.Elapsed.TotalMilliseconds / steps;
        }

        public void Dispose() => learner.Dispose();
    }
}
