using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;
using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>Tiles on Hangfire's own overview: the worst of all pipelines counts.</summary>
internal static class OverviewTiles
{
    public static IReadOnlyList<DashboardMetric> All { get; } =
    [
        Tile("batchrec:night", "Night", "/night", states => Worst(states, state => state.Run is not { } run ? (0, "–", MetricStyle.Default) : run.State switch
        {
            RunState.Failed => (4, "failed", MetricStyle.Danger),
            RunState.Refused or RunState.Held => (3, Show.Name(run.State), MetricStyle.Warning),
            RunState.Running or RunState.Queued => (2, Show.Name(run.State), MetricStyle.Info),
            _ => (1, Show.Name(run.State), run.State == RunState.Published ? MetricStyle.Success : MetricStyle.Default),
        })),
        Tile("batchrec:age", "Age of lists", "/live", states => Worst(states, state => state.Live is not { } live
            ? (long.MaxValue, "–", MetricStyle.Warning) : (live.Age.Ticks, Show.Duration(live.Age), live.Healthy ? MetricStyle.Success : MetricStyle.Danger))),
        Tile("batchrec:users", "Users with a list", "/live", states => (Show.Count(states.Sum(state => state.Live?.Users ?? 0)), MetricStyle.Default)),
        Tile("batchrec:held", "Publishing", "/live", states => states.Any(state => state.Held) ? ("held", MetricStyle.Warning) : ("free", MetricStyle.Default)),
    ];

    private sealed record PipelineState(RunRow? Run, LivePublication? Live, bool Held);

    private static DashboardMetric Tile(string name, string title, string page, Func<IReadOnlyList<PipelineState>, (string Text, MetricStyle Style)> show) => new(name, title, razor =>
    {
        var (text, style) = show(States(razor.Context.GetHttpContext()));
        return new Metric(text) { Style = style, Highlighted = style == MetricStyle.Danger };
    })
    { Url = page };

    private static (string, MetricStyle) Worst(IReadOnlyList<PipelineState> states, Func<PipelineState, (long Weight, string Text, MetricStyle Style)> judge)
    {
        var (_, text, style) = states.Select(judge).MaxBy(state => state.Weight);
        return (text, style);
    }

    /// <summary>Read once a request: Hangfire asks for each tile by itself, and synchronously.</summary>
    private static IReadOnlyList<PipelineState> States(HttpContext http)
    {
        if (http.Items[typeof(OverviewTiles)] is IReadOnlyList<PipelineState> known) return known;
        var states = ReadAsync(http).GetAwaiter().GetResult();
        http.Items[typeof(OverviewTiles)] = states;
        return states;
    }

    private static async Task<IReadOnlyList<PipelineState>> ReadAsync(HttpContext http)
    {
        var (setup, databases, runs, clock) =
            (http.RequestServices.GetRequiredService<Setup>(), http.RequestServices.GetRequiredService<Databases>(), http.RequestServices.GetRequiredService<RunTable>(), http.RequestServices.GetRequiredService<TimeProvider>());
        var states = new List<PipelineState>();
        foreach (var pipeline in setup.Pipelines.Keys)
            states.Add(new PipelineState(
                await runs.LatestAsync(pipeline, http.RequestAborted), await LivePublication.ReadAsync(databases.Results, pipeline, clock, http.RequestAborted),
                await new PublishingHold(databases.Results, clock).FindAsync(pipeline, http.RequestAborted) is not null));
        return states;
    }
}
