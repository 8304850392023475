namespace BatchRec.Runs;

/// <summary>A row of <c>batchrec.evaluation</c>: one metric of one model.</summary>
/// <param name="Repeats"><c>kept</c>: items that the user has had may come again; <c>filtered</c>: they don't count; <c>served</c>: by the pipeline's own rule.</param>
/// <param name="Segment"><c>all</c>, or the part of the users: <c>history 1-5</c>.</param>
/// <param name="Metric">As it prints: <c>NDCG@10</c>.</param>
/// <param name="Value">NaN where there was no case to judge.</param>
/// <param name="Low">Lower end of the 95 % bootstrap interval over users; null where none was drawn.</param>
public sealed record MetricRow(
    string Protocol, string Repeats, string Segment, string Model, string Metric, double Value, double? Low, double? High, long Cases);
