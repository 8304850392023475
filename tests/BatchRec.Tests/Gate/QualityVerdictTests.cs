using BatchRec.Evaluate;
using BatchRec.Gate;
using Xunit;

namespace BatchRec.Tests.Gate;

public class QualityVerdictTests
{
    private const float Better = 0.30f;
    private const float Same = 0.20f;
    private const float Worse = 0.10f;

    [Fact]
    public void A_model_that_beats_every_baseline_is_accepted()
    {
        var verdict = Of(Report(model: Better));
        Assert.Equal((Outcome.Model, "sasrec", "markov"), (verdict.Outcome, verdict.Published, verdict.BestBaseline));
        Assert.Equal(0.5, verdict.Lift!.Value, 2);
        Assert.True(verdict.AgainstBaseline!.Lower > 0);
    }

    [Fact]
    public void A_model_that_is_not_shown_to_be_better_leaves_the_night_to_the_best_baseline()
    {
        var verdict = Of(Report(model: Same + 0.001f));
        Assert.Equal((Outcome.Baseline, "markov"), (verdict.Outcome, verdict.Published));
        Assert.Contains("not shown to be better", verdict.Reasons[0]);
        Assert.Contains("marked so", verdict.Reasons[^1]);
    }

    [Fact]
    public void A_shop_that_wants_no_baselines_lists_gets_a_refusal()
    {
        var verdict = Of(Report(model: Worse), options: new GateOptions { WhenBaselineWins = WhenBaselineWins.Refuse });
        Assert.Equal((Outcome.Refused, null), (verdict.Outcome, verdict.Published));
        Assert.Equal("markov", verdict.BestBaseline);
    }

    [Fact]
    public void A_model_worse_than_the_live_one_is_refused_even_if_it_beats_the_baselines()
    {
        var verdict = Of(Report(model: Better, live: Better + 0.1f));
        Assert.Equal(Outcome.Refused, verdict.Outcome);
        Assert.True(verdict.AgainstLive!.Upper < 0);
        Assert.Contains("live lists stay", verdict.Reasons[^1]);
    }

    [Fact]
    public void A_baseline_worse_than_the_live_model_is_not_published_either() =>
        Assert.Equal(Outcome.Refused, Of(Report(model: Worse, live: Better)).Outcome);

    [Fact]
    public void A_model_that_is_merely_not_better_than_the_live_one_replaces_it() =>
        Assert.Equal(Outcome.Model, Of(Report(model: Better, live: Better + 0.001f)).Outcome);

