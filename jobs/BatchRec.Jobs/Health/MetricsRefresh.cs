namespace BatchRec.Jobs.Health;

/// <summary>Reads the numbers anew every few seconds, for exporters that push them: a scrape reads them by itself.</summary>
public sealed class MetricsRefresh(NightMetrics numbers) : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between);
        do await numbers.RefreshAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
