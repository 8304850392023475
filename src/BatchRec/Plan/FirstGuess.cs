using BatchRec.Configuration;
using BatchRec.Runs;

namespace BatchRec.Plan;

/// <summary>
/// What a step may take where no earlier night says: straight lines through what <c>ops/scale.sh 5000/2000/200000 20000/5000/1000000</c> took on 2 cores.
/// The time of training, evaluation and recommendation depends on far more than rows: of those nothing is guessed, unless an option bounds it.
/// </summary>
internal static class FirstGuess
{
    private const string Measured = "no earlier run; a first guess from synthetic shops on 2 cores", Nothing = "no earlier run";

    private const long MiB = 1 << 20;

    public static StepPlan Of(Step step, long events, long users, PipelineOptions options) => step switch
    {
        Step.Extract => Line(step, events, 2.5 + 1.9e-6 * events, 160 * MiB + 82 * events, 9 * events),
        Step.Prepare => Line(step, events, 0.4 + 1.3e-6 * events, 175 * MiB + 100 * events, 6 * events),
        Step.Train when options.Train.MaxMinutes > 0 => new StepPlan { Step = step, Seconds = 60 * options.Train.MaxMinutes, AtMost = true, From = $"{Nothing}; Train:MaxMinutes ends it" },
        Step.Refit when !options.Train.Refit => Line(step, null, 1, null, null) with { From = "Train:Refit is false: the holdout model is copied" },
        Step.Refit => new StepPlan { Step = step, From = $"{Nothing}; about as long as train" },
        Step.Recommend => new StepPlan { Step = step, Rows = users, DiskBytes = 6 * users * options.Recommend.TopN, From = $"{Nothing}; disk from Recommend:TopN" },
        Step.Publish => Line(step, users, 1.5 + 0.7e-6 * users * options.Recommend.TopN, 185 * MiB + 4096 * users, null),
        _ => new StepPlan { Step = step, From = Nothing },
    };

    private static StepPlan Line(Step step, long? rows, double seconds, long? memory, long? disk) =>
        new() { Step = step, Rows = rows, Seconds = seconds, PeakMemoryBytes = memory, DiskBytes = disk, From = Measured };
}
