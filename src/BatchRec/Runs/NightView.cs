namespace BatchRec.Runs;

/// <summary>A run with its steps and when they will be through: what the page <i>Night</i> and the shell show.</summary>
public sealed record NightView(RunRow Run, IReadOnlyList<StepRow> Steps, Forecast Forecast)
{
    /// <summary>Null: there is no such run.</summary>
    public static async Task<NightView?> ReadAsync(RunTable runs, RunId run, DateTimeOffset now, CancellationToken cancellation) =>
        await runs.GetAsync(run, cancellation) is { } row ? await ReadAsync(runs, row, now, cancellation) : null;

    public static async Task<NightView> ReadAsync(RunTable runs, RunRow run, DateTimeOffset now, CancellationToken cancellation)
    {
        var steps = await runs.StepsAsync(run.RunId, cancellation);
        var typical = run.IsActive ? await runs.TypicalStepsAsync(run.Pipeline, cancellation) : new Dictionary<Step, TypicalStep>();
        return new NightView(run, steps, new Forecast(steps, typical, now));
    }

    // The others' rows are items of a model or lines of a report: their pace says nothing.
    private static readonly Step[] CountsRows = [Step.Extract, Step.Prepare, Step.Recommend, Step.Publish];

    /// <summary>Rows a second, of a step whose rows are the shop's; null where it isn't known.</summary>
    public double? PaceOf(StepRow step) => CountsRows.Contains(step.Step) && Forecast.RateOf(step) is > 0 and var pace ? pace : null;

    /// <summary>Where `run --from` would go on: the first step that isn't done.</summary>
    public Step? OpenStep => Steps.FirstOrDefault(step => step.State != StepState.Done)?.Step;
}
