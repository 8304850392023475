using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;

namespace BatchRec.Gate;

/// <summary>
/// Verdict 1: is tonight's holdout model good enough that the night may go on? On the events after tonight's T, which neither the model,
/// nor the baselines, nor the live run's holdout model were fitted on; NDCG@10 under the <c>nightly</c> protocol, with repeats treated as
/// they are when served; every test a paired bootstrap over users, one-sided, at <see cref="GateOptions.Confidence"/>.
/// </summary>
/// <remarks>
/// The model stands for its blend with baselines where validation found one, and for either, re-ranked, where validation found that better: only that is tested then. In this order:
/// <list type="number">
/// <item>Fewer than <see cref="GateOptions.MinCases"/> cases test nothing. The baseline with the best average is the candidate, without any
/// case <see cref="GateOptions.DefaultBaseline"/>: a first night with little data still serves. Tests 3 to 5 are left out.</item>
/// <item>The best baseline is the one with the best average (ties: the one named first).</item>
/// <item>The model is the candidate if the lower bound of model − best baseline lies above 0: it costs more than a baseline, so it is for the
/// model to show that it is better. Otherwise the baseline is the candidate.</item>
/// <item>The night is refused if the upper bound of candidate − live lies below 0: what readers have now is better, although it is older.
/// A candidate that is merely not better replaces it, since it is fresher.</item>
/// <item>Slow slide: a model is refused if its lift over the best baseline lies, by its upper bound, below
/// <see cref="GateOptions.MinShareOfMedianLift"/> of the median over the last accepted runs. The bound, not the average: the lift of a
/// small shop's night is noisy, and a rule on averages would refuse every third of its nights.</item>
/// <item>A baseline that is the candidate is published or refused, as <see cref="GateOptions.WhenBaselineWins"/> says.</item>
/// </list>
/// </remarks>
public static class QualityVerdict
{
    /// <param name="report">With all baselines under <c>nightly</c>; with the live run's holdout model if there is one.</param>
    /// <param name="repeats">The <see cref="RepeatRule"/> by which lists are served.</param>
    /// <param name="lifts">Lifts of accepted runs, the latest first.</param>
    /// <param name="resamples">Of each bootstrap.</param>
    public static Verdict Of(
        EvaluationReport report, string repeats, IReadOnlyList<double> lifts, GateOptions options, int resamples = 2_000, ulong seed = 1)
    {
        var rows = report.RowsOf(NightlySplit.Protocol, repeats);
        if (rows.All(row => row.Role != Role.Baseline))
            throw new BatchRecException($"The evaluation has no baseline under nightly/{repeats}. Evaluate the run again, from step evaluate on.");
        var cases = rows.Max(row => row.Cases);
        return cases < options.MinCases ? TooFew(rows, cases, options) : Tested(report, rows, repeats, cases, lifts, options, resamples, seed);
    }

    private static Verdict TooFew(IReadOnlyList<ReportRow> rows, int cases, GateOptions options)
    {
        var best = rows[Best(rows)];
        var candidate = cases == 0 ? options.DefaultBaseline : best.Model;
        var reason = cases == 0
            ? $"Nobody with a history did anything after the cutoff, so nothing can be measured: {candidate}, which Gate:DefaultBaseline names, is the choice. A night can be measured once users come back on later days; a log that is to be tried out should span some weeks."
            : $"Only {cases} cases lie after the cutoff, fewer than Gate:MinCases = {options.MinCases}: too few to tell recommenders apart. {candidate} has the best average of the baselines, NDCG@10 {best.Ndcg10:F4}.";
        return BaselineWins(candidate, [reason], options) with
        {
            Cases = cases,
            Model = cases == 0 ? null : (Challenger(rows) is >= 0 and var model ? rows[model].Ndcg10 : null),
            BestBaseline = cases == 0 ? null : best.Model,
            Baseline = cases == 0 ? null : best.Ndcg10,
        };
    }

