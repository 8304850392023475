using BatchRec.Jobs.Configuration;
using Dapper;

namespace BatchRec.Jobs.Health;

/// <summary>Whether this machine's clock and the results database's agree: runs, locks and freshness compare their times.</summary>
public sealed class ClockExamination(Databases databases, TimeProvider clock) : IExamination
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(10);

    public string Name => "clock";

    public async Task<IReadOnlyList<Finding>> FindAsync(CancellationToken cancellation)
    {
        await using var connection = await databases.Results.OpenConnectionAsync(cancellation);
        var theirs = await connection.QuerySingleAsync<DateTime>(new CommandDefinition(Sql.Read("health/now.sql"), cancellationToken: cancellation));
        var apart = clock.GetUtcNow() - theirs.ToUniversalTime();
        return apart.Duration() <= Most ? [] :
        [
            new Finding("clock", Severity.Warning, $"This machine's clock and the results database's are {apart.Duration().TotalSeconds:0} seconds apart.", "Let both keep time by NTP (timedatectl status)."),
        ];
    }
}
