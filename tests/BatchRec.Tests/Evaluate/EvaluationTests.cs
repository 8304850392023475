using BatchRec.Evaluate;
using BatchRec.Evaluate.Baselines;
using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;
using Xunit;

namespace BatchRec.Tests.Evaluate;

public class EvaluationTests
{
    // T is day 10. By popularity before it, the items' order is 0, 1, 2, 3; item 4 is new.
    private static readonly Sequences Log = InlineLog.Of(
        5,
        [(0, 1), (1, 2), (2, 3), (2, 11)],      // buys 2 again
        [(0, 1), (1, 2), (3, 12)],
        [(0, 1), (0, 2), (2, 3), (1, 4), (4, 13)],
        [(0, 1), (3, 2)]);

    [Fact]
    public void With_repeats_the_whole_catalogue_is_ranked_and_every_target_counts()
    {
        var row = Run().RowsOf("nightly", "kept").Single();
        Assert.Equal(3, row.Cases);
        // Ranks 3, 4 and none: 1/log2(4), 1/log2(5), 0.
        Assert.Equal((0.5 + 0.43067655807339306) / 3, row.Ndcg10, 6);
        Assert.Equal(2 / 3.0, row.Metrics["HR@10"].Value, 6);
        Assert.Equal((1 / 3.0 + 1 / 4.0) / 3, row.Metrics["MRR@10"].Value, 6);
        Assert.Equal(2 / 30.0, row.Metrics["Precision@10"].Value, 6);
        Assert.Equal(1, row.Metrics["Coverage@10"].Value);
    }

    [Fact]
    public void Without_repeats_seen_items_are_neither_recommended_nor_targets()
    {
        var row = Run().RowsOf("nightly", "filtered").Single();
        // User 0 only buys again, and is no case; user 1 has seen 0 and 1, so 3 stands second after 2; user 2's item is new to all.
        Assert.Equal(2, row.Cases);
        Assert.Equal(0.6309297535714574 / 2, row.Ndcg10, 6);
    }

    [Fact]
    public void The_pipelines_own_rule_is_measured_where_it_is_neither()
    {
        Assert.Equal(["kept", "filtered"], Run().Rows.Select(row => row.Repeats));
        Assert.Equal(["kept", "filtered", "served"], Run(new RecommendOptions { ExcludeSeenDays = 8 }).Rows.Select(row => row.Repeats));
        // 8 days before day 10: user 0's items 1 and 2 are excluded, 0 isn't.
        Assert.Equal(2, Run(new RecommendOptions { ExcludeSeenDays = 8 }).RowsOf("nightly", "served").Single().Cases);
    }

    [Theory]
    [InlineData(null, "filtered")]
    [InlineData(0, "kept")]
    [InlineData(30, "served")]
    public void The_gate_knows_which_rule_the_lists_are_made_by(int? days, string expected) =>
        Assert.Equal(expected, RepeatRule.OfServed(new RecommendOptions { ExcludeSeenDays = days }));

    [Fact]
    public void Segments_say_who_is_served_how_well()
    {
        var segments = Run().RowsOf("nightly", "kept").Single().Segments;
        Assert.Equal(3, segments["history 1-4"].Cases);
        Assert.DoesNotContain("history 5-19", segments.Keys);
        // Item 0 has 5 of 11 events, half of them.
        Assert.Equal(new SegmentValue(3, (0.5f + 0.43067656f) / 3.0, 2 / 3.0), segments["tail items only"], (a, b) => a.Cases == b.Cases && Math.Abs(a.Ndcg10 - b.Ndcg10) < 1e-6);
    }

    [Fact]
    public void A_recommender_with_a_smaller_catalogue_misses_what_it_does_not_know()
    {
        var old = Popularity.OfAllTime(InlineLog.OfItems(3, [0, 0, 0, 1, 1, 2]));
        var row = Run(contestant: new Contestant(old, Role.Live)).RowsOf("nightly", "kept").Single();
        Assert.Equal(0.5 / 3, row.Ndcg10, 6);
        Assert.Equal(Role.Live, row.Role);
    }

    [Fact]
    public void A_sample_of_the_cases_is_taken_where_there_are_more_than_wanted()
    {
        var report = Evaluation.Run(
            [NightlySplit.Of(new TimeCutoff(Log, InlineLog.At(10)))], [Popular()], new EvaluateOptions { MaxCases = 2, Resamples = 100 }, new RecommendOptions(), default);
        Assert.Equal(2, report.RowsOf("nightly", "kept").Single().Cases);
    }

