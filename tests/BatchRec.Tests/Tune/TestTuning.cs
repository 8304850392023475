using BatchRec.Train;
using BatchRec.Tune;

namespace BatchRec.Tests.Tune;

/// <summary>A tuning whose trainings are a function: an epoch a minute of the clock, and a validation NDCG@10 that the test makes up.</summary>
internal sealed class TestTuning(Func<TrainOptions, int, double> ndcg) : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("tuning-").FullName;

    public MovableClock Clock { get; } = new(DateTimeOffset.UnixEpoch);

    public TrainOptions Configured { get; init; } = new() { MaxEpochs = 27 };

    public TuneOptions Options { get; set; } = new() { MaxMinutes = 0 };

    /// <summary>Epochs that were trained, by all trials.</summary>
    public int Epochs { get; private set; }

    /// <summary>Throws after so many epochs, as a kill would end it.</summary>
    public int KilledAfter { get; set; } = int.MaxValue;

    public ITrialStore Store { get; } = new Kept();

    public TuningReport Run(CancellationToken ct = default) => new Tuning(SearchSpace.Parse(Options.Space), Configured, Options, Store, Train, Clock, Folder, _ => { }).Run(ct);

    private List<EpochResult> Train(TrainOptions options, string folder, Func<IReadOnlyList<EpochResult>, bool> goesOn, CancellationToken ct)
    {
        // The checkpoint: how many epochs there were.
        var checkpoint = Path.Combine(folder, "epochs");
        var curve = Enumerable.Range(1, File.Exists(checkpoint) ? int.Parse(File.ReadAllText(checkpoint)) : 0).Select(After).ToList();
        while (curve.Count < options.MaxEpochs && (curve.Count == 0 || goesOn(curve)))
        {
            ct.ThrowIfCancellationRequested();
            if (Epochs == KilledAfter) throw new Killed();
            Epochs++;
            Clock.Now = Clock.Now.AddMinutes(1);
            curve.Add(After(curve.Count + 1));
            File.WriteAllText(checkpoint, $"{curve.Count}");
        }
        return curve;

        EpochResult After(int epoch) => new(epoch, 1, ndcg(options, epoch), double.NaN, 0);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    internal sealed class Killed : Exception;

    private sealed class Kept : ITrialStore
    {
        private readonly SortedDictionary<int, Trial> _trials = [];

        public IReadOnlyList<Trial> Read() => [.. _trials.Values];

        public void Write(Trial trial) => _trials[trial.Number] = trial;
    }

    /// <summary>All of the trials but how long they took.</summary>
    public static IEnumerable<string> Told(TuningReport report) =>
        report.Trials.Select(trial => $"{trial.Number} {trial.State} {trial.Rung} {string.Join(' ', trial.Curve)} {TuningReport.Told(trial.Values)} {trial.Message}");
}
