using System.Security.Cryptography;
using System.Text.Json;
using BatchRec.Configuration;
using BatchRec.Runs;
using BatchRec.Train;

namespace BatchRec.Tune;

public enum TuneSearch
{
    /// <summary>Evenly over the space; every trial is trained to its end.</summary>
    Random,

    /// <summary>Where earlier trials were good (<see cref="TreeParzen"/>); every trial is trained to its end.</summary>
    Tpe,

    /// <summary>As <see cref="Tpe"/>, and bad trials are stopped early (<see cref="SuccessiveHalving"/>).</summary>
    Halving,
}

/// <summary>Section <c>Tune</c>: what <c>batchrec tune</c> searches, how, and for how long. The nights don't use it.</summary>
public sealed record TuneOptions : IStageOptions
{
    /// <summary>
    /// <c>random</c>: evenly over the space; <c>tpe</c>: where earlier trials were good, by Parzen estimators; <c>halving</c>: as <c>tpe</c>, and of the trials
    /// that were trained for a part of their epochs only the best are trained on.
    /// </summary>
    public TuneSearch Search { get; init; } = TuneSearch.Halving;

    /// <summary>
    /// The options that are searched, and where: <c>0.1..0.5</c> evenly (whole numbers for an option that is one), <c>log 5e-4..5e-3</c> evenly in the logarithm,
    /// <c>full|sampled|gbce</c> one of these. What stands here replaces the default space.
    /// </summary>
    public IReadOnlyDictionary<string, string> Space { get; init; } = new Dictionary<string, string>
    {
        ["Train:LearningRate"] = "log 5e-4..5e-3", ["Train:Dropout"] = "0.1..0.5", ["Train:Temperature"] = "log 0.03..0.12",
        ["Train:Dimensions"] = "32|64|128", ["Train:Layers"] = "1..3", ["Train:BatchSize"] = "16|32|64|128", ["Train:TimeGaps"] = "true|false",
    };

    /// <summary>
    /// Training time of all trials together, better several times what one training takes: the configured options are trained to their end first. The trial under way is stopped at
    /// its next epoch and counts with what it has; 0 has no limit.
    /// </summary>
    public double MaxMinutes { get; init; } = 120;

    /// <summary>Trials, the configured options among them.</summary>
    public int MaxTrials { get; init; } = 40;

    /// <summary>Of the search. The trainings' is <c>Train:Seed</c>, the same for all.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Trials drawn evenly before the Parzen estimators have enough to go by, the configured options among them.</summary>
    public int RandomTrials { get; init; } = 10;

    /// <summary>With <c>halving</c>: of so many trials at a rung one is trained on, for so many times the epochs.</summary>
    public int Reduction { get; init; } = 3;

    /// <summary>With <c>halving</c>: the first rung has at least so many of <c>Train:MaxEpochs</c>.</summary>
    public int MinEpochs { get; init; } = 5;

    public IEnumerable<string> Faults()
    {
        foreach (var fault in SearchSpace.Faults(Space)) yield return fault;
        if (!Enum.IsDefined(Search)) yield return $"Tune:Search is {Search}; use random, tpe or halving.";
        if (!(MaxMinutes is >= 0 and < double.PositiveInfinity)) yield return $"Tune:MaxMinutes is {MaxMinutes}; use 0 (no limit) or a number of minutes, such as 120.";
        if (MaxTrials < 1) yield return $"Tune:MaxTrials is {MaxTrials}; use 1 or more, such as 40.";
        if (RandomTrials < 1) yield return $"Tune:RandomTrials is {RandomTrials}; use 1 or more, such as 10.";
        if (Reduction < 2) yield return $"Tune:Reduction is {Reduction}; use 2 or more, such as 3.";
        if (MinEpochs < 1) yield return $"Tune:MinEpochs is {MinEpochs}; use 1 or more, such as 5.";
    }

    /// <summary>A name for all that decides which trials there are and how they do, but the log: a tuning under the same name can be gone on with.</summary>
    public static string Fingerprint(PipelineOptions options)
    {
        // More minutes or trials go on with what is there.
        var deciding = new { Train = HeadPrecision.Resolved(options.Train) with { MaxMinutes = 0, Threads = 0 }, options.Evaluate, options.Recommend, Tune = options.Tune with { MaxMinutes = 0, MaxTrials = 1 } };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(deciding, Manifest.Json)));
    }
}
