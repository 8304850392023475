using System.Diagnostics;
using System.Globalization;
using BatchRec.Blend;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Benchmarks;

/// <summary>
/// What a night with a blend takes besides training, on a synthetic shop: every baseline's fit, the weights', the evaluation, and the lists of some
/// of its users.
/// </summary>
internal static class BlendNight
{
    public static void Run(Arguments arguments)
    {
        var (users, items, events) = (arguments.Number("users", 100_000), arguments.Number("items", 10_000), arguments.Number("events", 5_000_000));
        var (dimensions, listed) = (arguments.Number("dimensions", 64), Math.Min(users, arguments.Number("lists", 20_000)));
        var what = arguments.Text("what", "fits,evaluate,lists").Split(',');
        Console.WriteLine($"{users:N0} users, {items:N0} items, {events:N0} events; load {File.ReadAllText("/proc/loadavg").Trim()}");
        var log = Timed("the shop", () => SyntheticLog.Of(users, items, events));
        var (evaluate, blend, recommend) = (new EvaluateOptions { DenseItems = arguments.Number("dense", 8_000) }, new BlendOptions(), new RecommendOptions());
        var asOf = (SyntheticLog.Until - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var names = blend.PartsOf(recommend);
        if (what.Contains("fits"))
            foreach (var name in names) Timed($"fit {name}", () => BaselineSet.Fit(name, log, asOf, evaluate.DenseItems));
        BlendWeights? weights = null;
        if (what.Contains("evaluate"))
        {
            var holdout = Timed("the splits", () => Holdout.Of(log, evaluate, asOf));
            var train = holdout.Splits[0].Train;
            var model = Timed("the model", () => new ProjectedChain(holdout.Validation.Train, dimensions));
            weights = Weights(holdout, model, names, evaluate);
            var baselines = Timed("the test's baselines", () => BaselineSet.Fit(train, holdout.Cutoff, evaluate.DenseItems));
            List<Contestant> contestants = [.. baselines.Select(one => new Contestant(one, Role.Baseline)), new(model, Role.Model)];
            if (weights.IsBlend) contestants.Add(new(new BlendedRecommender([model, .. baselines], weights, train), Role.Blend));
            var report = Timed("the evaluation", () => Evaluation.Run(holdout.Splits, contestants, evaluate, recommend, default));
            foreach (var row in report.Rows.Where(row => row.Repeats == RepeatRule.Filtered))
                Console.WriteLine(Invariant($"  {row.Protocol,-12} {row.Model,-20} NDCG@10 {row.Ndcg10:F4}, {row.Cases} cases, {row.Seconds:F1} s"));
        }
        if (what.Contains("lists"))
        {
            weights ??= Usual(names);
            var model = Timed("the lists' model", () => new ProjectedChain(log, dimensions));
            var baselines = Timed("the lists' baselines", () => BaselineSet.Fit(names, log, asOf, evaluate.DenseItems));
            var search = Timed("the lists' vectors", () => new BlendedRecommender([model, .. baselines], weights, log).Search([]))!;
            var seen = SeenItems.Served(log, recommend);
            // Spread over all users, so that these are as long as those.
            Query[] queries = [.. Enumerable.Range(0, listed).Select(i => (int)((long)i * users / listed)).Select(user => new Query(user, log.Offsets[user + 1], asOf))];
            var clock = Stopwatch.StartNew();
            Timed($"lists of {listed:N0} users", () =>
            {
                search.Find(log, queries, recommend.TopN, (int i, ref int[] room) => seen.Of(log, queries[i], ref room), static (_, _, _) => { }, default);
                return true;
            });
            Console.WriteLine(Invariant($"  of all users {clock.Elapsed.TotalSeconds / listed * users:F0} s"));
        }
        Console.WriteLine(Invariant($"peak memory {Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0:F0} MiB"));
    }

    private static BlendWeights Weights(Holdout holdout, IRecommender model, IReadOnlyList<string> names, EvaluateOptions evaluate)
    {
        var parts = Timed("the validation's baselines", () => BaselineSet.Fit(names, holdout.Validation.Train, holdout.Validation.Cutoff, evaluate.DenseItems));
        var seen = SeenItems.Served(holdout.Validation.Log, new RecommendOptions());
        var weights = Timed("the weights", () => BlendFit.Of(holdout.Validation, [model, .. parts], seen, new BlendOptions(), evaluate.Seed, default))!;
        Console.WriteLine(weights.Reason);
        foreach (var row in weights.Weights) Console.WriteLine(string.Join(", ", weights.Parts.Zip(row, (name, weight) => Invariant($"{name} {weight:F3}"))));
        return weights;
    }

    /// <summary>Weights as a fit finds them on such a shop.</summary>
    private static BlendWeights Usual(IReadOnlyList<string> names)
    {
        var usual = new Dictionary<string, float> { ["markov"] = .75f, ["slit"] = -.14f, ["ease"] = .16f, ["item-knn"] = .2f, ["popularity"] = -.5f, ["popularity-7d"] = .4f };
        float[] row = [.1f, .. names.Select(name => usual[name])];
        return new BlendWeights { Parts = ["model", .. names], Weights = [row, row, row, row], Cases = 0, Ndcg10 = 0, PartsNdcg10 = [], Reason = "" };
    }

    private static T Timed<T>(string what, Func<T> work)
    {
        var (clock, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var result = work();
        Console.WriteLine(Invariant($"{what,-28} {clock.Elapsed.TotalSeconds,7:F1} s, {(Environment.CpuUsage.TotalTime - before).TotalSeconds,7:F1} s of processors"));
        return result;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
