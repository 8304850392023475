using BatchRec.Configuration;

namespace BatchRec.Recommend;

/// <summary>Section <c>Recommend</c>: what is in the lists and how they are made.</summary>
public sealed record RecommendOptions : IStageOptions
{
    /// <summary>Items in each user's list.</summary>
    public int TopN { get; init; } = 100;

    /// <summary>
    /// Event types after which an item isn't recommended to that user any more, by name as the source yields them; null (left out) for
    /// all types. To recommend whatever the user has seen, set <see cref="ExcludeSeenDays"/> to 0.
    /// </summary>
    public IReadOnlyList<string>? ExcludeSeen { get; init; }

    /// <summary>How many days such an event excludes its item; null (left out) for ever, 0 for not at all.</summary>
    public int? ExcludeSeenDays { get; init; }

    /// <summary>
    /// Items of the catalogue that the model wasn't trained on may be recommended by their attributes alone. Needs <c>Train:ItemFeatures</c>; without them, and by
    /// baselines, nothing can be said of such an item.
    /// </summary>
    public bool UntouchedItems { get; init; }

    /// <summary>Users with fewer events get the default list: what a model says about them is mostly noise.</summary>
    public int MinHistory { get; init; } = 1;

    /// <summary>The default list counts the events of so many days.</summary>
    public int FallbackDays { get; init; } = 7;

    /// <summary>With each item come so many items of the user's history, at most, that speak most for it, in the column <c>because</c>; 0: none.</summary>
    public int Because { get; init; } = 2;

    /// <summary>The first so many items of a list are explained so: each costs room in the tables and a little time.</summary>
    public int BecausePlaces { get; init; } = 20;

    /// <summary>
    /// Parts that the users are recommended to in: each is one Parquet file, and a unit of work that can be retried. All servers that listen to the step's queue make them side
    /// by side: have a few for each.
    /// </summary>
    public int Shards { get; init; } = 4;

    /// <summary>Memory for one block of scores (users × items × 4 bytes), in MiB. A model of vectors needs none: its best items are searched.</summary>
    public int ScoreBlockMiB { get; init; } = 64;

    /// <summary>
    /// A night that keeps its model (<c>Train:EveryDays</c>) keeps the lists of users without new events too. Where lists depend on when they are asked for
    /// (<see cref="ExcludeSeenDays"/>, <c>Train:QueryGap</c>), those older than so many days are made anew.
    /// </summary>
    public int MaxListAgeDays { get; init; } = 7;

    public IEnumerable<string> Faults()
    {
        if (TopN is < 1 or > 10_000) yield return $"Recommend:TopN is {TopN}; use 1 to 10000 items.";
        if (ExcludeSeen is not null && ExcludeSeen.Any(string.IsNullOrWhiteSpace))
            yield return "Recommend:ExcludeSeen has a blank name; use the event types that the source yields, such as \"purchase\", or leave it out for all.";
        if (ExcludeSeenDays < 0) yield return $"Recommend:ExcludeSeenDays is {ExcludeSeenDays}; use 0 for never, a number of days, or leave it out for ever.";
        if (MinHistory < 1) yield return $"Recommend:MinHistory is {MinHistory}; use 1 or more events.";
        if (FallbackDays < 1) yield return $"Recommend:FallbackDays is {FallbackDays}; use 1 or more days.";
        if (Because is < 0 or > 5) yield return $"Recommend:Because is {Because}; use 0 for none, to 5 items.";
        if (BecausePlaces is < 1 or > 10_000) yield return $"Recommend:BecausePlaces is {BecausePlaces}; use 1 to 10000 items of a list, or Recommend:Because=0 for none.";
        if (Shards is < 1 or > 10_000) yield return $"Recommend:Shards is {Shards}; use 1 to 10000.";
        if (MaxListAgeDays < 1) yield return $"Recommend:MaxListAgeDays is {MaxListAgeDays}; use 1 or more days.";
        if (ScoreBlockMiB is < 1 or > 16_384) yield return $"Recommend:ScoreBlockMiB is {ScoreBlockMiB}; use 1 to 16384 MiB.";
    }
}