    private static Verdict Tested(
        EvaluationReport report, IReadOnlyList<ReportRow> rows, string repeats, int cases,
        IReadOnlyList<double> lifts, GateOptions options, int resamples, ulong seed)
    {
        var scores = report.Cases.Single(c => c.Protocol == NightlySplit.Protocol && c.Repeats == repeats);
        var bootstrap = PairedBootstrap.Of(scores.Users, scores.Ndcg10, resamples, seed);
        var (model, baseline, live) = (Challenger(rows), Best(rows), IndexOf(rows, Role.Live));
        var reasons = new List<string>();
        var measured = new Verdict
        {
            Outcome = Outcome.Refused, Published = null, Reasons = reasons, Cases = cases,
            BestBaseline = rows[baseline].Model, Baseline = rows[baseline].Ndcg10,
        };

        var candidate = baseline;
        if (model < 0) reasons.Add($"There is no model tonight; {rows[baseline].Model} is the best baseline, NDCG@10 {rows[baseline].Ndcg10:F4}.");
        else
        {
            var difference = bootstrap.Difference(model, baseline, options.Confidence);
            measured = measured with
            {
                Model = rows[model].Ndcg10,
                AgainstBaseline = difference,
                Lift = rows[baseline].Ndcg10 > 0 ? rows[model].Ndcg10 / rows[baseline].Ndcg10 - 1 : null,
            };
            if (difference.IsAboveZero) candidate = model;
            reasons.Add(Sentence(rows[model], rows[baseline], difference, cases, options));
        }

        if (live >= 0)
        {
            var difference = bootstrap.Difference(candidate, live, options.Confidence);
            measured = measured with { AgainstLive = difference };
            if (difference.IsBelowZero)
            {
                reasons.Add($"The live run's holdout model has NDCG@10 {rows[live].Ndcg10:F4} on the same cases and is better than {rows[candidate].Model} ({difference.Value:+0.0000;-0.0000}, upper bound {difference.Upper:+0.0000;-0.0000}): the live lists stay.");
                return measured;
            }
            reasons.Add($"{rows[candidate].Model} is not worse than the live run's holdout model, NDCG@10 {rows[live].Ndcg10:F4} on the same cases ({difference.Value:+0.0000;-0.0000}, upper bound {difference.Upper:+0.0000;-0.0000}).");
        }

        if (candidate != model)
        {
            var verdict = BaselineWins(rows[baseline].Model, reasons, options);
            return measured with { Outcome = verdict.Outcome, Published = verdict.Published, Reasons = verdict.Reasons };
        }
        if (Slid(bootstrap.Lift(model, baseline, options.Confidence), lifts, options) is { } slide)
        {
            reasons.Add(slide);
            return measured;
        }
        return measured with { Outcome = Outcome.Model, Published = rows[model].Model };
    }

    private static Verdict BaselineWins(string name, IReadOnlyList<string> reasons, GateOptions options) =>
        options.WhenBaselineWins == WhenBaselineWins.Publish
            ? new Verdict { Outcome = Outcome.Baseline, Published = name, Cases = 0, Reasons = [.. reasons, $"The lists of {name} are published, marked so (Gate:WhenBaselineWins = publish)."] }
            : new Verdict { Outcome = Outcome.Refused, Published = null, Cases = 0, Reasons = [.. reasons, $"Nothing is published (Gate:WhenBaselineWins = refuse); set it to publish to serve the lists of {name}."] };

    /// <summary>A sentence if tonight's lift has slid away from what is usual, else null.</summary>
    private static string? Slid(Comparison lift, IReadOnlyList<double> lifts, GateOptions options)
    {
        double[] recent = [.. lifts.Take(options.LiftHistoryRuns).Order()];
        if (options.MinShareOfMedianLift == 0 || recent.Length < options.MinLiftHistoryRuns || !double.IsFinite(lift.Value)) return null;
        var median = (recent[(recent.Length - 1) / 2] + recent[recent.Length / 2]) / 2;
        var least = options.MinShareOfMedianLift * median;
        return lift.Upper >= least ? null
            : $"The lift over the best baseline is {lift.Value:P1} (upper bound {lift.Upper:P1}), below {least:P1}, which is {options.MinShareOfMedianLift:P0} of its median over the last {recent.Length} accepted runs: the model is sliding. Find out why; to accept the new level, lower Gate:MinShareOfMedianLift for a night.";
    }

    private static string Sentence(ReportRow model, ReportRow baseline, Comparison difference, int cases, GateOptions options)
    {
        var better = difference.IsAboveZero ? "is better than" : "is not shown to be better than";
        return $"{model.Model}, NDCG@10 {model.Ndcg10:F4}, {better} the best baseline, {baseline.Model}, {baseline.Ndcg10:F4}, on {cases} cases ({difference.Value:+0.0000;-0.0000}, lower {options.Confidence:P0} bound {difference.Lower:+0.0000;-0.0000}).";
    }

    private static int Best(IReadOnlyList<ReportRow> rows) =>
        Enumerable.Range(0, rows.Count).Where(i => rows[i].Role == Role.Baseline).MaxBy(i => rows[i].Ndcg10);

    /// <summary>What validation found best: the lists re-ranked, else the blend, else the model; -1 without any.</summary>
    private static int Challenger(IReadOnlyList<ReportRow> rows) => new[] { Role.Reranked, Role.Blend, Role.Model }.Select(role => IndexOf(rows, role)).FirstOrDefault(row => row >= 0, -1);

    private static int IndexOf(IReadOnlyList<ReportRow> rows, Role role)
    {
        for (var i = 0; i < rows.Count; i++)
            if (rows[i].Role == role) return i;
        return -1;
    }
}
