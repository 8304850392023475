namespace BatchRec.Jobs;

/// <summary>What the program ends with.</summary>
public static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;

    /// <summary>The command line or the configuration can't be used.</summary>
    public const int Usage = 2;

    /// <summary>A verdict refused the night, or a hold kept it from being published; what was live stays live.</summary>
    public const int Refused = 3;
}
