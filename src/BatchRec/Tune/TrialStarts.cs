using System.Globalization;
using BatchRec.Runs;

namespace BatchRec.Tune;

/// <summary>How often a trial was begun without an epoch coming of it: a trial that kills its process, for want of memory, must not be begun for ever.</summary>
/// <param name="folder">the trial's own</param>
internal sealed class TrialStarts(string folder)
{
    private readonly string _path = Path.Combine(folder, "starts");

    public int Died => File.Exists(_path) ? int.Parse(File.ReadAllText(_path), CultureInfo.InvariantCulture) : 0;

    public void Begin() => Write(Died + 1);

    /// <summary>An epoch was done; the start under way is the first of what follows.</summary>
    public void GotOn() => Write(1);

    /// <summary>It ended, or was stopped, as it should be.</summary>
    public void End() => File.Delete(_path);

    private void Write(int starts) => Durable.Write(_path, starts.ToString(CultureInfo.InvariantCulture));
}
