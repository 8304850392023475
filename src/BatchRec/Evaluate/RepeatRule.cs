using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Evaluate;

/// <summary>A way to treat what the user has seen: such items are neither recommended nor counted as targets.</summary>
public sealed record RepeatRule(string Name, SeenItems Seen)
{
    public const string Kept = "kept";
    public const string Filtered = "filtered";

    /// <summary>By the pipeline's own options, where they are neither "all" nor "nothing".</summary>
    public const string Served = "served";

    /// <summary>With and without repeats, and as served.</summary>
    public static IReadOnlyList<RepeatRule> Of(Sequences log, RecommendOptions options)
    {
        List<RepeatRule> rules = [new(Kept, SeenItems.Kept(log)), new(Filtered, SeenItems.Filtered(log))];
        if (OfServed(options) == Served) rules.Add(new(Served, SeenItems.Served(log, options)));
        return rules;
    }

    /// <summary>The one rule by which lists are served.</summary>
    public static RepeatRule Serving(Sequences log, RecommendOptions options) => new(OfServed(options), SeenItems.Served(log, options));

    /// <summary>The name of the rule by which the lists are made that are published; the gate judges by it.</summary>
    public static string OfServed(RecommendOptions options) =>
        options.ExcludeSeenDays == 0 || options.ExcludeSeen is { Count: 0 } ? Kept
        : options is { ExcludeSeen: null, ExcludeSeenDays: null } ? Filtered
        : Served;
}
