using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>
/// What a step changes: the network's parameters, AdamW's moments, the average of the parameters. The step is the fast one: scores exist only where
/// there is a target, a chunk at a time, and their gradient is handed to the encoder's backward pass.
/// </summary>
internal sealed class Learner : IDisposable
{
    private readonly TrainOptions _options;
    private readonly Device _device;
    private readonly ulong _seed;
    private readonly (string Name, Parameter Parameter)[] _parameters;
    private readonly Parameter[] _averages;
    private readonly AdamW _optimizer;

    /// <param name="rows">items of the vocabulary</param>
    public Learner(int rows, TrainOptions options, ulong seed)
    {
        (_options, _seed, _device) = (options, seed, TrainDevice.Of(options.Device));
        Network = new Sasrec(rows, options);
        Network.Initialise(seed);
        Network.to(_device);
        _parameters = [.. Network.named_parameters().Select(pair => (pair.name, pair.parameter))];
        _optimizer = optim.AdamW(Network.parameters(), options.LearningRate, weight_decay: options.WeightDecay);
        if (options.AverageDecay > 0)
        {
            Averaged = new Sasrec(rows, options);
            Averaged.Initialise(seed);
            Averaged.to(_device);
        }
        _averages = [.. Averaged?.parameters() ?? []];
    }

    public Sasrec Network { get; }

    /// <summary>The same network with the exponential average of its parameters; null where the options keep none.</summary>
    public Sasrec? Averaged { get; }

    /// <param name="step">Steps done before, over all epochs.</param>
    /// <returns>Mean cross-entropy (nats) over the batch's targets, before the step. Where it isn't finite, nothing has changed.</returns>
    public double Step(Batch batch, long step, double rate)
    {
        using var scope = NewDisposeScope();
        Network.DropoutSeed = Randomness.Seed(_seed, 3, (ulong)step);
        var outputs = Network.forward(tensor(batch.Items, [batch.Rows, batch.Length], device: _device))   // (B, L, D)
            .view(-1, _options.Dimensions)
            .index_select(0, tensor(batch.Positions, device: _device));                                 // (n, D)
        var (users, items) = (Network.UserVectors(outputs), Network.ItemVectors());                     // (n, D), (V, D)
        var loss = ChunkedCrossEntropy.Backward(users, items, tensor(batch.Targets, device: _device));
        if (!double.IsFinite(loss)) return loss;
        if (_options.ClipNorm > 0) nn.utils.clip_grad_norm_(Network.parameters(), _options.ClipNorm);
        foreach (var group in _optimizer.ParamGroups) group.LearningRate = rate;
        _optimizer.step();
        Network.zero_grad();
        Average(step);
        return loss;
    }

    /// <summary>The memory is short at first, so that the average isn't anchored to the random start.</summary>
    private void Average(long step)
    {
        if (_averages.Length == 0) return;
        using var withoutGradients = no_grad();
        var weight = tensor((float)(1 - Math.Min(_options.AverageDecay, (1.0 + step) / (10.0 + step))), device: _device);
        for (var i = 0; i < _averages.Length; i++) _averages[i].lerp_(_parameters[i].Parameter, weight);
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
        var moments = _optimizer.state_dict().State.Cast<AdamW.State>().ToArray();
        for (var i = 0; i < _parameters.Length; i++)
        {
            var (name, parameter) = _parameters[i];
            yield return ($"weights/{name}", parameter);
            yield return ($"first_moment/{name}", moments[i].exp_avg);
            yield return ($"second_moment/{name}", moments[i].exp_avg_sq);
            if (_averages.Length > 0) yield return ($"average/{name}", _averages[i]);
        }
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        Averaged?.Dispose();
        Network.Dispose();
    }
}
