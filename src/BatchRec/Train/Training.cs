using BatchRec.Interactions;

namespace BatchRec.Train;

/// <summary>
/// From histories to a model. A training that was stopped anywhere and is run again with the same arguments gives the parameters of an undisturbed one,
/// bit for bit (for the same number of threads on the same machine).
/// </summary>
public static class Training
{
    /// <summary>Whether anybody has an event that can be asked for: with one event alone, or one basket, there is nothing to learn.</summary>
    public static bool HasTargets(Sequences log, TrainOptions options)
    {
        var questions = new Questions(log, options.Targets);
        return Enumerable.Range(0, log.UserCount).Any(questions.HasTarget);
    }

    /// <summary>Trains until the schedule ends, validation stops improving, or the time is up, and keeps the best model.</summary>
    /// <param name="train">Histories, already cut off before everything that is held out.</param>
    /// <param name="validation">May be empty: then the last epoch is the best.</param>
    /// <param name="checkpointFolder">Holds the checkpoint and the best model; what an interrupted training left there is continued.</param>
    /// <param name="goesOn">Told the curve so far after each epoch, whose checkpoint stands by then; false stops there, and the schedule can be gone on with.</param>
    /// <exception cref="BatchRecException">Nothing to train on, the loss diverged, or the checkpoint isn't this training's.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint was written.</exception>
    public static TrainingResult Run(
        Sequences train, ValidationSet validation, TrainOptions options, ulong seed, string checkpointFolder,
        IProgress<TrainProgress>? progress, CancellationToken ct, Func<IReadOnlyList<EpochResult>, bool>? goesOn = null)
    {
        var sample = validation.Sample(options.ValidationUsers, seed);
        using var loop = new TrainingLoop(train, sample, options, seed, options.MaxEpochs, averaged: true, checkpointFolder, progress, goesOn);
        return loop.Run(ct);
    }

    /// <summary>Trains for as many epochs as <see cref="Run"/> found best, on the same schedule, with nothing held out.</summary>
    /// <param name="epochs"><see cref="TrainingResult.BestEpoch"/></param>
    /// <param name="averaged"><see cref="TrainingResult.BestIsAveraged"/></param>
    /// <inheritdoc cref="Run"/>
    public static TrainingResult Refit(
        Sequences train, TrainOptions options, ulong seed, int epochs, bool averaged, string checkpointFolder,
        IProgress<TrainProgress>? progress, CancellationToken ct)
    {
        // The epochs bound it: cut short by the clock, it would be another model than the one that was judged.
        using var loop = new TrainingLoop(train, null, options with { MaxMinutes = 0 }, seed, epochs, averaged, checkpointFolder, progress);
        return loop.Run(ct);
    }
}
