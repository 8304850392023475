using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Train;

namespace BatchRec.Rerank;

/// <summary>What a re-ranker learns from: the last events of training histories, each among the model's best candidates at that moment.</summary>
/// <param name="Queries">(cases)</param>
/// <param name="Targets">(cases) item index</param>
/// <param name="Candidates">(cases)(at most <see cref="RerankOptions.Candidates"/>) item indices, without the target</param>
internal sealed record RerankCases(Query[] Queries, int[] Targets, int[][] Candidates)
{
    private const int CasesASearch = 8_192;

    /// <param name="seen">What lists leave out: no candidate, and no target.</param>
    /// <param name="targets"><see cref="TrainOptions.Targets"/></param>
    public static RerankCases Of(Sequences train, SasrecRecommender model, SeenItems seen, string targets, RerankOptions options, ulong seed, CancellationToken ct)
    {
        var asked = Asked(train, model, seen, targets, options);
        var sample = Sample.Positions(asked.Count, options.MaxCases, i => asked[i].Query.User, seed);
        Query[] queries = [.. sample.Select(i => asked[i].Query)];
        int[] wanted = [.. sample.Select(i => asked[i].Target)];
        var candidates = new int[queries.Length][];
        var search = ((ISearchedRecommender)model).Search([])!;
        for (var from = 0; from < queries.Length; from += CasesASearch)
        {
            var start = from;
            // One more than wanted: the target is among them more often than not.
            search.Find(train, queries[from..Math.Min(from + CasesASearch, queries.Length)], options.Candidates + 1,
                (int i, ref int[] room) => seen.Of(train, queries[start + i], ref room),
                (i, items, _) => candidates[start + i] = [.. items.ToArray().Where(item => item != wanted[start + i]).Take(options.Candidates)], ct);
        }
        return new RerankCases(queries, wanted, candidates);
    }

    private static List<(Query Query, int Target)> Asked(Sequences train, SasrecRecommender model, SeenItems seen, string targets, RerankOptions options)
    {
        var (questions, asked, room) = (new Questions(train, targets), new List<(Query, int)>(), Array.Empty<int>());
        var last = new Queue<(Query Query, int Target)>();
        for (var user = 0; user < train.UserCount; user++)
        {
            var after = -1L;
            for (var at = train.Offsets[user] + 1; at < train.Offsets[user + 1]; at++)
            {
                after = questions.AskedAfter(at, after);
                var query = new Query(user, after + 1, train.Times[at]);
                if (after < 0 || !model.Knows(train.Items[at]) || !model.CanScore(train, query) || seen.Of(train, query, ref room).BinarySearch(train.Items[at]) >= 0) continue;
                last.Enqueue((query, train.Items[at]));
                if (last.Count > options.TargetsPerUser) last.Dequeue();
            }
            asked.AddRange(last);
            last.Clear();
        }
        return asked;
    }
}
