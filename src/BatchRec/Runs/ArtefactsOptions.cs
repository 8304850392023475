using BatchRec.Configuration;

namespace BatchRec.Runs;

/// <summary>Section <c>Artefacts</c>: where runs keep their files.</summary>
public sealed record ArtefactsOptions : IStageOptions
{
    /// <summary>The folder that all workers mount, absolute or relative to the working directory.</summary>
    public string Folder { get; init; } = ".local/artefacts";

    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Folder)) yield return "Artefacts:Folder is empty; name a folder that all workers mount.";
    }
}
