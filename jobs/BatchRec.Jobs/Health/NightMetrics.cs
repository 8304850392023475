using System.Diagnostics.Metrics;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Publish;
using BatchRec.Runs;
using Hangfire;

namespace BatchRec.Jobs.Health;

/// <summary>
/// The numbers of the newest run and of what is live, as the meter <c>BatchRec</c>: scraped at /metrics by Prometheus, pushed by OpenTelemetry where
/// OTEL_EXPORTER_OTLP_ENDPOINT is set. They are read from the run table, so that every process tells the same, whichever did the work.
/// </summary>
public sealed class NightMetrics : IDisposable
{
    public const string MeterName = "BatchRec";

    private const string Pipeline = "pipeline";

    private readonly Meter _meter = new(MeterName);
    private readonly Setup _setup;
    private readonly Databases _databases;
    private readonly JobStorage _storage;
    private readonly TimeProvider _clock;
    private volatile IReadOnlyList<PublicationStatus> _status = [];
    private volatile IReadOnlyList<(string Queue, long Depth)> _queues = [];
    private volatile IReadOnlyList<GpuMemory> _gpus = [];
    private volatile bool _reachable;

    public NightMetrics(Setup setup, Databases databases, JobStorage storage, TimeProvider clock)
    {
        (_setup, _databases, _storage, _clock) = (setup, databases, storage, clock);
        Gauges =
        [
            new("up", "1 where the results database answers", [], () => [new(_reachable ? 1 : 0)]),
            new("publication_age_seconds", "Since what is live was published", [Pipeline], () => OfLive(live => live.Age.TotalSeconds)),
            new("publication_healthy", "1 where what is live is younger than Publish:MaxAgeHours", [Pipeline], () => OfLive(live => live.Healthy ? 1 : 0)),
            new("publication_users", "Users with a list", [Pipeline], () => OfLive(live => live.Users)),
            new("publication_rows", "Items over all lists", [Pipeline], () => OfLive(live => live.Rows)),
            new("run_state", "1 for the state that the newest run is in", [Pipeline, "state"], () => _status.Where(status => status.LatestRun is not null)
                .SelectMany(status => Enum.GetValues<RunState>().Select(state => new Value(status.LatestRun!.State == state ? 1 : 0, status.Pipeline, Text(state))))),
            new("step_seconds", "Seconds that a step of the newest run took or has taken", [Pipeline, "step"], () => OfSteps(step => step.Started is { } started ? ((step.Finished ?? _clock.GetUtcNow()) - started).TotalSeconds : null)),
            new("step_rows", "Rows that a step of the newest run has made", [Pipeline, "step"], () => OfSteps(step => step.Rows)),
            new("step_peak_memory_bytes", "Peak memory of a step of the newest run", [Pipeline, "step"], () => OfSteps(step => step.PeakMemoryBytes)),
            new("quality", "Metrics of the live run's evaluation over all cases", [Pipeline, "protocol", "repeats", "model", "metric"], () => _status.SelectMany(status => status.LiveMetrics
                .Where(metric => metric.Segment == "all" && double.IsFinite(metric.Value))
                .Select(metric => new Value(metric.Value, status.Pipeline, metric.Protocol, metric.Repeats, metric.Model, metric.Metric)))),
            new("queue_depth", "Jobs that wait in a queue", ["queue"], () => _queues.Select(queue => new Value(queue.Depth, queue.Queue))),
            new("gpu_memory_used_bytes", "Memory in use on a GPU of the machine that serves this, by whatever program", ["gpu"], () => _gpus.Select(gpu => new Value(gpu.UsedBytes, gpu.Index))),
            new("gpu_memory_bytes", "Memory of that GPU", ["gpu"], () => _gpus.Select(gpu => new Value(gpu.TotalBytes, gpu.Index))),
        ];
        foreach (var gauge in Gauges)
            _meter.CreateObservableGauge($"batchrec.{gauge.Name}", () => gauge.Values().Select(value => new Measurement<double>(value.Number, gauge.Tags(value))), description: gauge.Description);
    }

    public IReadOnlyList<Gauge> Gauges { get; }

    /// <param name="Labels">names of what tells its values apart</param>
    public sealed record Gauge(string Name, string Description, string[] Labels, Func<IEnumerable<Value>> Values)
    {
        internal IEnumerable<KeyValuePair<string, object?>> Tags(Value value) => Labels.Zip(value.Labels, (name, text) => new KeyValuePair<string, object?>(name, text));
    }

    public readonly record struct Value(double Number, params string[] Labels);

    /// <summary>Reads them anew; where a database is down, the last ones stay and <c>batchrec_up</c> says so.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        _gpus = await GpuMemory.ReadAsync(cancellation);
        try
        {
            var status = new List<PublicationStatus>();
            foreach (var pipeline in _setup.Pipelines.Keys) status.Add(await PublicationStatus.ReadAsync(_databases.Results, pipeline, _clock, cancellation));
            var monitoring = _storage.GetMonitoringApi();
            (_status, _queues, _reachable) = (status, [.. ((string[])[Queues.Default, Queues.Gpu]).Select(queue => (queue, monitoring.EnqueuedCount(queue)))], true);
        }
        catch (Exception fault) when (fault is Npgsql.NpgsqlException or TimeoutException)
        {
            _reachable = false;
        }
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Value> OfLive(Func<LivePublication, double> value) =>
        _status.Where(status => status.Live is not null).Select(status => new Value(value(status.Live!), status.Pipeline));

    private IEnumerable<Value> OfSteps(Func<StepRow, double?> value) => _status.SelectMany(status => status.LatestSteps
        .Select(step => (Step: step, Value: value(step))).Where(pair => pair.Value is not null)
        .Select(pair => new Value(pair.Value!.Value, status.Pipeline, Text(pair.Step.Step))));

    private static string Text<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
