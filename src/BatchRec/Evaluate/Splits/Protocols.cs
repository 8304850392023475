using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Evaluate.Splits;

/// <summary>The protocols over one cutoff, by the names that options use.</summary>
public static class Protocols
{
    public static IReadOnlyList<string> Names { get; } = [NightlySplit.Protocol, "horizon", LastSplit.Protocol, SuccessiveSplit.Protocol];

    /// <summary>The splits of a night that trains up to <paramref name="cutoff"/> (microseconds since 1970, UTC), sharing one training part.</summary>
    /// <exception cref="BatchRecException">No event of the log is of a type that counts as a target.</exception>
    public static IReadOnlyList<Split> Of(Sequences log, long cutoff, EvaluateOptions options)
    {
        var at = new TimeCutoff(log, cutoff, Targets(log, options)) { Baskets = options.Baskets };
        return [.. options.Protocols.Select(name => Of(name, at, options.HorizonDays))];
    }

    /// <summary>Which event types count as targets.</summary>
    /// <exception cref="BatchRecException">None of those in the log does.</exception>
    public static EventTypeSet Targets(Sequences log, EvaluateOptions options)
    {
        var targets = new EventTypeSet(log, options.TargetEvents);
        return !targets.IsEmpty ? targets : throw new BatchRecException(
            $"Evaluate:TargetEvents names {string.Join(", ", targets.Unknown)}, but the log has {string.Join(", ", log.EventTypes)} only; name one of these, or leave it out for all.");
    }

    /// <summary>One protocol over a cutoff.</summary>
    public static Split Of(string name, TimeCutoff at, int horizonDays) => name switch
    {
        NightlySplit.Protocol => NightlySplit.Of(at),
        "horizon" => HorizonSplit.Of(at, horizonDays),
        LastSplit.Protocol => LastSplit.Of(at),
        SuccessiveSplit.Protocol => SuccessiveSplit.Of(at),
        _ => throw new BatchRecException($"Evaluate:Protocols has '{name}'; use {string.Join(", ", Names)}."),
    };
}
