using System.Text.Json;

namespace BatchRec.Publish;

/// <summary>Verdict 2: are these rows fit to be read? Judged when they are loaded, before the pointer flips.</summary>
public sealed record RowsVerdict
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public required bool Accepted { get; init; }

    /// <summary>Why not: a sentence each.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Users with a list.</summary>
    public required long Users { get; init; }

    /// <summary>Items over all lists.</summary>
    public required long Rows { get; init; }

    /// <summary>Distinct items in any list.</summary>
    public required long Items { get; init; }

    /// <summary>Of the catalogue's items, those in any list: 0 to 1.</summary>
    public required double Coverage { get; init; }

    /// <summary>Users of the live lists; null: nothing is live yet.</summary>
    public long? LiveUsers { get; init; }

    /// <summary>The part of a user's first ten items that is not in the live ones, averaged over a sample; null: no user has both.</summary>
    public double? Churn { get; init; }

    /// <summary>Scores that are NaN or infinite.</summary>
    public required long NotFinite { get; init; }

    /// <summary>Of the lists with two items or more, those with the same score on all.</summary>
    public required double ConstantShare { get; init; }

    internal static RowsVerdict Of(LoadedRows rows, long catalogueItems, LiveComparison? live, PublishOptions options)
    {
        var coverage = catalogueItems > 0 ? (double)rows.Items.Count / catalogueItems : 0;
        var constant = rows.Comparable > 0 ? (double)rows.Constant / rows.Comparable : 0;
        var churn = 1 - live?.Overlap;

        var reasons = new List<string>();
        if (rows.Users == 0) reasons.Add("There is no list at all.");
        else if (rows.Rows == 0) reasons.Add("Every list is empty.");
        if (rows.NotFinite > 0) reasons.Add($"{rows.NotFinite:N0} of {rows.Rows:N0} scores are not finite numbers: the training diverged; lower Train:LearningRate.");
        if (constant > options.MaxConstantShare)
            reasons.Add($"{constant:P1} of the lists have the same score on every item (Publish:MaxConstantShare is {options.MaxConstantShare:P1}): the model tells items apart for too few users.");
        if (live is not null && rows.Users < options.MinUsersShare * live.LiveUsers)
            reasons.Add($"{rows.Users:N0} users have a list where {live.LiveUsers:N0} have one now (Publish:MinUsersShare is {options.MinUsersShare:P1}): was the log read whole?");
        if (coverage < options.MinCoverage)
            reasons.Add($"{rows.Items.Count:N0} of {catalogueItems:N0} items are in any list, {coverage:P2} (Publish:MinCoverage is {options.MinCoverage:P2}).");
        if (churn > options.MaxChurn)
            reasons.Add($"{churn:P1} of users' first ten items would change (Publish:MaxChurn is {options.MaxChurn:P1}).");
        return new RowsVerdict
        {
            Accepted = reasons.Count == 0, Reasons = reasons, Users = rows.Users, Rows = rows.Rows, Items = rows.Items.Count, Coverage = coverage,
            LiveUsers = live?.LiveUsers, Churn = churn, NotFinite = rows.NotFinite, ConstantShare = constant,
        };
    }

    /// <summary>For a person, in a line.</summary>
    public string Summary() => Accepted
        ? $"{Users:N0} users, {Rows:N0} rows, {Items:N0} items ({Coverage:P1} of the catalogue)" + (Churn is { } churn ? $", churn {churn:P1}" : "")
        : string.Join(" ", Reasons);

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>The one among a run's verdicts; null: it did not come so far.</summary>
    public static RowsVerdict? FromRun(string verdict)
    {
        using var both = JsonDocument.Parse(verdict);
        return both.RootElement.TryGetProperty("rows", out var rows) ? rows.Deserialize<RowsVerdict>(Json) : null;
    }
}

/// <param name="LiveUsers">Users of the live lists.</param>
/// <param name="Overlap">The part of the first ten items that both lists of a user have, averaged over a sample; null: no user has both.</param>
internal sealed record LiveComparison(long LiveUsers, double? Overlap);
