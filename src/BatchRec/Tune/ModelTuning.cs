using BatchRec.Interactions;
using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>A tuning of the model itself, on the histories that it learns from and the questions that it is validated on. It sees nothing else.</summary>
public static class ModelTuning
{
    /// <param name="folder">For checkpoints.</param>
    /// <exception cref="BatchRecException">There is nothing to learn from or to validate on, or a value of the space is refused.</exception>
    /// <inheritdoc cref="Tuning.Run"/>
    public static TuningReport Run(
        Sequences train, ValidationSet validation, TrainOptions configured, TuneOptions options, ITrialStore trials, TimeProvider clock, string folder, Action<string> say, CancellationToken ct)
    {
        if (!Training.HasTargets(train, configured))
            throw new BatchRecException("Nobody has two events before what is held out that the model could learn to go on from (Train:Targets), so there is nothing to tune. Give the source more history.");
        if (validation.Queries.Length == 0) throw new BatchRecException("There is no validation case, so no trial could be told from another. Give the source more history, or a larger Evaluate:ValidationDays.");
        say($"{Math.Min(validation.Queries.Length, configured.ValidationUsers > 0 ? configured.ValidationUsers : int.MaxValue):N0} validation questions");
        return new Tuning(SearchSpace.Parse(options.Space), configured, options, trials, Trained, clock, folder, say).Run(ct);

        IReadOnlyList<EpochResult> Trained(TrainOptions of, string work, Func<IReadOnlyList<EpochResult>, bool> goesOn, CancellationToken stop) =>
            Training.Run(train, validation, of, of.Seed, work, null, stop, goesOn).Curve;
    }
}
