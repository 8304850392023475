using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using BatchRec.Interactions;
using BatchRec.Train.Encoders;
using BatchRec.Train.Features;
using TorchSharp;

namespace BatchRec.Train;

/// <summary>Epochs of steps; after each of them a validation, a checkpoint, and the question whether to go on.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly ValidationSet? _validation;
    private readonly TrainOptions _options;
    private readonly ulong _seed;
    private readonly int _epochs;
    private readonly bool _averaged;
    private readonly string _folder;
    private readonly IProgress<TrainProgress>? _progress;
    private readonly Func<IReadOnlyList<EpochResult>, bool>? _goesOn;
    private readonly Vocabulary _vocabulary;
    private readonly Batches _batches;
    private readonly List<string> _notes = [];
    private readonly Learner _learner;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly double _secondsBefore;
    private Checkpoint _state;

    /// <param name="averaged">Without validation: whether the model is the average of the weights.</param>
    /// <param name="goesOn">Asked after each epoch, whose checkpoint stands by then.</param>
    public TrainingLoop(
        Sequences train, ValidationSet? validation, TrainOptions options, ulong seed, int epochs, bool averaged, string folder, IProgress<TrainProgress>? progress,
        Func<IReadOnlyList<EpochResult>, bool>? goesOn = null)
    {
        (_options, _seed, _epochs, _folder, _progress, _goesOn) = (options, seed, epochs, folder, progress, goesOn);
        _validation = validation is { Queries.Length: > 0 } ? validation : null;
        _averaged = averaged && options.AverageDecay > 0;
        _vocabulary = Vocabulary.Of(train, options, _notes);
        _batches = new Batches(train, _vocabulary, options, seed);
        if (_batches.Count == 0)
            throw new BatchRecException($"There is nothing to train on: none of {train.UserCount:N0} users has two events before the cutoff. Give the source more history, or train with a later one.");

        torch.set_num_threads(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        var features = LogFeatures.Of(train, _vocabulary, _notes);
        _learner = new Learner(_vocabulary, options, seed, features);
        var fingerprint = Fingerprint(train, features);
        _state = new Checkpoint { Fingerprint = fingerprint };
        if (Checkpoint.Read(folder, fingerprint) is var (state, arrays))
        {
            _learner.Load(arrays, state.Step);
            _state = state;
        }
        _secondsBefore = _state.Seconds;
    }

    public TrainingResult Run(CancellationToken ct)
    {
        string? stopped;
        while ((stopped = Stopped()) is null)
        {
            Train(ct);
            Validate(ct);
            Save();
        }
        var model = ModelFile.Read(BestPath);
        return new TrainingResult(model, _state.BestEpoch, _state.BestIsAveraged, _state.BestNdcg, _state.Curve, Seconds, stopped, _notes);
    }

    private string BestPath => Path.Combine(_folder, ModelFile.Name);

    private double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    private string? Stopped()
    {
        var (done, sinceBest) = (_state.Epoch, _state.Epoch - _state.BestEpoch);
        if (done >= _epochs) return $"The schedule of {_epochs} epochs ended.";
        if (_validation is not null && _options.Patience > 0 && sinceBest >= _options.Patience)
            return $"Validation NDCG@10 has not improved in {sinceBest} epochs (Train:Patience).";
        if (done > 0 && _options.MaxMinutes > 0 && Seconds > 60 * _options.MaxMinutes)
            return $"The time was up after {done} of {_epochs} epochs (Train:MaxMinutes).";
        if (done > 0 && _goesOn?.Invoke(_state.Curve) == false) return $"Stopped after {done} of {_epochs} epochs, as asked.";
        return null;
    }

    /// <summary>The rest of the epoch under way.</summary>
    private void Train(CancellationToken ct)
    {
        var epoch = _batches.Of(_state.Epoch);
        while (_state.Batch < _batches.Count)
        {
            SaveWhenCancelled(ct);
            var batch = epoch[_state.Batch];
            var rate = Rate(_state.Step);
            // A batch of windows that lie within one basket each asks nothing, and is no step.
            var asks = batch.Targets.Length > 0;
            var loss = asks ? _learner.Step(batch, _state.Step, rate) : 0;
            if (!double.IsFinite(loss)) throw Diverged($"the loss is {loss}", rate);
            _state = _state with
            {
                Batch = _state.Batch + 1, Step = _state.Step + (asks ? 1 : 0), LossSum = _state.LossSum + loss * batch.Targets.Length, Targets = _state.Targets + batch.Targets.Length,
            };
            Report(null);
        }
    }

    /// <summary>Measures the weights and their average, keeps the better one if it is the best so far, and closes the epoch.</summary>
    private void Validate(CancellationToken ct)
    {
        var (ndcg, averagedNdcg) = (double.NaN, double.NaN);
        if (_validation is not null)
        {
            try
            {
                ndcg = Ndcg(_learner.Network, ct);
                if (_learner.Averaged is { } average) averagedNdcg = Ndcg(average, ct);
            }
            catch (OperationCanceledException)
            {
                SaveWhenCancelled(ct);
                throw;
            }
        }
        var done = _state.Epoch + 1;
        var averaged = _validation is null ? _averaged : averagedNdcg > ndcg;
        var score = averaged ? averagedNdcg : ndcg;
        var result = new EpochResult(done, _state.LossSum / Math.Max(1, _state.Targets), ndcg, averagedNdcg, Seconds);
        // Without validation the last is the best.
        if (_validation is null || double.IsNaN(_state.BestNdcg) || score > _state.BestNdcg)
        {
            WriteBest(averaged);
            _state = _state with { BestEpoch = done, BestIsAveraged = averaged, BestNdcg = score };
        }
        Report(_validation is null ? null : score);
        _state = _state with { Epoch = done, Batch = 0, LossSum = 0, Targets = 0, Curve = [.. _state.Curve, result] };
    }

    private double Ndcg(SequenceModel network, CancellationToken ct)
    {
        using var scope = torch.NewDisposeScope();
        return Validation.Ndcg(network, _learner.ItemTable(network), _vocabulary, _options, _validation!, ct);
    }

    private double Rate(long step) => Schedule.RateAt(_options, step, (long)_options.MaxEpochs * _batches.Count);

    private void SaveWhenCancelled(CancellationToken ct)
    {
        if (!ct.IsCancellationRequested) return;
        Save();
        ct.ThrowIfCancellationRequested();
    }

    /// <summary>A crash between the best model and the checkpoint repeats the epoch, which writes the same best model again.</summary>
    private void Save()
    {
        var arrays = _learner.Arrays();
        foreach (var (name, weights) in arrays)
            if (!TensorPrimitives.IsFiniteAll(weights.Values)) throw Diverged($"{name} isn't finite", Rate(_state.Step));
        (_state with { Seconds = Seconds }).Write(_folder, arrays);
    }

    private void WriteBest(bool averaged)
    {
        using var scope = torch.NewDisposeScope();
        var network = averaged ? _learner.Averaged! : _learner.Network;
        var arrays = network.Arrays();
        if (_learner.ItemTable(network) is { } fused) arrays[FusedItems.Table] = fused.ToArray();
        ModelFile.Write(BestPath, new TrainedModel { Options = _options, Vocabulary = _vocabulary, Seed = _seed, Parameters = arrays });
    }

    private void Report(double? validation) => _progress?.Report(new TrainProgress(
        _state.Epoch + 1, _epochs, _state.Batch, _batches.Count, _state.LossSum / Math.Max(1, _state.Targets), validation, Seconds));

    private BatchRecException Diverged(string what, double rate)
    {
        var checkpoint = Path.Combine(_folder, Checkpoint.FileName);
        var good = File.Exists(checkpoint) ? $"The last good checkpoint is {checkpoint}." : "There is no checkpoint before it.";
        return new BatchRecException(
            $"Training diverged: {what} at epoch {_state.Epoch + 1}, batch {_state.Batch + 1} of {_batches.Count} (step {_state.Step + 1}), rate {rate:G3}. {good} "
            + $"Lower Train:LearningRate ({_options.LearningRate}), or set Train:ClipNorm to 1, and start a new run.");
    }

    /// <summary>What decides the result, hashed: options, seed, epochs, the log and its features.</summary>
    private string Fingerprint(Sequences log, LogFeatures features)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Time doesn't change what a step computes: a longer MaxMinutes may continue.
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(new { Options = HeadPrecision.Resolved(_options) with { MaxMinutes = 0 }, Seed = _seed, Epochs = _epochs, _averaged, Validated = _validation?.Queries.Length, log.ItemCount }));
        hash.AppendData(MemoryMarshal.AsBytes(log.Offsets.AsSpan()));
        for (var start = 0; start < log.Items.Length; start += 1 << 20)
        {
            var length = Math.Min(1 << 20, log.Items.Length - start);
            hash.AppendData(MemoryMarshal.AsBytes(log.Items.AsSpan(start, length)));
            hash.AppendData(MemoryMarshal.AsBytes(log.Times.AsSpan(start, length)));
            hash.AppendData(log.Events.AsSpan(start, length));
        }
        foreach (var (schema, table) in new[] { (_vocabulary.ItemFeatures, features.Items), (_vocabulary.UserFeatures, features.Users) })
        {
            hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(schema));
            table?.AppendTo(hash);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose() => _learner.Dispose();
}
