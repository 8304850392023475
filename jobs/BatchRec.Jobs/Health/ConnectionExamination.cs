using BatchRec.Jobs.Configuration;

namespace BatchRec.Jobs.Health;

/// <summary>Whether the three databases answer: addresses, passwords, names.</summary>
public sealed class ConnectionExamination(Setup setup) : IExamination
{
    public string Name => "connections";

    public async Task<IReadOnlyList<Finding>> FindAsync(CancellationToken cancellation)
    {
        try
        {
            await Databases.CheckAsync(setup.ConnectionStrings, cancellation);
            return [];
        }
        catch (ConfigurationException fault)
        {
            // "ConnectionStrings:Source: host:port, …": the name is the key.
            return [.. fault.Faults.Select(line => new Finding(
                string.Join(':', line.Split(':')[..2]), Severity.Fault, line, "Connection strings come from the environment: ConnectionStrings__Source, __Results and __Hangfire."))];
        }
    }
}
