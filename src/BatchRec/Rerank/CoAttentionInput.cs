namespace BatchRec.Rerank;

/// <summary>What <see cref="CoAttention"/> looks at, as rows of a table of vectors; -1 where there is none.</summary>
/// <param name="Cases">B</param>
/// <param name="Length">L</param>
/// <param name="Candidates">C</param>
/// <param name="FacetCount">M</param>
/// <param name="Events">(B × L) the latest first</param>
/// <param name="Facets">(B × C × M)</param>
internal sealed record CoAttentionInput(int Cases, int Length, int Candidates, int FacetCount, int[] Events, int[] Facets);
