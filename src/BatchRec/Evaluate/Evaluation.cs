using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using BatchRec.Evaluate.Baselines;
using BatchRec.Evaluate.Metrics;
using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Evaluate;

/// <summary>
/// Ranks the whole catalogue for every case, never a sample of it (with 100 sampled negatives an NDCG of .15 reads .60: Krichene and
/// Rendle 2020), and averages the metrics. The numbers don't depend on the thread count.
/// </summary>
public static class Evaluation
{
    private static readonly int[] Cutoffs = [5, 10, 20, 100];

    private const int CasesASearch = 4_096;

    private delegate double CaseMetric(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets);

    private static readonly (string Name, CaseMetric At)[] CaseMetrics =
    [
        ("NDCG", Ndcg.At), ("HR", HitRate.At), ("MRR", ReciprocalRank.At), ("MAP", AveragePrecision.At),
        ("Recall", Recall.At), ("Precision", Precision.At), ("F1", F1.At),
    ];

    /// <summary>Measures every contestant on every split, with and without repeats, and by the pipeline's own rule if that is neither.</summary>
    /// <param name="contestants">Fitted on nothing that the splits hold out.</param>
    public static EvaluationReport Run(
        IEnumerable<Split> splits, IReadOnlyList<Contestant> contestants, EvaluateOptions options, RecommendOptions recommend, CancellationToken ct) =>
        Run(splits, contestants, options, log => RepeatRule.Of(log, recommend), ct);

    /// <param name="rules">What to measure under.</param>
    /// <inheritdoc cref="Run(IEnumerable{Split}, IReadOnlyList{Contestant}, EvaluateOptions, RecommendOptions, CancellationToken)"/>
    public static EvaluationReport Run(
        IEnumerable<Split> splits, IReadOnlyList<Contestant> contestants, EvaluateOptions options, Func<Sequences, IReadOnlyList<RepeatRule>> rules, CancellationToken ct)
    {
        var (rows, cases) = (new List<ReportRow>(), new List<CaseScores>());
        foreach (var split in splits)
        {
            var sampled = split with { Cases = split.Cases.Pick(Sample.Positions(split.Cases.Count, options.MaxCases, i => split.Cases.Queries[i].User, options.Seed)) };
            Run(sampled, contestants, options, rules(split.Log), rows, cases, ct);
        }
        return new EvaluationReport(rows, cases);
    }

    private static void Run(
        Split split, IReadOnlyList<Contestant> contestants, EvaluateOptions options, IReadOnlyList<RepeatRule> rules,
        List<ReportRow> rows, List<CaseScores> cases, CancellationToken ct)
    {
        var counts = Popularity.Counts(split.Train);
        var measured = contestants.Select(contestant => Measure(split, contestant.Recommender, rules, counts, options, ct)).ToArray();
        var users = Array.ConvertAll(split.Cases.Queries, query => query.User);
        var segments = Segments.Of(split, counts);
        var models = contestants.Select(contestant => contestant.Recommender).OfType<IVectorRecommender>().ToArray();
        var recommendable = Enumerable.Range(0, counts.Length).Count(item => counts[item] > 0 || Array.Exists(models, model => model.Knows(item)));
        for (var r = 0; r < rules.Count; r++)
        {
            var columns = measured.Select(m => m.Rules[r].Columns).ToArray();
            var (ndcg, hr) = (columns.Select(own => own["NDCG@10"]).ToArray(), columns.Select(own => own["HR@10"]).ToArray());
            string[] names = [.. columns.SelectMany(own => own.Keys).Distinct()];
            var bootstrap = PairedBootstrap.Of(users, [.. names.SelectMany(name => columns.Select(own => own[name]))], options.Resamples, options.Seed);
            var parts = segments.Averages(users, ndcg, hr, options.Resamples, options.Seed);
            for (var c = 0; c < contestants.Count; c++)
            {
                var metrics = measured[c].Rules[r].Averages(recommendable);
                for (var name = 0; name < names.Length; name++) metrics[names[name]] = Bootstrapped(bootstrap, name * contestants.Count + c);
                rows.Add(new ReportRow
                {
                    Protocol = split.Protocol,
                    Repeats = rules[r].Name,
                    Model = contestants[c].Recommender.Name,
                    Role = contestants[c].Role,
                    Cases = ndcg[c].Count(float.IsFinite),
                    NewUsers = split.NewUsers,
                    Seconds = measured[c].Seconds,
                    Metrics = metrics,
                    Segments = parts[c],
                });
            }
            cases.Add(new CaseScores(split.Protocol, rules[r].Name, users, ndcg));
        }
    }

    private static MetricValue Bootstrapped(PairedBootstrap bootstrap, int column)
    {
        var (low, high) = bootstrap.Interval(column);
        return new MetricValue(bootstrap.Mean(column), low, high);
    }

