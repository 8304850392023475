using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Train.Features;

/// <summary>
/// Feature-level attention: a vector of all features, Σ_f α_f φ_f with α = softmax_f(w·φ_f + b_f) over the features that are there. Zhang et al.,
/// Feature-level Deeper Self-Attention Network for Sequential Recommendation (2019), eq. 2-3, with a score a feature in place of one a dimension.
/// </summary>
/// <remarks>n: items or users, F: features, D: width. φ_f is the mean of the embeddings of what the attribute holds, or a given vector's projection.</remarks>
internal sealed class FeatureAttention : Module<FeatureInput, Tensor>
{
    private readonly ModuleList<Embedding> tables;
    private readonly Parameter score;
    private readonly Parameter bias;

    public FeatureAttention(FeatureSchema schema, int width) : base(nameof(FeatureAttention))
    {
        tables = ModuleList(schema.Columns.Select(column => Embedding(column.Rows, width)).ToArray());
        score = new Parameter(zeros(width, 1));
        bias = new Parameter(zeros(schema.Columns.Count));
        score.DetachFromDisposeScope();
        bias.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <returns>(n, D); zeros where every feature is missing</returns>
    public override Tensor forward(FeatureInput input)
    {
        var vectors = Vectors(input);
        var weights = Weights(vectors, input.Present);
        var sum = vectors[0] * weights.narrow(1, 0, 1);
        for (var feature = 1; feature < vectors.Length; feature++) sum = sum + vectors[feature] * weights.narrow(1, feature, 1);
        return sum;
    }

    /// <returns>(n, F) of sum 1 over the features that are there, 0 for those that are missing</returns>
    public Tensor Weights(FeatureInput input) => Weights(Vectors(input), input.Present);

    private Tensor Weights(Tensor[] vectors, Tensor present)
    {
        var scores = cat(Array.ConvertAll(vectors, vector => vector.mm(score)), 1) + bias;                // (n, F)
        // Where all are missing there is nothing to weigh: zeros, not NaN.
        return (scores + (present - 1.0) * 1e9).softmax(1) * present;
    }

    /// <returns>(F) of (n, D)</returns>
    public Tensor[] Vectors(FeatureInput input) => [.. input.Columns.Select((column, feature) => Vector(column, tables[feature]))];

    private static Tensor Vector(FeatureInput.Column column, Embedding table)
    {
        if (column.Vectors is { } given) return given.mm(table.weight!);                                 // (n, width) · (width, D)
        var rows = table.forward(column.Rows!);
        if (column.Owners is { } owners)
        {
            var (count, width) = (column.Share.shape[0], rows.shape[1]);
            rows = zeros(count, width, device: rows.device).scatter_add(0, owners.unsqueeze(1).expand(owners.shape[0], width), rows);
        }
        return rows * column.Share;                                                                      // (n, D)
    }
}
