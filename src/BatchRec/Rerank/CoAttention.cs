using BatchRec.Train;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Rerank;

/// <summary>
/// Mutual attention of a user's events X and a candidate's facets Y: A_U = softmax(W_a X Yᵀ), what of the candidate each event looks at; A_V = softmax(W_a Y Xᵀ), what of the
/// history each facet looks at; Z_U = A_U Y, Z_V = A_V X, pooled; s = Z_U · Z_V, summed over heads. Both sides share one matrix of products, as in Parikh et al., A Decomposable
/// Attention Model (2016), eq. 1-2, and Lu et al., Hierarchical Question-Image Co-Attention (2016), eq. 3-4.
/// </summary>
/// <remarks>
/// With one facet, the candidate itself, A_U is 1 and Z_V is attention to the history by the candidate: Zhou et al., Deep Interest Network (2018), eq. 3.
/// B: cases, L: events, the latest first, C: candidates, M: facets of a candidate, D: width, H: heads.
/// </remarks>
internal sealed class CoAttention : Module
{
    /// <summary>Score of what isn't there: beside it no weight is left.</summary>
    internal const float Absent = -1e9f;

    // W_a, in heads of D/H dimensions: its rank.
    private readonly Linear events;
    private readonly Linear facets;
    private readonly Linear eventValues;
    private readonly Linear facetValues;

    // Added to the vectors: the age of an event, the kind of a facet.
    private readonly Parameter positions;
    private readonly Parameter slots;

    // By these the rows of Z_U and of Z_V are pooled; all alike to begin with.
    private readonly Parameter recency;
    private readonly Parameter share;
    private readonly int _heads;

    /// <param name="longest">of L</param>
    /// <param name="facetCount">M</param>
    public CoAttention(int width, int heads, int longest, int facetCount) : base(nameof(CoAttention))
    {
        _heads = heads;
        (events, facets) = (Linear(width, width), Linear(width, width));
        (eventValues, facetValues) = (Linear(width, width), Linear(width, width));
        (positions, slots) = (Owned(zeros(longest, width)), Owned(zeros(facetCount, width)));
        (recency, share) = (Owned(zeros(longest)), Owned(zeros(facetCount)));
        RegisterComponents();
    }

    /// <summary>Parameters to begin with, under which every score is 0: what is learnt is what has to be changed.</summary>
    public void Start(ulong seed)
    {
        this.Initialise(seed);
        init.zeros_(facetValues.weight);
    }

    /// <param name="table">(R, D) vectors</param>
    /// <returns>(B, C) s</returns>
    public Tensor Scores(Tensor table, CoAttentionInput input)
    {
        var (cases, length, candidates, kinds, width) = (input.Cases, input.Length, input.Candidates, input.FacetCount, table.shape[1]);
        var (noEvent, noFacet) = (Mask(input.Events, table.device).view(cases, length), Mask(input.Facets, table.device).view(cases, candidates, kinds));
        var x = Rows(table, input.Events).view(cases, length, width) + positions.narrow(0, 0, length);                            // (B, L, D)
        var y = (Rows(table, input.Facets).view(cases, candidates, kinds, width) + slots).view(cases, candidates * kinds, width);   // (B, CM, D)

        var products = Heads(events.forward(x) / Math.Sqrt((double)width / _heads)).matmul(Heads(facets.forward(y)).transpose(2, 3));   // (B, H, L, CM)
        var ofEvents = (products.view(cases, _heads, length, candidates, kinds) + noFacet.view(cases, 1, 1, candidates, kinds)).softmax(4).view(products.shape);   // A_U
        var ofFacets = (products + noEvent.view(cases, 1, length, 1)).softmax(2);                                                  // A_V
        var byRecency = (recency.narrow(0, 0, length) + noEvent).softmax(1).view(cases, 1, 1, length).expand(cases, _heads, 1, length);
        var byKind = (share + noFacet).softmax(2).view(cases, 1, candidates * kinds, 1);

        // Pooled on the smaller side of each product.
        var user = byRecency.matmul(ofEvents).transpose(2, 3) * Heads(facetValues.forward(y));                                     // (B, H, CM, D/H)
        var item = ofFacets.transpose(2, 3).matmul(Heads(eventValues.forward(x))) * byKind;                                        // (B, H, CM, D/H)
        return (PerCandidate(user) * PerCandidate(item)).sum([1, 3]);                                                              // Z_U · Z_V

        Tensor PerCandidate(Tensor rows) => rows.view(cases, _heads, candidates, kinds, -1).sum(3);                                // (B, H, C, D/H)
    }

    private Tensor Heads(Tensor rows) => rows.view(rows.shape[0], rows.shape[1], _heads, -1).transpose(1, 2).contiguous();           // (B, H, n, D/H)

    /// <param name="rows">-1 for none, whose vector counts for nothing</param>
    private static Tensor Rows(Tensor table, int[] rows) => table.index_select(0, tensor(Array.ConvertAll(rows, row => (long)Math.Max(row, 0)), device: table.device));

    private static Tensor Mask(int[] rows, Device device) => tensor(Array.ConvertAll(rows, row => row < 0 ? Absent : 0f), device: device);

    private static Parameter Owned(Tensor values)
    {
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
