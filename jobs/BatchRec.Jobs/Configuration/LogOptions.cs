using BatchRec.Configuration;

namespace BatchRec.Jobs.Configuration;

/// <summary>The log of the servers, which goes to standard error.</summary>
public sealed record LogOptions : IStageOptions
{
    /// <summary><c>text</c> for people and the journal, <c>json</c> for collectors: an object a line. Either names the run and the step that a line is about.</summary>
    public string Format { get; init; } = "text";

    public IEnumerable<string> Faults()
    {
        if (Format is not ("text" or "json")) yield return $"Log:Format is '{Format}'; use text or json.";
    }
}
