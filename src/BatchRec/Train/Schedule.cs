namespace BatchRec.Train;

/// <summary>The learning rate over a training.</summary>
internal static class Schedule
{
    /// <summary>
    /// Rises over the first steps, stays, and falls to zero over the last share of the schedule. With <see cref="TrainOptions.Restarts"/> the schedule is cut into cycles of
    /// equal length that each stay and fall (Loshchilov, Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, with a straight fall for their cosine).
    /// </summary>
    /// <param name="step">0 to <paramref name="total"/> - 1</param>
    public static double RateAt(TrainOptions options, long step, long total)
    {
        var cycle = (double)total / (options.Restarts + 1);
        var left = cycle - step % cycle;
        var decays = options.DecayShare * cycle;
        var rise = Math.Min(1, (step + 1.0) / Math.Max(1, options.WarmupSteps));
        var fall = decays == 0 ? 1 : Math.Min(1, left / decays);
        return options.LearningRate * rise * fall;
    }
}
