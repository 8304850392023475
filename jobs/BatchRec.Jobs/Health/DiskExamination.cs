using BatchRec.Jobs.Configuration;

namespace BatchRec.Jobs.Health;

/// <summary>Whether the artefact folders can be written, with room for another night.</summary>
public sealed class DiskExamination(Setup setup) : IExamination
{
    private const double GiB = 1L << 30;

    public string Name => "disk";

    public Task<IReadOnlyList<Finding>> FindAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Finding>>([.. setup.Pipelines.Values.Select(options => Path.GetFullPath(options.Artefacts.Folder)).Distinct().SelectMany(Look)]);

    private IEnumerable<Finding> Look(string folder)
    {
        string? fault = null;
        var free = double.NaN;
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".writable-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, new byte[4096]);
            File.Delete(probe);
            free = new DriveInfo(folder).AvailableFreeSpace / GiB;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fault = exception.Message;
        }
        if (fault is not null)
            yield return new Finding($"disk:{folder}", Severity.Fault, $"The artefact folder {folder} can't be written: {fault}", "Free space there, give this user the right to write, or set Artefacts:Folder.");
        else if (free < setup.Alarms.FreeDiskGiB)
            yield return new Finding($"disk:{folder}", Severity.Fault, $"{free:0.0} GiB are free at {folder}; Alarms:FreeDiskGiB is {setup.Alarms.FreeDiskGiB}.", "Free space there, keep fewer runs (Publish:KeepRuns), or set Artefacts:Folder.");
    }
}
