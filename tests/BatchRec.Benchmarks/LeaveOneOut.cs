using System.Globalization;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Train;

namespace BatchRec.Benchmarks;

/// <summary>
/// ML-1M, leave-one-out, as the literature does it: each user's last film is the test target, the last but one the validation target, the rest is
/// training; all films are ranked, those of the history left out. The test is measured once, after training.
/// </summary>
internal static class LeaveOneOut
{
    public static void Run(Arguments arguments)
    {
        var log = MovieLens.Read(arguments.Text("data", MovieLens.DefaultPath));
        // One model: its seconds are what is measured.
        var options = arguments.Over(new TrainOptions { MaxMinutes = arguments.Real("minutes", 30), ValidationUsers = 0 }) with { Members = 1 };
        var seed = (ulong)arguments.Number("seed", 1);
        var folder = arguments.Text("folder", Directory.CreateTempSubdirectory("ml1m-loo-").FullName);
        var (train, validation, test) = Split(log);

        Console.WriteLine($"seed {seed}, {options}");
        var result = Training.Run(train, validation, options, seed, folder, new EpochLines(), CancellationToken.None);
        Console.WriteLine($"{result.Stopped} best epoch {result.BestEpoch}{(result.BestIsAveraged ? " (averaged)" : "")}, {result.Seconds:F0} s");
        using var model = new SasrecRecommender(result.Model, log.ItemCount);
        Console.WriteLine($"seed {seed} validation {Measure(model, validation)}");
        if (!arguments.Has("no-test")) Console.WriteLine($"seed {seed} test       {Measure(model, test)}");
    }

    /// <returns>the histories before the last two events, and whom to ask for the last but one and for the last</returns>
    public static (Sequences Train, ValidationSet Validation, ValidationSet Test) Split(Sequences log)
    {
        var ends = Enumerable.Range(0, log.UserCount).Select(user => log.Offsets[user + 1]).ToArray();
        return (log.Until(Array.ConvertAll(ends, end => end - 2)), Set(2), Set(1));

        ValidationSet Set(int fromEnd) => new(log, [.. ends.Select((end, user) => new Query(user, end - fromEnd, end - fromEnd))],
            Array.ConvertAll(ends, end => log.Items[end - fromEnd]), SeenItems.Filtered(log));
    }

    private static string Measure(SasrecRecommender model, ValidationSet set)
    {
        const int chunk = 512;
        var (ndcg, hits) = (0.0, 0);
        var scores = new float[chunk * model.ItemCount];
        for (var start = 0; start < set.Queries.Length; start += chunk)
        {
            var queries = set.Queries.AsSpan(start, Math.Min(chunk, set.Queries.Length - start));
            model.Score(set.Log, queries, scores.AsSpan(0, queries.Length * model.ItemCount));
            for (var i = 0; i < queries.Length; i++)
            {
                var row = scores.AsSpan(i * model.ItemCount, model.ItemCount);
                var target = set.Targets[start + i];
                for (var at = set.Log.Offsets[queries[i].User]; at < queries[i].End; at++) row[set.Log.Items[at]] = float.NegativeInfinity;
                var rank = float.IsNegativeInfinity(row[target]) ? int.MaxValue : Ranking.Of(target, row);
                ndcg += Ranking.Ndcg(rank);
                hits += rank <= Ranking.Depth ? 1 : 0;
            }
        }
        return string.Create(CultureInfo.InvariantCulture, $"NDCG@10 {ndcg / set.Queries.Length:F4} HR@10 {(double)hits / set.Queries.Length:F4} ({set.Queries.Length} users, {model.ItemCount} items)");
    }
}
