namespace BatchRec.Jobs.Configuration;

/// <summary>The configuration can't be used: all its faults, a line each. The program ends with exit code 2.</summary>
public sealed class ConfigurationException : BatchRecException
{
    public ConfigurationException(IEnumerable<string> faults) : this([.. faults.Distinct()]) { }

    private ConfigurationException(string[] faults) : base(string.Join(Environment.NewLine, faults)) => Faults = faults;

    public IReadOnlyList<string> Faults { get; }
}
