using BatchRec.Configuration;

namespace BatchRec.Extract;

/// <summary>Section <c>Source</c>: where the interaction log is read from. The connection string is <c>ConnectionStrings:Source</c>.</summary>
public sealed record SourceOptions : IStageOptions
{
    /// <summary>Holds one folder a pipeline with <c>interactions.sql</c>, and optionally <c>items.sql</c> and <c>users.sql</c>.</summary>
    public string SqlFolder { get; init; } = "sql/source";

    /// <summary>IANA zone in which the source's <c>timestamp</c> columns (without zone) are meant. Days are UTC all the same.</summary>
    public string TimeZone { get; init; } = "UTC";

    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(SqlFolder))
            yield return "Source:SqlFolder is empty; name the folder that holds <pipeline>/interactions.sql, such as sql/source.";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
            yield return $"Source:TimeZone is '{TimeZone}'; use an IANA name such as UTC or Europe/Berlin.";
    }
}
