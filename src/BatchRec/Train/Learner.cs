using BatchRec.Train.Encoders;
using BatchRec.Train.Features;
using BatchRec.Train.Losses;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>
/// What a step changes: the network's parameters, AdamW's moments, the average of the parameters. The step is the fast one: scores exist only where
/// there is a target, a chunk at a time, and their gradient is handed to the encoder's backward pass. With a sample of negatives only the rows of the item
/// table that the step touches take part.
/// </summary>
internal sealed class Learner : IDisposable
{
    private readonly TrainOptions _options;
    private readonly Device _device;
    private readonly ulong _seed;
    private readonly (string Name, Parameter Parameter)[] _parameters;
    private readonly Parameter[] _averages;
    private readonly AdamW _optimizer;
    private readonly int _rows;
    private readonly bool _bf16;
    private readonly LogFeatures _features;

    // Of all items, where the loss is over the whole catalogue.
    private readonly FeatureInput? _itemFeatures;
    private readonly int[] _allRows = [];

    // Where negatives are sampled; null where the loss is over the whole catalogue.
    private readonly NegativeSampler? _sampler;
    private readonly RowsAdamW? _tableOptimizer;
    private readonly int[] _room = [];

    // Averaging a large table costs more than the rest of a step: it is done so many steps at a time.
    private const int TableAverageSteps = 16;

    public Learner(Vocabulary vocabulary, TrainOptions options, ulong seed, LogFeatures? features = null)
    {
        var rows = vocabulary.Rows;
        (_options, _seed, _device, _rows, _features) = (options, seed, TrainDevice.Of(options.Device), rows, features ?? new LogFeatures(null, null));
        _bf16 = HeadPrecision.IsBf16(options);
        Network = SequenceModel.Of(vocabulary, options);
        Network.Initialise(seed);
        Network.to(_device);
        _parameters = [.. Network.named_parameters().Select(pair => (pair.name, pair.parameter))];
        if (options.LossOver(rows) != TrainOptions.FullLoss)
        {
            _sampler = new NegativeSampler(rows, options.Negatives, options.InBatchNegatives);
            _tableOptimizer = new RowsAdamW(Network.ItemTable, options.WeightDecay);
            _room = new int[rows];
            Array.Fill(_room, -1);
        }
        else if (_features.Items is { } all)
        {
            _itemFeatures = FeatureInput.Of(all, _device);
            _allRows = [.. Enumerable.Range(0, rows)];
        }
        _optimizer = optim.AdamW(_sampler is null ? Network.parameters() : BesideTable, options.LearningRate, weight_decay: options.WeightDecay);
        if (options.AverageDecay > 0)
        {
            Averaged = SequenceModel.Of(vocabulary, options);
            Averaged.Initialise(seed);
            Averaged.to(_device);
        }
        _averages = [.. Averaged?.parameters() ?? []];
    }

    public SequenceModel Network { get; }

    /// <summary>The same network with the exponential average of its parameters; null where the options keep none.</summary>
    public SequenceModel? Averaged { get; }

    /// <param name="step">Steps done before, over all epochs.</param>
    /// <returns>Mean cross-entropy (nats) over the batch's targets, before the step. Where it isn't finite, nothing has changed.</returns>
    public double Step(Batch batch, long step, double rate)
    {
        using var scope = NewDisposeScope();
        return _sampler is null ? FullStep(batch, step, rate) : SampledStep(_sampler, _tableOptimizer!, batch, step, rate);
    }

    private double FullStep(Batch batch, long step, double rate)
    {
        using var told = TellUsers(batch);
        var fused = _itemFeatures is null ? null : Network.Fused(Network.ItemTable, _itemFeatures, Kept(_allRows, step));    // (V, D)
        var table = fused is null ? null : new Parameter(fused.detach());
        var targets = tensor(batch.Targets, device: _device);
        var loss = Backward(batch, batch.Items, table, told, step, (users, items) => ChunkedCrossEntropy.Backward(users, items, targets, _bf16));
        if (!double.IsFinite(loss)) return loss;
        // Histories and scores meet in the table: its gradient goes through the features once.
        if (fused is not null) autograd.backward(fused, table!.grad!);
        if (_options.ClipNorm > 0) nn.utils.clip_grad_norm_(Network.parameters(), _options.ClipNorm);
        Update(step, rate);
        return loss;
    }

