using BatchRec.Configuration;

namespace BatchRec.Prepare;

/// <summary>Section <c>Prepare</c>.</summary>
public sealed record PrepareOptions : IStageOptions
{
    /// <summary>Users whose events share a file: the unit that is rebuilt when one of them has been active. Another number rebuilds all.</summary>
    public int UsersPerBucket { get; init; } = 16_384;

    public IEnumerable<string> Faults()
    {
        if (UsersPerBucket is < 1 or > 1_000_000) yield return $"Prepare:UsersPerBucket is {UsersPerBucket}; use 1 to 1000000 users, 16384 where in doubt.";
    }
}
