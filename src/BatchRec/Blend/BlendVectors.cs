using System.Numerics.Tensors;
using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Blend;

/// <summary>
/// The part of a blend that is a product of vectors: the model's standardised score, and what is the same for all users up to its weight. A user's
/// vector is the model's × weight / deviation, followed by the weights of the latter; an item's is the model's, followed by its standardised scores.
/// </summary>
/// <remarks>
/// Mean and deviation of u·v over all items are u·v̄ and √(uᵀCu), where v̄ is the mean of the items' vectors and C their covariance: no score is needed.
/// An item that the model doesn't know has a vector of zeros and a dimension of its own, which brings it to <see cref="StandardScores.Unscored"/>.
/// </remarks>
internal sealed class BlendVectors
{
    private readonly IVectorRecommender? _model;
    private readonly int _width;
    private readonly double[] _mean, _covariance;
    private readonly float[] _units;

    /// <param name="model">null: none</param>
    /// <param name="rows">(rows)(items) standardised scores that are the same for all users</param>
    /// <param name="known">items to be scored, ascending</param>
    public BlendVectors(IVectorRecommender? model, IReadOnlyList<float[]> rows, int[] known, int itemCount)
    {
        (_model, _width) = (model, model?.Dimensions ?? 0);
        Dimensions = _width + 1 + rows.Count;
        Items = new float[(long)itemCount * Dimensions];
        int[] scored = [.. known.Where(item => model is not null && model.Knows(item))];
        (_mean, _covariance) = (new double[_width], new double[_width * _width]);
        Measure(scored);
        foreach (var item in scored) ItemVectorOf(model!, item).CopyTo(Items.AsSpan(item * Dimensions));
        // In the size of the model's own elements: the search rounds a vector's elements alike.
        var largest = model is null || scored.Length == 0 ? 1 : scored.Max(item => MathF.Abs(TensorPrimitives.MaxMagnitude(ItemVectorOf(model, item))));
        if (largest == 0) largest = 1;
        foreach (var item in known.Except(scored)) Items[(long)item * Dimensions + _width] = largest;
        _units = [largest, .. rows.Select(row => known.Select(item => MathF.Abs(row[item])).Append(0).Max() is > 0 and var most ? largest / most : 1)];
        for (var row = 0; row < rows.Count; row++)
            foreach (var item in known) Items[(long)item * Dimensions + _width + 1 + row] = rows[row][item] * _units[row + 1];
    }

    public int Dimensions { get; }

    /// <summary>(items × <see cref="Dimensions"/>)</summary>
    public float[] Items { get; }

    /// <param name="weights">of a query: the model's and those of the rows</param>
    /// <param name="constants">(queries) what the blend's score has besides, of every item</param>
    /// <returns>(queries × <see cref="Dimensions"/>)</returns>
    public float[] Users(Sequences log, Query[] queries, Func<Query, (float Model, float[] Rows)> weights, double[] constants)
    {
        var users = new float[(long)queries.Length * Dimensions];
        var encoded = _model?.Encode(log, queries) ?? [];
        Blocks.For(0, queries.Length, Environment.ProcessorCount, () => (Wide: new double[_width], Product: new double[_width]), (i, room) =>
        {
            var (model, rows) = weights(queries[i]);
            var own = users.AsSpan(i * Dimensions, Dimensions);
            if (_model is not null && model != 0 && _model.CanScore(log, queries[i]))
                constants[i] = -Standardise(encoded.AsSpan(i * _width, _width), model, own, room.Wide, room.Product);
            for (var row = 0; row < rows.Length; row++) own[_width + 1 + row] = rows[row] / _units[row + 1];
        }, default);
        return users;
    }

    /// <returns>weight × mean / deviation</returns>
    private double Standardise(ReadOnlySpan<float> user, float weight, Span<float> to, double[] wide, double[] product)
    {
        for (var k = 0; k < wide.Length; k++) wide[k] = user[k];
        product.AsSpan().Clear();
        for (var k = 0; k < wide.Length; k++)
            TensorPrimitives.MultiplyAdd(_covariance.AsSpan(k * _width, _width), wide[k], product, product);
        var (sum, variance) = (0.0, 0.0);
        for (var k = 0; k < wide.Length; k++) (sum, variance) = (sum + wide[k] * _mean[k], variance + wide[k] * product[k]);
        var (mean, scale) = Sums.Standard(sum, variance);
        for (var k = 0; k < wide.Length; k++) to[k] = (float)(weight * scale * wide[k]);
        to[_width] = scale == 0 ? 0 : (float)(weight * (StandardScores.Unscored + scale * mean) / _units[0]);
        return weight * scale * mean;
    }

    private void Measure(int[] scored)
    {
        if (scored.Length == 0) return;
        var off = new double[_width];
        foreach (var item in scored)
        {
            var vector = ItemVectorOf(_model!, item);
            for (var k = 0; k < _width; k++) _mean[k] += (double)vector[k] / scored.Length;
        }
        foreach (var item in scored)
        {
            var vector = ItemVectorOf(_model!, item);
            for (var k = 0; k < _width; k++) off[k] = vector[k] - _mean[k];
            for (var k = 0; k < _width; k++)
            {
                var row = _covariance.AsSpan(k * _width, _width);
                TensorPrimitives.MultiplyAdd(off, off[k] / scored.Length, row, row);
            }
        }
    }

    private static ReadOnlySpan<float> ItemVectorOf(IVectorRecommender model, int item) => model.ItemVectors.Slice(item * model.Dimensions, model.Dimensions);
}