    [Fact]
    public void No_case_at_all_gives_rows_without_numbers()
    {
        var report = Evaluation.Run(
            [NightlySplit.Of(new TimeCutoff(Log, InlineLog.At(50)))], [Popular()], new EvaluateOptions { Resamples = 100 }, new RecommendOptions(), default);
        Assert.Equal((0, double.NaN), (report.Rows[0].Cases, report.Rows[0].Ndcg10));
    }

    [Fact]
    public void Small_blocks_give_what_one_block_gives()
    {
        var (log, random) = (new List<(int, double)[]>(), new Random(5));
        for (var u = 0; u < 300; u++) log.Add([.. Enumerable.Range(0, 12).Select(day => (random.Next(2_000), (double)day))]);
        var split = NightlySplit.Of(new TimeCutoff(InlineLog.Of(2_000, [.. log]), InlineLog.At(8)));
        var contestants = BaselineSet.Fit(split.Train, split.Cutoff, denseItems: 500).Select(baseline => new Contestant(baseline, Role.Baseline)).ToArray();
        var large = Evaluation.Run([split], contestants, new EvaluateOptions { ScoreBlockMiB = 64 }, new RecommendOptions(), default);
        var small = Evaluation.Run([split], contestants, new EvaluateOptions { ScoreBlockMiB = 1 }, new RecommendOptions(), default);
        Assert.Equal(large.Rows.Select(row => row.Metrics), small.Rows.Select(row => row.Metrics));
        Assert.Equal(large.Cases.SelectMany(c => c.Ndcg10), small.Cases.SelectMany(c => c.Ndcg10));
    }

    [Fact]
    public void A_model_that_scores_no_numbers_is_a_fault_that_a_person_can_mend()
    {
        foreach (var role in (Role[])[Role.Model, Role.Baseline])
        {
            var fault = Assert.Throws<BatchRecException>(() => Run(contestant: new Contestant(new Diverged(), role)));
            Assert.Contains("not a number", fault.Message);
        }
    }

    private sealed class Diverged : Baseline
    {
        public override string Name => "diverged";

        public override int ItemCount => 5;

        protected internal override void Score(Sequences log, Query query, Span<float> scores) => scores.Fill(float.NaN);
    }

    [Fact]
    public void A_report_is_read_as_it_was_written()
    {
        var folder = Directory.CreateTempSubdirectory("report-").FullName;
        var report = Run();
        report.Write(folder);
        var read = EvaluationReport.Read(folder);
        Assert.Equal(report.Rows.Select(row => (row.Protocol, row.Repeats, row.Model, row.Role, row.Cases, row.Ndcg10)), read.Rows.Select(row => (row.Protocol, row.Repeats, row.Model, row.Role, row.Cases, row.Ndcg10)));
        Assert.Equal(report.Rows.Select(row => row.Metrics), read.Rows.Select(row => row.Metrics));
        Assert.Equal(report.Cases.SelectMany(c => c.Ndcg10), read.Cases.SelectMany(c => c.Ndcg10));
        Assert.Contains(float.NaN, read.Cases[1].Ndcg10[0]);
        File.WriteAllText(Path.Combine(folder, "cases.json"), "[{");
        Assert.Contains("cases.json", Assert.Throws<BatchRecException>(() => EvaluationReport.Read(folder)).Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void The_rows_of_the_evaluation_table_have_one_key_each()
    {
        var split = NightlySplit.Of(new TimeCutoff(Log, InlineLog.At(10)));
        var rows = Evaluation.Run(
            [split], [Popular(), new Contestant(Popularity.OfAllTime(split.Train), Role.Live)], new EvaluateOptions { Resamples = 100 }, new RecommendOptions(), default).MetricRows().ToArray();
        Assert.Equal(rows.Length, rows.DistinctBy(row => (row.Protocol, row.Repeats, row.Segment, row.Model, row.Metric)).Count());
        Assert.Contains(rows, row => row is { Model: "live popularity", Metric: "NDCG@10", Segment: "all", Low: not null, High: not null });
    }

    private static EvaluationReport Run(RecommendOptions? recommend = null, Contestant? contestant = null) => Evaluation.Run(
        [NightlySplit.Of(new TimeCutoff(Log, InlineLog.At(10)))], [contestant ?? Popular()],
        new EvaluateOptions { Resamples = 100 }, recommend ?? new RecommendOptions(), default);

    private static Contestant Popular() => new(Popularity.OfAllTime(Log.Until(Log.EndsBefore(InlineLog.At(10)))), Role.Baseline);
}
