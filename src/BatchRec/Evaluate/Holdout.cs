using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Train;

namespace BatchRec.Evaluate;

/// <summary>
/// How a night cuts its log: the holdout model learns from what lies before T and is judged on what comes after. A function of its
/// arguments alone, so that train and evaluate, in processes of their own, cut alike.
/// </summary>
/// <param name="Cutoff">T, microseconds since 1970, UTC.</param>
/// <param name="Validation">Out of what lies before T: for early stopping.</param>
/// <param name="Splits">One a protocol, after T.</param>
public sealed record Holdout(long Cutoff, Split Validation, IReadOnlyList<Split> Splits)
{
    /// <param name="asOf">microseconds since 1970, UTC</param>
    public static Holdout Of(Sequences log, EvaluateOptions options, long asOf)
    {
        var cutoff = HoldoutCutoff.Of(log, asOf, options.HoldoutDays);
        var splits = Protocols.Of(log, cutoff, options);
        var before = splits[0].Train;
        var validationCutoff = before.EventCount == 0 ? cutoff : HoldoutCutoff.Of(before, cutoff, options.ValidationDays);
        return new Holdout(cutoff, ValidationSplit.Of(
            new TimeCutoff(before, validationCutoff, Protocols.Targets(log, options)) { Baskets = options.Baskets }, NightlySplit.Of, options.ValidationUsers, options.Seed), splits);
    }

    /// <summary>The validation cases, a question for every target of a basket.</summary>
    /// <param name="options">As the lists will be made: what they leave out is neither ranked nor a target.</param>
    public ValidationSet ValidationSet(RecommendOptions options) => Questions(Validation, options);

    /// <summary>The cases of a split as training asks them.</summary>
    /// <inheritdoc cref="ValidationSet(RecommendOptions)"/>
    public static ValidationSet Questions(Split validation, RecommendOptions options)
    {
        var (cases, room) = (validation.Cases, Array.Empty<int>());
        var seen = SeenItems.Served(validation.Log, options);
        var pairs = Enumerable.Range(0, cases.Count)
            .SelectMany(i => cases.TargetsOf(i).ToArray().Select(target => (Query: cases.Queries[i], Target: target)))
            .Where(pair => seen.Of(validation.Log, pair.Query, ref room).BinarySearch(pair.Target) < 0).ToArray();
        return new ValidationSet(validation.Log, Array.ConvertAll(pairs, pair => pair.Query), Array.ConvertAll(pairs, pair => pair.Target), seen);
    }
}