    private double SampledStep(NegativeSampler sampler, RowsAdamW tableOptimizer, Batch batch, long step, double rate)
    {
        var sample = sampler.Draw(batch.Targets, Randomness.Seed(_seed, 4, (ulong)step));
        var touched = TouchedRows.Of(batch, sample, _room);
        var rows = tensor(Array.ConvertAll(touched.Rows, row => (long)row), device: _device);           // (R)
        var ids = new Parameter(Network.ItemTable.index_select(0, rows).detach());                      // (R, D)
        using var told = TellUsers(batch);
        using var features = _features.Items is { } all ? FeatureInput.Of(all.Take(touched.Rows), _device) : null;
        var fused = features is null ? null : Network.Fused(ids, features, Kept(touched.Rows, step));
        var table = fused is null ? ids : new Parameter(fused.detach());
        var (negatives, positives) = (tensor(touched.Negatives, device: _device), tensor(touched.Targets, device: _device));     // (N), (n)
        var loss = Backward(batch, touched.Items, table, told, step, (users, items) => NegativesLoss.Backward(
            users, items.index_select(0, negatives), items.index_select(0, positives), batch.Targets, sample, _options.SigmoidWeight(_rows), _bf16));
        if (!double.IsFinite(loss)) return loss;
        if (fused is not null) autograd.backward(fused, table.grad!);
        if (_options.ClipNorm > 0) nn.utils.clip_grad_norm_([.. BesideTable, ids], _options.ClipNorm);
        tableOptimizer.Step(rows, ids.grad!, step, rate);
        Update(step, rate);
        return loss;
    }

    /// <summary>All parameters' gradients, and the table's; with <see cref="TrainOptions.AdversarialNorm"/> those of the same batch on the worst table nearby besides.</summary>
    /// <param name="history">(Rows × Length) rows of the table</param>
    /// <param name="table">(R, D) a leaf; null: the network's own</param>
    /// <param name="loss">of user vectors (n, D) and item vectors (R, D), whose gradients it leaves behind</param>
    /// <returns>the loss on the table itself; where it isn't finite there are no gradients</returns>
    private double Backward(Batch batch, int[] history, Parameter? table, FeatureInput? told, long step, Func<Tensor, Tensor, double> loss)
    {
        var value = On(table);
        if (!double.IsFinite(value) || _options.AdversarialNorm == 0) return value;
        var own = table ?? Network.ItemTable;
        var worst = new Parameter(Adversary.Worst(own, own.grad!, _options.AdversarialNorm));
        var there = On(worst);
        if (!double.IsFinite(there)) return there;
        own.grad!.add_(worst.grad!);
        return value;

        double On(Parameter? items)
        {
            // The same masks both times: only the table differs.
            Network.DropoutSeed = Randomness.Seed(_seed, 3, (ulong)step);
            var pass = Network.Pass(tensor(history, [batch.Rows, batch.Length], device: _device), batch.Lengths, batch.Events.ToTensors(batch.Rows, _device), items, told);
            var found = loss(Users(pass, batch), Network.ItemVectors(items ?? Network.ItemTable));
            if (double.IsFinite(found)) pass.Backward();
            return found;
        }
    }

    /// <returns>(n, D) of the positions that have a target</returns>
    private Tensor Users(EncoderPass pass, Batch batch) => Network.UserVectors(
        pass.Outputs.view(-1, _options.Dimensions).index_select(0, tensor(batch.Positions, device: _device)), batch.Waits.Length == 0 ? null : tensor(batch.Waits, device: _device));

    private FeatureInput? TellUsers(Batch batch) => _features.Users is { } all ? FeatureInput.Of(all.Take(batch.Users), _device) : null;

