using System.Net.Http.Json;
using BatchRec.Jobs.Configuration;

namespace BatchRec.Jobs.Health;

/// <summary>
/// Looks every minute, in the scheduler's process and without Hangfire: its database may be what is down. What is new is told once, by a log line and the webhook;
/// what is over, too. The heartbeat's receiver misses us when nobody is left to tell.
/// </summary>
public sealed class Watch(Examinations examinations, AlarmOptions options, IHttpClientFactory http, ILogger<Watch> log) : BackgroundService
{
    /// <summary>Until then this process's own workers may not have announced themselves: without them, "nobody works" would be told, and taken back a minute later.</summary>
    private static readonly TimeSpan WorkersAreKnown = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, Finding> _told = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var every = TimeSpan.FromSeconds(options.EverySeconds);
        await Task.Delay(every < WorkersAreKnown ? every : WorkersAreKnown, stoppingToken);
        using var timer = new PeriodicTimer(every);
        do
        {
            await LookAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task LookAsync(CancellationToken cancellation)
    {
        var found = new Dictionary<string, Finding>();
        await foreach (var (_, findings) in examinations.RunAsync(cancellation))
            foreach (var finding in findings) found.TryAdd(finding.Key, finding);
        foreach (var (key, finding) in found)
            if (_told.TryAdd(key, finding)) await RaiseAsync(finding, cancellation);
        foreach (var (key, finding) in _told.Where(told => !found.ContainsKey(told.Key)).ToList())
        {
            _told.Remove(key);
            log.LogInformation("Over: {What}", finding.What);
            await SendAsync("over", finding, cancellation);
        }
        if (options.HeartbeatUrl is { Length: > 0 } url) await TryAsync(url, client => client.GetAsync(url, cancellation));
    }

    private async Task RaiseAsync(Finding finding, CancellationToken cancellation)
    {
        var level = finding.Severity switch { Severity.Fault => LogLevel.Error, Severity.Warning => LogLevel.Warning, _ => LogLevel.Information };
        log.Log(level, "{What} What to do: {Remedy}", finding.What, finding.Remedy);
        await SendAsync("raised", finding, cancellation);
    }

    private async Task SendAsync(string state, Finding finding, CancellationToken cancellation)
    {
        if (options.WebhookUrl is not { Length: > 0 } url || finding.Severity == Severity.Note) return;
        var said = new
        {
            // What chat services show.
            text = $"BatchRec, {(state == "over" ? "over" : finding.Severity.ToString().ToLowerInvariant())}: {finding.What} {(state == "over" ? "" : finding.Remedy)}".TrimEnd(),
            state, key = finding.Key, severity = finding.Severity.ToString().ToLowerInvariant(), what = finding.What, remedy = finding.Remedy, machine = Environment.MachineName,
        };
        await TryAsync(url, client => client.PostAsJsonAsync(url, said, cancellation));
    }

    /// <summary>A receiver that is down must not end the watch.</summary>
    private async Task TryAsync(string url, Func<HttpClient, Task<HttpResponseMessage>> call)
    {
        try
        {
            using var client = http.CreateClient(nameof(Watch));
            using var answer = await call(client);
            if (!answer.IsSuccessStatusCode) log.LogWarning("{Host} answered {Status}", new Uri(url).Host, (int)answer.StatusCode);
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            log.LogWarning("{Host} can't be reached: {Message}", new Uri(url).Host, fault.Message);
        }
    }
}
