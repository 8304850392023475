using BatchRec.Configuration;

namespace BatchRec.Publish;

/// <summary>Section <c>Publish</c>: where the lists go, when they are refused, how many runs are kept.</summary>
public sealed record PublishOptions : IStageOptions
{
    /// <summary>
    /// The schema of the pipeline's result tables, fixed with its first publication; left out: <c>batchrec</c> for the pipeline <c>default</c>,
    /// <c>batchrec_NAME</c> for any other.
    /// </summary>
    public string? Schema { get; init; }

    /// <summary>The role that may read the views and nothing else, made where it is missing; empty for none.</summary>
    public string ReaderRole { get; init; } = "batchrec_reader";

    /// <summary>Runs whose tables are kept, for rollback; the live one counts.</summary>
    public int KeepRuns { get; init; } = 3;

    /// <summary>Connections that load rows at the same time.</summary>
    public int Connections { get; init; } = 2;

    /// <summary>Refuse when there are fewer users than this share of the live lists' users.</summary>
    public double MinUsersShare { get; init; } = .8;

    /// <summary>Refuse when fewer of the catalogue's items than this share are in any list; 0 for never.</summary>
    public double MinCoverage { get; init; }

    /// <summary>Refuse when more than this share of users' first ten items changes against the live lists; 1 for never.</summary>
    public double MaxChurn { get; init; } = 1;

    /// <summary>Users whose lists are compared for churn, about.</summary>
    public int ChurnUsers { get; init; } = 5_000;

    /// <summary>Refuse when more than this share of the lists, fallback lists aside, have the same score on every item: a model that has learnt nothing.</summary>
    public double MaxConstantShare { get; init; } = .5;

    /// <summary>A publication that is older is reported as not healthy.</summary>
    public int MaxAgeHours { get; init; } = 36;

    /// <summary>For one statement over all rows: an index, a verification.</summary>
    public int StatementTimeoutMinutes { get; init; } = 60;

    /// <summary>How long to wait for a lock before giving way and asking again.</summary>
    public int LockTimeoutSeconds { get; init; } = 5;

    public IEnumerable<string> Faults()
    {
        if (Schema is not null && !IsName(Schema)) yield return $"Publish:Schema is '{Schema}'; use a lower-case name of up to 40 letters, digits and underscores, such as shop_recommendations.";
        if (Schema is "public" or "pg_catalog" or "information_schema") yield return $"Publish:Schema is '{Schema}'; use a schema of the recommender's own.";
        if (ReaderRole.Length > 0 && !IsName(ReaderRole)) yield return $"Publish:ReaderRole is '{ReaderRole}'; use a lower-case name of up to 40 letters, digits and underscores, or nothing for no role.";
        if (KeepRuns is < 2 or > 10) yield return $"Publish:KeepRuns is {KeepRuns}; use 2, so that a rollback has somewhere to go, to 10, since every query plans over all of them.";
        if (Connections is < 1 or > 32) yield return $"Publish:Connections is {Connections}; use 1 to 32.";
        if (MinUsersShare is not (>= 0 and <= 1)) yield return $"Publish:MinUsersShare is {MinUsersShare}; use 0 (never refuse) to 1 (no user may vanish).";
        if (MinCoverage is not (>= 0 and <= 1)) yield return $"Publish:MinCoverage is {MinCoverage}; use 0 (never refuse) to 1 (every item in some list).";
        if (MaxChurn is not (> 0 and <= 1)) yield return $"Publish:MaxChurn is {MaxChurn}; use more than 0 to 1 (never refuse).";
        if (ChurnUsers is < 100 or > 1_000_000) yield return $"Publish:ChurnUsers is {ChurnUsers}; use 100 to 1000000 users.";
        if (MaxConstantShare is not (>= 0 and <= 1)) yield return $"Publish:MaxConstantShare is {MaxConstantShare}; use 0 (no such list) to 1 (never refuse).";
        if (MaxAgeHours is < 1 or > 24 * 366) yield return $"Publish:MaxAgeHours is {MaxAgeHours}; use 1 to 8784 hours, such as 36 for a nightly run.";
        if (StatementTimeoutMinutes is < 1 or > 24 * 60) yield return $"Publish:StatementTimeoutMinutes is {StatementTimeoutMinutes}; use 1 to 1440 minutes.";
        if (LockTimeoutSeconds is < 1 or > 300) yield return $"Publish:LockTimeoutSeconds is {LockTimeoutSeconds}; use 1 to 300 seconds.";
    }

    internal string SchemaOf(string pipeline) => Schema ?? (pipeline == "default" ? "batchrec" : "batchrec_" + pipeline.Replace('-', '_'));

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 40 && char.IsAsciiLetterLower(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
        && !name.StartsWith("pg_", StringComparison.Ordinal);
}
