namespace BatchRec.Jobs.Steps;

/// <summary>The most memory that a process has held since we began to look: VmHWM of its /proc/PID/status.</summary>
public sealed class PeakMemory
{
    private readonly string _status;
    private long _bytes;

    private PeakMemory(string process) => _status = $"/proc/{process}/status";

    /// <summary>Of a process that has just been started.</summary>
    public static PeakMemory Of(int process) => new($"{process}");

    /// <summary>Of this process, from now on: 5 in clear_refs sets the mark back. Steps that run beside each other count as one.</summary>
    public static PeakMemory OfThisProcess()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Not permitted here, or not Linux: the mark is that of the whole process.
        }
        return new PeakMemory("self");
    }

    /// <summary>Null where the system doesn't tell. The last value stands when the process is gone.</summary>
    public long? Bytes
    {
        get
        {
            try
            {
                var line = File.ReadLines(_status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
                // VmHWM:     12345 kB
                if (line is not null) _bytes = Math.Max(_bytes, 1024 * long.Parse(line.Split(':')[1].Replace("kB", "").Trim()));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // Gone.
            }
            return _bytes > 0 ? _bytes : null;
        }
    }
}