    private static (Tally[] Rules, double Seconds) Measure(
        Split split, IRecommender recommender, IReadOnlyList<RepeatRule> rules, int[] counts, EvaluateOptions options, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var novelty = new Novelty(counts);
        var tallies = rules.Select(_ => new Tally(split.Cases.Count, split.Log.ItemCount)).ToArray();
        if ((recommender as ISearchedRecommender)?.Search([]) is { } search) Search(split, search, rules, novelty, tallies, ct);
        else Score(split, recommender, rules, novelty, tallies, options, ct);
        return (tallies, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static void Score(
        Split split, IRecommender recommender, IReadOnlyList<RepeatRule> rules, Novelty novelty, Tally[] tallies, EvaluateOptions options, CancellationToken ct)
    {
        var size = (int)Math.Clamp((long)options.ScoreBlockMiB * 1_048_576 / sizeof(float) / Math.Max(recommender.ItemCount, 1), 1, 256);
        // Baselines are asked by all threads at once. A model has threads of its own, so that only the selection is spread here.
        var (acrossBlocks, withinBlock) = recommender is Baseline ? (Environment.ProcessorCount, 1) : (1, Environment.ProcessorCount);
        Blocks.For(0, (split.Cases.Count + size - 1) / size, acrossBlocks, () => ArrayPool<float>.Shared, (block, pool) =>
        {
            var (from, until) = (block * size, Math.Min((block + 1) * size, split.Cases.Count));
            var scores = pool.Rent((until - from) * recommender.ItemCount);
            recommender.Score(split.Log, split.Cases.Queries.AsSpan(from..until), scores.AsSpan(0, (until - from) * recommender.ItemCount));
            Blocks.For(from, until, withinBlock, () => new Judge(novelty), (index, judge) =>
            {
                var row = scores.AsSpan((index - from) * recommender.ItemCount, recommender.ItemCount);
                for (var r = 0; r < rules.Count; r++) judge.Row(split, index, row, rules[r].Seen, tallies[r]);
            }, ct);
            pool.Return(scores);
        }, ct);
    }

    /// <summary>As <see cref="Score"/>, without a row of scores.</summary>
    private static void Search(Split split, IListSearch search, IReadOnlyList<RepeatRule> rules, Novelty novelty, Tally[] tallies, CancellationToken ct)
    {
        using var judges = new ThreadLocal<Judge>(() => new Judge(novelty));
        int[] served = [.. Enumerable.Range(0, split.Cases.Count).Where(i => search.CanServe(split.Log, split.Cases.Queries[i]))];
        foreach (var cases in served.Chunk(CasesASearch))
            for (var rule = 0; rule < rules.Count; rule++)
            {
                var (seen, tally) = (rules[rule].Seen, tallies[rule]);
                search.Find(split.Log, Array.ConvertAll(cases, i => split.Cases.Queries[i]), Cutoffs[^1],
                    (int i, ref int[] room) => seen.Of(split.Log, split.Cases.Queries[cases[i]], ref room),
                    (i, items, _) => judges.Value!.List(split, cases[i], items, seen, tally), ct);
            }
        foreach (var i in Enumerable.Range(0, split.Cases.Count).Except(served))
            for (var rule = 0; rule < rules.Count; rule++) judges.Value!.List(split, i, [], rules[rule].Seen, tallies[rule]);
    }

    /// <summary>One thread's room for selecting and comparing.</summary>
    private sealed class Judge(Novelty novelty)
    {
        private readonly TopN top = new(Cutoffs[^1]);
        private readonly int[] items = new int[Cutoffs[^1]];
        private readonly float[] best = new float[Cutoffs[^1]];
        private readonly List<int> targets = [];
        private int[] room = [];

        public void Row(Split split, int index, ReadOnlySpan<float> scores, SeenItems seen, Tally tally)
        {
            var excluded = seen.Of(split.Log, split.Cases.Queries[index], ref room);
            Add(split, index, items.AsSpan(0, top.Select(scores, excluded, [], items, best)), excluded, tally);
        }

        public void List(Split split, int index, ReadOnlySpan<int> ranked, SeenItems seen, Tally tally) =>
            Add(split, index, ranked, seen.Of(split.Log, split.Cases.Queries[index], ref room), tally);

        private void Add(Split split, int index, ReadOnlySpan<int> ranked, ReadOnlySpan<int> excluded, Tally tally)
        {
            targets.Clear();
            foreach (var target in split.Cases.TargetsOf(index))
                if (excluded.BinarySearch(target) < 0) targets.Add(target);
            tally.Add(index, ranked, CollectionsMarshal.AsSpan(targets), novelty);
        }
    }

    /// <summary>Every case's metrics, kept apart so that sums are made in one order.</summary>
    private sealed class Tally(int caseCount, int itemCount)
    {
        private readonly (string Name, int K, CaseMetric At, float[] Values)[] columns =
            [.. from k in Cutoffs from metric in CaseMetrics select ($"{metric.Name}@{k}", k, metric.At, new float[caseCount])];

        private readonly (string Name, int K, float[] Values)[] novelty =
            Array.ConvertAll(Cutoffs, k => ($"Novelty@{k}", k, new float[caseCount]));

        private readonly (string Name, Coverage Items)[] coverage =
            Array.ConvertAll(Cutoffs, k => ($"Coverage@{k}", new Coverage(k, itemCount)));

        /// <summary>What has a value a case wherever there is a target: name to (cases).</summary>
        public IReadOnlyDictionary<string, float[]> Columns => columns.ToDictionary(column => column.Name, column => column.Values);

        public void Add(int index, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets, Novelty bits)
        {
            foreach (var (_, k, at, values) in columns) values[index] = (float)at(k, ranked, targets);
            foreach (var (_, k, values) in novelty) values[index] = (float)bits.At(k, ranked);
            foreach (var (_, items) in coverage) items.Add(ranked);
        }

        public Dictionary<string, MetricValue> Averages(int recommendable)
        {
            var averages = new Dictionary<string, MetricValue>();
            foreach (var (name, _, values) in novelty) averages[name] = new MetricValue(Average(values));
            foreach (var (name, items) in coverage) averages[name] = new MetricValue(items.Of(recommendable));
            return averages;
        }

        private static double Average(float[] values) => values.Where(float.IsFinite).Select(value => (double)value).DefaultIfEmpty(double.NaN).Average();
    }
}
