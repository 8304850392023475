using System.Text.Json;
using BatchRec.Plan;
using BatchRec.Runs;
using BatchRec.Schema;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Plan;

/// <summary>Estimates from earlier nights, whose rows are made by hand.</summary>
[Collection(PostgresTests.Name)]
public sealed class PastNightsTests(PostgresCluster cluster) : IAsyncLifetime
{
    private static readonly IReadOnlyDictionary<string, JsonElement> NoOptions = new Dictionary<string, JsonElement>();

    private readonly MovableClock _clock = new(new DateTimeOffset(2026, 3, 1, 4, 0, 0, TimeSpan.Zero));
    private NpgsqlDataSource _data = null!;
    private RunTable _runs = null!;

    public async Task InitializeAsync()
    {
        _data = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        await Migrations.ApplyAsync(_data, default);
        _runs = new RunTable(_data, _clock);
    }

    public async Task DisposeAsync() => await _data.DisposeAsync();

    private async Task NightAsync(long events, double trainSeconds, RunKind kind = RunKind.Full, string options = "{}", double extractSeconds = 10)
    {
        var run = (await _runs.CreateAsync(new NewRun { Pipeline = "default", Kind = kind, AsOf = _clock.Now, Seed = 1, Options = options }, default)).RunId;
        foreach (var (step, seconds, rows) in ((Step, double, long)[])[(Step.Extract, extractSeconds, events), (Step.Train, trainSeconds, 40)])
        {
            var epoch = (await _runs.RaiseEpochAsync(run, default))!.Value;
            await _runs.StepStartedAsync(run, step, epoch, default);
            _clock.Now += TimeSpan.FromSeconds(seconds);
            await _runs.StepDoneAsync(run, step, epoch, new StepOutcome { Rows = rows, Bytes = 100 * events, PeakMemoryBytes = 5_000 }, default);
        }
        await _runs.CancelAsync(run, "enough", default);
        _clock.Now += TimeSpan.FromHours(24);
    }

    private async Task<StepPlan?> PlanAsync(Step step, long events, RunKind? kind = null, IReadOnlyDictionary<string, JsonElement>? options = null, int? epochs = null) =>
        (await PastNights.ReadAsync(_runs, "default", default)).Of(step, events, Step.Extract, kind, options ?? NoOptions, epochs);

    [Fact]
    public async Task Before_the_first_night_nothing_is_known() => Assert.Null(await PlanAsync(Step.Train, 1000));

    [Fact]
    public async Task Time_and_files_grow_with_the_events_and_a_model_s_rows_do_not()
    {
        await NightAsync(events: 1000, trainSeconds: 60);
        var plan = (await PlanAsync(Step.Train, 1500))!;
        Assert.Equal((40, 90, 7_500, 150_000), (plan.Rows, plan.Seconds, plan.PeakMemoryBytes, plan.DiskBytes));
        Assert.Equal("1 earlier run, times 1.50 for the events", plan.From);
        Assert.Equal(1500, (await PlanAsync(Step.Extract, 1500))!.Rows);
        // A process with half the data is not half as big.
        Assert.Equal((30, 5_000), ((await PlanAsync(Step.Train, 500))!.Seconds, (await PlanAsync(Step.Train, 500))!.PeakMemoryBytes));
    }

    [Fact]
    public async Task The_median_counts()
    {
        foreach (var seconds in (double[])[50, 60, 500]) await NightAsync(1000, seconds);
        var plan = (await PlanAsync(Step.Train, 1000))!;
        Assert.Equal((60, "3 earlier runs"), (plan.Seconds, plan.From));
    }

    [Fact]
    public async Task Nights_of_the_same_kind_and_with_the_same_options_count_where_there_are_any()
    {
        await NightAsync(1000, 60, RunKind.Full, """{"train": {"maxEpochs": 8, "learningRate": 0.0020}}""", extractSeconds: 100);
        var eight = JsonDocument.Parse("""{"train": {"learningRate": 2E-3, "maxEpochs": 8}}""").RootElement;
        var seventy = JsonDocument.Parse("""{"train": {"learningRate": 2E-3, "maxEpochs": 70}}""").RootElement;
        Dictionary<string, JsonElement> Train(JsonElement options) => new() { ["train"] = options.GetProperty("train") };

        Assert.Equal("1 earlier run", (await PlanAsync(Step.Train, 1000, null, Train(eight)))!.From);
        Assert.Equal("1 earlier run, with other options of train", (await PlanAsync(Step.Train, 1000, null, Train(seventy)))!.From);
        var longer = (await PlanAsync(Step.Train, 1000, null, Train(seventy), epochs: 70))!;
        Assert.Equal((525, "1 earlier run, with other options of train, times 8.75 for the epochs"), (longer.Seconds, longer.From));
        Assert.Equal("1 earlier run, of full nights", (await PlanAsync(Step.Extract, 1000, RunKind.Delta))!.From);

        await NightAsync(1000, 600, RunKind.Delta, """{"train": {"maxEpochs": 70, "learningRate": 0.002}}""", extractSeconds: 4);
        Assert.Equal((600, "1 earlier run"), ((await PlanAsync(Step.Train, 1000, null, Train(seventy)))!.Seconds, (await PlanAsync(Step.Train, 1000, null, Train(seventy)))!.From));
        Assert.Equal((4, 100), ((await PlanAsync(Step.Extract, 1000, RunKind.Delta))!.Seconds, (await PlanAsync(Step.Extract, 1000, RunKind.Full))!.Seconds));
    }
}
