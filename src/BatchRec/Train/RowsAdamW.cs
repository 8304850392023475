using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>
/// AdamW for a table of which a step touches few rows: the others, their moments and their decay rest, so that a step costs what it touches. (The lazy variant
/// of sparse gradients; a row's moments are corrected by the count of all steps.) Loshchilov and Hutter 2019, algorithm 2.
/// </summary>
internal sealed class RowsAdamW : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly Tensor _table;
    private readonly double _decay;

    /// <param name="table">(V, D)</param>
    /// <param name="decay">weight decay</param>
    public RowsAdamW(Tensor table, double decay)
    {
        (_table, _decay) = (table, decay);
        (FirstMoment, SecondMoment) = (zeros_like(table).DetachFromDisposeScope(), zeros_like(table).DetachFromDisposeScope());
    }

    /// <summary>(V, D)</summary>
    public Tensor FirstMoment { get; }

    /// <summary>(V, D)</summary>
    public Tensor SecondMoment { get; }

    /// <param name="rows">(R) each once</param>
    /// <param name="gradient">(R, D)</param>
    /// <param name="step">steps done before</param>
    public void Step(Tensor rows, Tensor gradient, long step, double rate)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var first = FirstMoment.index_select(0, rows) * Beta1 + gradient * (1 - Beta1);
        var second = SecondMoment.index_select(0, rows) * Beta2 + gradient * gradient * (1 - Beta2);
        var (firstBias, secondBias) = (1 - Math.Pow(Beta1, step + 1), 1 - Math.Pow(Beta2, step + 1));
        var change = first * (rate / firstBias) / ((second * (1 / secondBias)).sqrt() + Epsilon);
        _table.index_put_(_table.index_select(0, rows) * (1 - rate * _decay) - change, [rows]);
        FirstMoment.index_put_(first, [rows]);
        SecondMoment.index_put_(second, [rows]);
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
