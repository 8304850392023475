namespace BatchRec.Runs;

/// <summary>What a step usually takes: medians over recent published runs.</summary>
public sealed record TypicalStep
{
    public required Step Step { get; init; }
    public required double Seconds { get; init; }
    public long? Rows { get; init; }
}

/// <summary>When a run will be through, by how far its step is and by what its steps usually take.</summary>
public sealed class Forecast(IReadOnlyList<StepRow> steps, IReadOnlyDictionary<Step, TypicalStep> typical, DateTimeOffset now)
{
    // Before that a step has mostly been starting, and what it has done says little of its pace.
    private const double TellingFraction = 0.02;
    private static readonly TimeSpan TellingTime = TimeSpan.FromSeconds(2);

    /// <summary>What is left of a step; zero for one that ended, null where nothing is known.</summary>
    public TimeSpan? RemainingOf(StepRow step)
    {
        if (step.State is not (StepState.Running or StepState.Queued or StepState.Pending)) return TimeSpan.Zero;
        var usual = typical.TryGetValue(step.Step, out var known) ? TimeSpan.FromSeconds(known.Seconds) : (TimeSpan?)null;
        if (step is not { State: StepState.Running, Started: { } started }) return usual;
        var elapsed = now - started;
        if (step.Fraction is > (float)TellingFraction and < 1 && elapsed > TellingTime) return elapsed * ((1 - step.Fraction.Value) / step.Fraction.Value);
        return usual > elapsed ? usual - elapsed : null;
    }

    /// <summary>What is left of the run, as far as its steps are known; null where one of them is not.</summary>
    public TimeSpan? Remaining
    {
        get
        {
            var sum = TimeSpan.Zero;
            foreach (var step in steps)
            {
                if (RemainingOf(step) is not { } left) return null;
                sum += left;
            }
            return sum;
        }
    }

    /// <summary>Rows a second: of a step that is done its own; of a running one what its usual rows and its fraction give. Null where that isn't known.</summary>
    public double? RateOf(StepRow step)
    {
        if (step.Started is not { } started) return null;
        var seconds = ((step.Finished ?? now) - started).TotalSeconds;
        if (seconds <= 0) return null;
        return step.State switch
        {
            StepState.Done => step.Rows / seconds,
            StepState.Running when step.Fraction > TellingFraction && typical.TryGetValue(step.Step, out var known) => known.Rows * step.Fraction / seconds,
            _ => null,
        };
    }
}