    [Fact]
    public void A_lift_that_slides_away_is_refused_once_there_is_a_usual_one()
    {
        // Tonight's lift is 0.5; 80 % of the median 1.0 is 0.8.
        var verdict = Of(Report(model: Better), lifts: [1.0, 0.9, 1.1, 1.0, 1.2]);
        Assert.Equal(Outcome.Refused, verdict.Outcome);
        Assert.Contains("sliding", verdict.Reasons[^1]);
        Assert.Equal(Outcome.Model, Of(Report(model: Better), lifts: [1.0, 0.9, 1.1, 1.0]).Outcome);
        Assert.Equal(Outcome.Model, Of(Report(model: Better), lifts: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]).Outcome);
        Assert.Equal(Outcome.Model, Of(Report(model: Better), [1.0, 0.9, 1.1, 1.0, 1.2], new GateOptions { MinShareOfMedianLift = 0 }).Outcome);
    }

    [Fact]
    public void Only_the_latest_lifts_make_the_median()
    {
        var options = new GateOptions { LiftHistoryRuns = 5 };
        Assert.Equal(Outcome.Model, Of(Report(model: Better), [0.5, 0.5, 0.5, 0.5, 0.5, 9, 9, 9, 9, 9, 9, 9], options).Outcome);
    }

    [Fact]
    public void Too_few_cases_serve_the_best_baseline_and_say_so()
    {
        var verdict = Of(Report(model: Better, cases: 49));
        Assert.Equal((Outcome.Baseline, "markov", 49), (verdict.Outcome, verdict.Published, verdict.Cases));
        Assert.Contains("Only 49 cases", verdict.Reasons[0]);
        Assert.Null(verdict.AgainstBaseline);
    }

    [Fact]
    public void No_case_at_all_serves_the_default_baseline()
    {
        var verdict = Of(Report(model: Better, cases: 0), options: new GateOptions { DefaultBaseline = "popularity" });
        Assert.Equal((Outcome.Baseline, "popularity", 0), (verdict.Outcome, verdict.Published, verdict.Cases));
        Assert.Null(verdict.Baseline);
    }

    [Fact]
    public void A_night_without_a_model_serves_the_best_baseline()
    {
        var verdict = Of(Report(model: null));
        Assert.Equal((Outcome.Baseline, "markov"), (verdict.Outcome, verdict.Published));
        Assert.Null(verdict.Model);
    }

    [Fact]
    public void The_blend_stands_for_the_model_where_there_is_one()
    {
        var verdict = Of(Report(model: Worse, blend: Better));
        Assert.Equal((Outcome.Model, "blend"), (verdict.Outcome, verdict.Published));
        Assert.Equal(Better, verdict.Model!.Value, 3);
        // What its parts do alone, validation has judged: a blend that fails leaves the night to a baseline.
        Assert.Equal((Outcome.Baseline, "markov"), (Of(Report(model: Better, blend: Same)).Outcome, Of(Report(model: Better, blend: Same)).Published));
        Assert.Equal((Outcome.Model, "blend"), (Of(Report(model: null, blend: Better)).Outcome, Of(Report(model: null, blend: Better)).Published));
    }

    [Fact]
    public void Re_ranked_lists_stand_for_what_was_re_ranked()
    {
        var verdict = Of(Report(model: Worse, blend: Same, reranked: Better));
        Assert.Equal((Outcome.Model, "reranked"), (verdict.Outcome, verdict.Published));
        Assert.Equal(Better, verdict.Model!.Value, 3);
        Assert.Equal((Outcome.Model, "reranked"), (Of(Report(model: Worse, reranked: Better)).Outcome, Of(Report(model: Worse, reranked: Better)).Published));
        Assert.Equal("markov", Of(Report(model: Better, blend: Better, reranked: Worse)).Published);
    }

    [Fact]
    public void Baselines_that_get_nothing_right_leave_no_lift()
    {
        var verdict = Of(Report(model: Better, baseline: 0));
        Assert.Equal(Outcome.Model, verdict.Outcome);
        Assert.Null(verdict.Lift);
    }

    [Fact]
    public void A_report_without_baselines_is_a_fault()
    {
        var report = Report(model: Better);
        var bare = report with { Rows = [.. report.Rows.Where(row => row.Role == Role.Model)] };
        Assert.Contains("no baseline", Assert.Throws<BatchRecException>(() => Of(bare)).Message);
    }

    [Fact]
    public void Options_out_of_range_are_all_reported()
    {
        var options = new GateOptions { Confidence = 95, MinCases = 0, DefaultBaseline = "bert", MinShareOfMedianLift = 2, LiftHistoryRuns = 0 };
        Assert.Equal(6, options.Faults().Count());
        Assert.Empty(new GateOptions().Faults());
    }

    private static Verdict Of(EvaluationReport report, double[]? lifts = null, GateOptions? options = null) =>
        QualityVerdict.Of(report, RepeatRule.Filtered, lifts ?? [], options ?? new GateOptions());

    /// <summary>Popularity at .1 below the markov baseline, the model and the live model at the given averages, all with the same noise a user.</summary>
    private static EvaluationReport Report(float? model, float? live = null, float baseline = Same, int cases = 200, float? blend = null, float? reranked = null)
    {
        List<(string Name, Role Role, float Mean)> contestants = [("popularity", Role.Baseline, Math.Max(baseline - 0.1f, 0)), ("markov", Role.Baseline, baseline)];
        if (model is { } m) contestants.Add(("sasrec", Role.Model, m));
        if (blend is { } b) contestants.Add(("blend", Role.Blend, b));
        if (reranked is { } r) contestants.Add(("reranked", Role.Reranked, r));
        if (live is { } l) contestants.Add(("sasrec", Role.Live, l));
        var columns = contestants.Select(c => Enumerable.Range(0, cases).Select(i => c.Mean * (1 + Noise(c.Name.Length + (int)c.Role, i))).ToArray()).ToArray();
        return new EvaluationReport(
            [.. contestants.Select((c, i) => Row(c.Name, c.Role, cases, columns[i]))],
            [new CaseScores("nightly", RepeatRule.Filtered, [.. Enumerable.Range(0, cases)], columns)]);
    }

    // ±10 % of the mean, of another pattern for each contestant; as many up as down.
    private static float Noise(int contestant, int user) => user / (contestant % 5 + 1) % 2 == 0 ? 0.1f : -0.1f;

    private static ReportRow Row(string name, Role role, int cases, float[] column) => new()
    {
        Protocol = "nightly", Repeats = RepeatRule.Filtered, Model = name, Role = role, Cases = cases, NewUsers = 0, Seconds = 0,
        Metrics = new Dictionary<string, MetricValue> { ["NDCG@10"] = new(cases == 0 ? double.NaN : column.Average(x => (double)x)) },
        Segments = new Dictionary<string, SegmentValue>(),
    };
}