    /// <summary>Which of the items keep their own vectors in this step; those without a feature always do. Drawn by row: whoever else takes part changes nothing.</summary>
    /// <returns>(rows, 1); null where all of them do</returns>
    private Tensor? Kept(int[] rows, long step) => _options.IdDropout == 0 ? null : tensor(
        Array.ConvertAll(rows, row => _features.Items!.Has(row) && Randomness.At(_seed, 6, (ulong)step, (ulong)row).Uniform() < _options.IdDropout ? 0f : 1f), [rows.Length, 1], device: _device);

    /// <summary>The table that validation looks items up in and scores them by.</summary>
    /// <param name="network"><see cref="Network"/> or <see cref="Averaged"/></param>
    /// <returns>(V, D); null where it is the network's own</returns>
    public Tensor? ItemTable(SequenceModel network)
    {
        if (_features.Items is not { } all) return null;
        var table = network.ItemTable.ToArray();
        FusedItems.Add(network, all, Enumerable.Range(0, _rows).ToArray(), table.Values, _device);
        return tensor(table.Values, table.Shape, device: _device);
    }

    private void Update(long step, double rate)
    {
        foreach (var group in _optimizer.ParamGroups) group.LearningRate = rate;
        _optimizer.step();
        Network.zero_grad();
        Average(step);
    }

    // By name: TorchSharp makes a new object of an embedding's weight each time it is asked for.
    private static bool IsTable(string name) => name == SequenceModel.ItemTableName;

    private IEnumerable<Parameter> BesideTable => _parameters.Where(pair => !IsTable(pair.Name)).Select(pair => pair.Parameter);

    /// <summary>The memory is short at first, so that the average isn't anchored to the random start.</summary>
    private void Average(long step)
    {
        if (_averages.Length == 0) return;
        using var withoutGradients = no_grad();
        var decay = Math.Min(_options.AverageDecay, (1.0 + step) / (10.0 + step));
        var (weight, ofTable) = (Weight(decay), Weight(Math.Pow(decay, TableAverageSteps)));
        for (var i = 0; i < _averages.Length; i++)
        {
            var (name, parameter) = _parameters[i];
            if (_sampler is null || !IsTable(name)) _averages[i].lerp_(parameter, weight);
            else if ((step + 1) % TableAverageSteps == 0) _averages[i].lerp_(parameter, ofTable);
        }

        Tensor Weight(double kept) => tensor((float)(1 - kept), device: _device);
    }

    /// <summary>Everything that the next step depends on.</summary>
    public Dictionary<string, Weights> Arrays()
    {
        var arrays = new Dictionary<string, Weights>();
        foreach (var (name, tensor) in Tensors()) arrays[name] = tensor.ToArray();
        return arrays;
    }

    /// <summary>Continues where <paramref name="arrays"/> were taken, after <paramref name="steps"/> steps.</summary>
    public void Load(IReadOnlyDictionary<string, Weights> arrays, long steps)
    {
        foreach (var (name, tensor) in Tensors()) tensor.Load(name, arrays);
        foreach (var state in _optimizer.state_dict().State.Cast<AdamW.State>()) state.step = steps;
    }

    private IEnumerable<(string Name, Tensor Tensor)> Tensors()
    {
        var moments = new Queue<AdamW.State>(_optimizer.state_dict().State.Cast<AdamW.State>());
        for (var i = 0; i < _parameters.Length; i++)
        {
            var (name, parameter) = _parameters[i];
            var (first, second) = _tableOptimizer is not null && IsTable(name)
                ? (_tableOptimizer.FirstMoment, _tableOptimizer.SecondMoment)
                : (moments.Peek().exp_avg, moments.Dequeue().exp_avg_sq);
            yield return ($"weights/{name}", parameter);
            yield return ($"first_moment/{name}", first);
            yield return ($"second_moment/{name}", second);
            if (_averages.Length > 0) yield return ($"average/{name}", _averages[i]);
        }
    }

    public void Dispose()
    {
        _itemFeatures?.Dispose();
        _optimizer.Dispose();
        _tableOptimizer?.Dispose();
        Averaged?.Dispose();
        Network.Dispose();
    }
}
