namespace BatchRec.Jobs.Health;

public enum Severity
{
    /// <summary>Worth knowing; nothing has to be done.</summary>
    Note,

    /// <summary>Will become a fault, or makes the results worse.</summary>
    Warning,

    /// <summary>No night can run, or readers read what is too old.</summary>
    Fault,
}

/// <summary>What is wrong, and what to do about it.</summary>
/// <param name="Key">The same trouble has the same key at every look, so that it is told once.</param>
/// <param name="What">What is wrong, and where.</param>
/// <param name="Remedy">What to do.</param>
public sealed record Finding(string Key, Severity Severity, string What, string Remedy);
