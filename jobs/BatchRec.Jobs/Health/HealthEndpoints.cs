using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using OpenTelemetry.Metrics;
using Prometheus;

namespace BatchRec.Jobs.Health;

/// <summary>
/// For load balancers and monitors, beside the dashboard: /health/live (this process answers), /health/ready (a night could run), /health/fresh (what readers
/// read is young enough), each 200 or 503 with its reasons as JSON; /metrics for Prometheus.
/// </summary>
public static class HealthEndpoints
{
    public static IServiceCollection AddHealthEndpoints(this IServiceCollection services)
    {
        services.AddSingleton<NightMetrics>();
        if (Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 })
            services.AddHostedService<MetricsRefresh>().AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(NightMetrics.MeterName).AddOtlpExporter());
        return services;
    }

    public static void UseHealthEndpoints(this WebApplication application)
    {
        application.MapGet("/health/live", () => Results.Json(new { status = "live" }));
        application.MapGet("/health/ready", async (Examinations examinations, CancellationToken cancellation) =>
            Answer("ready", (await examinations.ReadinessAsync(cancellation)).Select(finding => finding.What)));
        application.MapGet("/health/fresh", FreshAsync);

        var (numbers, registry) = (application.Services.GetRequiredService<NightMetrics>(), Metrics.NewCustomRegistry());
        var gauges = numbers.Gauges.Select(gauge => (Source: gauge, Shown: Metrics.WithCustomRegistry(registry).CreateGauge("batchrec_" + gauge.Name, gauge.Description, gauge.Labels))).ToList();
        registry.AddBeforeCollectCallback(async cancellation =>
        {
            await numbers.RefreshAsync(cancellation);
            foreach (var (source, shown) in gauges)
            {
                // What is no longer measured is no longer shown.
                foreach (var labels in shown.GetAllLabelValues()) shown.RemoveLabelled(labels);
                foreach (var value in source.Values()) shown.WithLabels(value.Labels).Set(value.Number);
            }
        });
        application.MapMetrics("/metrics", registry);
    }

    private static async Task<IResult> FreshAsync(Setup setup, Databases databases, TimeProvider clock, CancellationToken cancellation)
    {
        var reasons = new List<string>();
        try
        {
            foreach (var pipeline in setup.Pipelines.Keys)
            {
                var live = await LivePublication.ReadAsync(databases.Results, pipeline, clock, cancellation);
                if (live is null) reasons.Add($"Pipeline {pipeline} has published nothing yet.");
                else if (!live.Healthy) reasons.Add($"Pipeline {pipeline}: run {live.RunId} was published {live.Age.TotalHours:0.0} hours ago; {live.MaxAgeHours} are allowed.");
            }
        }
        catch (Npgsql.NpgsqlException fault)
        {
            reasons.Add($"The results database can't be asked: {fault.Message}");
        }
        return Answer("fresh", reasons);
    }

    private static IResult Answer(string good, IEnumerable<string> reasons) => reasons.ToList() is { Count: > 0 } bad
        ? Results.Json(new { status = $"not {good}", reasons = bad }, statusCode: StatusCodes.Status503ServiceUnavailable)
        : Results.Json(new { status = good });
}
