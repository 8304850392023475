namespace BatchRec.Tune;

/// <summary>
/// Successive halving as it comes (ASHA, Li et al. 2020, <i>A System for Massively Parallel Hyperparameter Tuning</i>): a trial is trained for a part of its schedule,
/// a rung; of the trials at a rung the best η-th goes on to the next, for η times the epochs; while none is to go on, another trial begins. One rung: every trial is trained to its end.
/// </summary>
/// <remarks>A rung stops the training's schedule early and doesn't shorten it: the learning rate falls as it would, and what is promoted goes on where it was.</remarks>
/// <param name="rungs">1 or more</param>
/// <param name="reduction">η</param>
public sealed class SuccessiveHalving(int rungs, int reduction)
{
    /// <summary>As many rungs as leave the first one at least <see cref="TuneOptions.MinEpochs"/>.</summary>
    public static SuccessiveHalving Of(TuneOptions options, int maxEpochs)
    {
        var rungs = 1;
        for (var first = maxEpochs / options.Reduction; options.Search == TuneSearch.Halving && first >= options.MinEpochs; first /= options.Reduction) rungs++;
        return new SuccessiveHalving(rungs, options.Reduction);
    }

    /// <summary>The rung at which the schedule has ended.</summary>
    public int Last => rungs - 1;

    /// <summary>Epochs of a trial at a rung.</summary>
    public int EpochsAt(Trial trial, int rung) => (int)Math.Ceiling(trial.Schedule / Math.Pow(reduction, Last - rung));

    /// <summary>The trial that is to be trained on, at its next rung; null where none is.</summary>
    /// <param name="finishing">No further trial will begin: then the best of each rung goes on, however few there are.</param>
    public Trial? Promoted(IReadOnlyList<Trial> trials, bool finishing)
    {
        // The configured options are trained to their end in any case, and take no place.
        var searched = trials.Where(trial => trial.Number != Trial.Configured).ToList();
        for (var rung = Last - 1; rung >= 0; rung--)
        {
            var (there, best) = BestAt(searched, rung, finishing ? 1 : 0);
            if (there.Take(best).FirstOrDefault(trial => trial.Rung == rung && trial.State == TrialState.Paused) is { } next)
                return next with { Rung = rung + 1, State = TrialState.Running };
        }
        return null;
    }

    /// <summary>
    /// Best first, compared after as many epochs: by the highest rung that a trial belongs at, as one of the best at all rungs below, then by what it reached there. Failed ones
    /// come last.
    /// </summary>
    public IReadOnlyList<Trial> Ranked(IReadOnlyList<Trial> trials)
    {
        var deserved = trials.ToDictionary(trial => trial.Number, _ => 0);
        for (var rung = 0; rung < Last; rung++)
        {
            var (there, best) = BestAt(trials, rung, 1);
            foreach (var trial in there.Take(best).Where(trial => trial.Rung > rung && deserved[trial.Number] == rung)) deserved[trial.Number] = rung + 1;
        }
        return [.. trials.OrderBy(trial => trial.State == TrialState.Failed).ThenByDescending(trial => deserved[trial.Number]).ThenByDescending(trial => At(trial, deserved[trial.Number])).ThenBy(trial => trial.Number)];
    }

    /// <summary>The trials that have reached a rung, best first, and how many of them are to go on.</summary>
    private (List<Trial> There, int Best) BestAt(IReadOnlyList<Trial> trials, int rung, int atLeast)
    {
        var there = trials.Where(trial => trial.State != TrialState.Failed && (trial.Rung > rung || trial.Rung == rung && trial.State is TrialState.Paused or TrialState.Done))
            .OrderByDescending(trial => At(trial, rung)).ThenBy(trial => trial.Number).ToList();
        return (there, Math.Max(atLeast, there.Count / reduction));
    }

    private double At(Trial trial, int rung) => trial.BestOf(EpochsAt(trial, rung)) is var best && double.IsNaN(best) ? double.NegativeInfinity : best;
}
