using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Jobs.Health;

/// <summary>All that is looked at: by <c>batchrec doctor</c>, by the watch every minute, by <c>/health/ready</c>.</summary>
public sealed class Examinations(Setup setup, Databases databases, StepWork work, TimeProvider clock)
{
    private readonly ConnectionExamination _connections = new(setup);

    private readonly IReadOnlyList<IExamination> _others =
    [
        new SchemaExamination(setup, databases), new SourceExamination(setup, databases), new DiskExamination(setup), new ClockExamination(databases, clock),
        new QueueExamination(setup, work, clock), new NightExamination(setup, databases, new RunTable(databases.Results, clock), clock),
    ];

    /// <summary>One after the other, each with what it found. Without the databases the others have nothing to look at but the disk.</summary>
    public async IAsyncEnumerable<(IExamination Examination, IReadOnlyList<Finding> Findings)> RunAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var unreachable = await _connections.FindAsync(cancellation);
        yield return (_connections, unreachable);
        foreach (var examination in _others)
            if (unreachable.Count == 0 || examination is DiskExamination) yield return (examination, await SafelyAsync(examination, cancellation));
    }

    /// <summary>Whether a night could run: the databases answer, and their tables are this program's.</summary>
    public async Task<IReadOnlyList<Finding>> ReadinessAsync(CancellationToken cancellation)
    {
        var unreachable = await _connections.FindAsync(cancellation);
        return unreachable.Count > 0 ? unreachable : await SafelyAsync(_others.OfType<SchemaExamination>().Single(), cancellation);
    }

    /// <summary>An examination that fails has found something too.</summary>
    private static async Task<IReadOnlyList<Finding>> SafelyAsync(IExamination examination, CancellationToken cancellation)
    {
        try
        {
            return await examination.FindAsync(cancellation);
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn)
        {
            return [new Finding($"schema:{examination.Name}", Severity.Fault, $"Tables are missing: {fault.MessageText}.", "Run: batchrec migrate")];
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return [new Finding($"privilege:{examination.Name}", Severity.Fault, $"A privilege is missing: {fault.MessageText}.", "Let the owner GRANT it to the role of the connection string.")];
        }
        catch (Exception fault) when (fault is NpgsqlException or BatchRecException or TimeoutException)
        {
            return [new Finding($"failed:{examination.Name}", Severity.Fault, $"{examination.Name} could not be looked at: {fault.Message}", "Mend that first; then run: batchrec doctor")];
        }
    }
}
