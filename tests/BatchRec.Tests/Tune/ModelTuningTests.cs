using BatchRec.Interactions;
using BatchRec.Tests.Torch;
using BatchRec.Tests.Train;
using BatchRec.Train;
using BatchRec.Tune;
using Xunit;

namespace BatchRec.Tests.Tune;

/// <summary>Tunings of real, small models.</summary>
[Collection(LibtorchCollection.Name)]
public sealed class ModelTuningTests : IDisposable
{
    private static readonly (Sequences Train, ValidationSet Validation) Log = Histories.LeaveOneOut(Histories.Rings(users: 40, items: 20, length: 16));

    // Rungs of 2 and 6 epochs.
    private static readonly TuneOptions Options = new()
    {
        Space = new Dictionary<string, string> { ["Train:LearningRate"] = "log 1e-5..1e-2", ["Train:Dropout"] = "0..0.5" }, MaxTrials = 5, RandomTrials = 3, MinEpochs = 2, MaxMinutes = 0,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("tuning-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Killed_in_the_middle_of_trials_it_goes_on_and_gives_the_same()
    {
        var expected = Run("undisturbed");
        Assert.Equal(5, expected.Trials.Count);
        Assert.Contains(expected.Trials, trial => trial.Curve.Count == 2);
        Assert.Equal(6, expected.Best!.Curve.Count);

        TuningReport? report = null;
        for (var kills = 0; report is null; kills++)
        {
            Assert.True(kills < 50);
            try
            {
                report = Run("killed", writesUntilKilled: 5);
            }
            catch (Killed)
            {
                Assert.True(kills < 20);
            }
        }
        Assert.Equal(TestTuning.Told(expected), TestTuning.Told(report));
    }

    [Fact]
    public void A_model_that_diverges_is_a_failed_trial()
    {
        // Scores over a temperature of next to nothing are infinite.
        var space = new Dictionary<string, string> { ["Train:Temperature"] = "0.06|1e-40" };
        var report = Run("diverging", Histories.Small, Options with { Space = space });
        Assert.Equal([("0.06", TrialState.Done), ("1E-40", TrialState.Failed)], report.Trials.Select(trial => (trial.Values["Train:Temperature"], trial.State)));
        Assert.Contains("Training diverged: the loss is NaN", report.Trials[1].Message);
        Assert.Contains("nothing is proposed", report.Verdict);
    }

    [Fact]
    public void Where_nothing_can_be_told_apart_it_says_so()
    {
        var none = Log.Validation with { Queries = [], Targets = [] };
        Assert.Contains("no validation case", Assert.Throws<BatchRecException>(() => ModelTuning.Run(Log.Train, none, Histories.Small, Options, new TrialFolder(_folder), TimeProvider.System, _folder, _ => { }, default)).Message);
        var singles = Evaluate.InlineLog.OfItems(3, [0], [1], []);
        Assert.Contains("Nobody has two events", Assert.Throws<BatchRecException>(() => ModelTuning.Run(singles, Log.Validation, Histories.Small, Options, new TrialFolder(_folder), TimeProvider.System, _folder, _ => { }, default)).Message);
    }

    private TuningReport Run(string name, TrainOptions? configured = null, TuneOptions? options = null, int writesUntilKilled = int.MaxValue)
    {
        var folder = Path.Combine(_folder, name);
        var store = new KilledStore(new TrialFolder(folder), writesUntilKilled);
        return ModelTuning.Run(Log.Train, Log.Validation, configured ?? Histories.Small with { LearningRate = 1e-5 }, options ?? Options, store, TimeProvider.System, folder, _ => { }, default);
    }

    private sealed class Killed : Exception;

    private sealed class KilledStore(ITrialStore store, int writes) : ITrialStore
    {
        public IReadOnlyList<Trial> Read() => store.Read();

        public void Write(Trial trial)
        {
            if (writes-- == 0) throw new Killed();
            store.Write(trial);
        }
    }
}
