using System.Data.Common;
using System.Runtime.InteropServices;
using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>Trains with the given options, from the checkpoint in a folder if there is one, for as long as it may go on.</summary>
/// <param name="goesOn">Told the curve so far after each epoch, whose checkpoint stands by then; false stops there.</param>
/// <returns>the whole curve</returns>
/// <exception cref="BatchRecException">The training failed.</exception>
public delegate IReadOnlyList<EpochResult> TrainTrial(TrainOptions options, string folder, Func<IReadOnlyList<EpochResult>, bool> goesOn, CancellationToken ct);

/// <summary>
/// A search over options of training. One trial is trained at a time, and what is done next follows from the trials as they stand: an interrupted search goes on where it was,
/// in the middle of a trial too, and the same seed gives the same trials. Trial 1 has the configured options and is trained to its end.
/// </summary>
/// <param name="folder">Holds a folder with a checkpoint for each trial that may yet be trained on.</param>
/// <param name="say">Takes a line of progress.</param>
public sealed class Tuning(SearchSpace space, TrainOptions configured, TuneOptions options, ITrialStore store, TrainTrial train, TimeProvider clock, string folder, Action<string> say)
{
    // In a small space most draws have been tried; after so many it is taken for exhausted.
    private const int Draws = 100;

    // Of the process within one epoch of a trial, after which that has failed.
    private const int MostDeaths = 2;

    private readonly SuccessiveHalving _halving = SuccessiveHalving.Of(options, configured.MaxEpochs);
    private readonly List<Trial> _trials = [];

    /// <summary>Searches until the trials or the time are used up.</summary>
    /// <exception cref="BatchRecException">Some value of the space is refused by training whatever the others are.</exception>
    /// <exception cref="OperationCanceledException">Stopped; run again, it goes on where it was.</exception>
    public TuningReport Run(CancellationToken ct)
    {
        var refused = space.Refused(configured).ToList();
        if (refused.Count > 0) throw new BatchRecException(string.Join(Environment.NewLine, refused));
        _trials.AddRange(store.Read());
        while (!TimeIsUp && Next() is { } trial)
        {
            Set(trial);
            if (trial.State == TrialState.Running) Train(trial, ct);
            say(TuningReport.Line(_trials[trial.Number - 1]));
        }
        return new TuningReport(options.Search, _trials, TimeIsUp
            ? $"The time was up after {_trials.Count} of {options.MaxTrials} trials (Tune:MaxMinutes is {options.MaxMinutes}); the same command with more goes on."
            : $"{_trials.Count} trials.");
    }

    private bool TimeIsUp => options.MaxMinutes > 0 && _trials.Sum(trial => trial.Seconds) >= 60 * options.MaxMinutes;

    /// <summary>The trial to train now; null when there is nothing left to do.</summary>
    private Trial? Next()
    {
        if (_trials.FirstOrDefault(trial => trial.State is TrialState.Running or TrialState.Stopped) is { } underWay) return underWay with { State = TrialState.Running, Message = null };
        return _halving.Promoted(_trials, finishing: false) ?? New() ?? _halving.Promoted(_trials, finishing: true);
    }

    private Trial? New()
    {
        if (_trials.Count >= options.MaxTrials) return null;
        if (_trials.Count == 0) return Begun(space.ValuesOf(configured)) with { Rung = _halving.Last };
        var tried = _trials.Select(trial => KeyOf(trial.Values)).ToHashSet();
        for (var draw = 0; draw < Draws; draw++)
            if (Proposed(draw) is var values && !tried.Contains(KeyOf(values))) return Begun(values);
        return null;
    }

    /// <summary>A function of the seed, the trials so far and how often it was asked: no generator's state has to be kept.</summary>
    private IReadOnlyDictionary<string, string> Proposed(int draw)
    {
        var (trial, again) = ((ulong)_trials.Count, (ulong)draw);
        if (options.Search == TuneSearch.Random || _trials.Count < options.RandomTrials) return space.Draw(options.Seed, trial, again);
        var random = Randomness.At(options.Seed, trial, again);
        return TreeParzen.Propose(space, _halving.Ranked(_trials), ref random);
    }

    private Trial Begun(IReadOnlyDictionary<string, string> values)
    {
        var trained = SearchSpace.Apply(configured, values);
        var trial = new Trial { Number = _trials.Count + 1, Values = values, State = TrialState.Running, Rung = 0, Schedule = trained.MaxEpochs };
        var faults = trained.Faults().ToList();
        return faults.Count == 0 ? trial : trial with { State = TrialState.Failed, Message = string.Join(' ', faults) };
    }

    private void Train(Trial trial, CancellationToken ct)
    {
        var (work, until, began) = (Directory.CreateDirectory(FolderOf(trial)).FullName, _halving.EpochsAt(trial, trial.Rung), clock.GetUtcNow());
        TrialState? asked = null;
        var starts = new TrialStarts(work);
        if (starts.Died >= MostDeaths)
        {
            Set(trial with { State = TrialState.Failed, Message = $"The process died {starts.Died} times in it, before an epoch was done: it may need more memory than there is." });
            return;
        }
        starts.Begin();
        try
        {
            var curve = train(SearchSpace.Apply(configured, trial.Values), work, soFar =>
            {
                // Resumed, it is asked of what was done before, too.
                if (soFar.Count > trial.Curve.Count) starts.GotOn();
                var now = Spent() with { Curve = Ndcgs(soFar) };
                Set(now);
                say($"trial {now.Number}: epoch {now.Curve.Count} of {now.Schedule}, validation NDCG@10 {now.Curve[^1]:F4}, {now.Seconds:F0} s");
                asked = soFar.Count >= until ? TrialState.Paused : TimeIsUp ? TrialState.Stopped : null;
                return asked is null;
            }, ct);
            starts.End();
            Set(Spent() with
            {
                Curve = Ndcgs(curve), State = asked ?? TrialState.Done, Rung = asked is null ? _halving.Last : trial.Rung,
                Message = asked == TrialState.Stopped ? "The time was up." : null,
            });
        }
        catch (OperationCanceledException)
        {
            starts.End();
            Set(Spent());
            throw;
        }
        // libtorch's are of trials that are too large; a database's, of the same type, are of the store.
        catch (Exception fault) when (fault is BatchRecException or ExternalException and not DbException)
        {
            Set(Spent() with { State = TrialState.Failed, Message = fault.Message });
        }
        if (_trials[trial.Number - 1].State is TrialState.Done or TrialState.Failed) Directory.Delete(work, recursive: true);

        Trial Spent() => _trials[trial.Number - 1] with { Seconds = trial.Seconds + (clock.GetUtcNow() - began).TotalSeconds };
    }

    private static IReadOnlyList<double> Ndcgs(IReadOnlyList<EpochResult> curve) =>
        [.. curve.Select(epoch => double.IsNaN(epoch.Ndcg) || epoch.AveragedNdcg > epoch.Ndcg ? epoch.AveragedNdcg : epoch.Ndcg)];

    private void Set(Trial trial)
    {
        if (trial.Number > _trials.Count) _trials.Add(trial);
        else _trials[trial.Number - 1] = trial;
        store.Write(trial);
    }

    private string FolderOf(Trial trial) => Path.Combine(folder, $"trial-{trial.Number}");

    private static string KeyOf(IReadOnlyDictionary<string, string> values) => string.Join('\n', values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key} {value.Value}"));
}
