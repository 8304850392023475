using System.Numerics.Tensors;
using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Recommend.Search;
using BatchRec.Train;

namespace BatchRec.Rerank;

/// <summary>What a re-ranker learns from: the last events of training histories, each among the model's best candidates at that moment.</summary>
/// <param name="Queries">(cases)</param>
/// <param name="Targets">(cases) item index</param>
/// <param name="Candidates">(cases)(1 + at most <see cref="RerankOptions.Candidates"/>) item indices, the target first</param>
/// <param name="Scores">(cases)(likewise) the model's</param>
internal sealed record RerankCases(Query[] Queries, int[] Targets, int[][] Candidates, float[][] Scores)
{
    private const int CasesASearch = 8_192, TriesATarget = 4;

    /// <param name="seen">What lists leave out: no candidate, and no target.</param>
    /// <param name="targets"><see cref="TrainOptions.Targets"/></param>
    public static RerankCases Of(Sequences train, SasrecRecommender model, SeenItems seen, string targets, RerankOptions options, ulong seed, CancellationToken ct)
    {
        var asked = Asked(train, model, seen, targets, options, ct);
        var sample = Sample.Positions(asked.Count, options.MaxCases, i => asked[i].Query.User, seed);
        Query[] queries = [.. sample.Select(i => asked[i].Query)];
        int[] wanted = [.. sample.Select(i => asked[i].Target)];
        var (candidates, scores) = (new int[queries.Length][], new float[queries.Length][]);
        var (vectors, width) = (model.ItemVectors.ToArray(), model.Dimensions);
        var search = new VectorSearch(vectors, width, [.. Enumerable.Range(0, model.ItemCount).Select(item => !model.Knows(item))]);
        for (var from = 0; from < queries.Length; from += CasesASearch)
        {
            var start = from;
            var users = model.Encode(train, queries.AsSpan(from..Math.Min(from + CasesASearch, queries.Length)));
            // One more than wanted: the target is among them more often than not.
            search.Find(users, options.Candidates + 1, (int i, ref int[] room) => seen.Of(train, queries[start + i], ref room), (i, items, found) =>
            {
                var (target, own) = (wanted[start + i], TensorPrimitives.Dot<float>(users.AsSpan(i * width, width), vectors.AsSpan(wanted[start + i] * width, width)));
                var others = items.ToArray().Zip(found.ToArray()).Where(one => one.First != target).Take(options.Candidates).ToArray();
                (candidates[start + i], scores[start + i]) = ([target, .. others.Select(one => one.First)], [own, .. others.Select(one => one.Second)]);
            }, Environment.ProcessorCount, ct);
        }
        return new RerankCases(queries, wanted, candidates, scores);
    }

    /// <summary>The histories without the targets, and without what comes after them.</summary>
    public Sequences Before(Sequences train)
    {
        var ends = train.Offsets[1..];
        foreach (var query in Queries) ends[query.User] = Math.Min(ends[query.User], query.End);
        return train.Until(ends);
    }

    private static List<(Query Query, int Target)> Asked(Sequences train, SasrecRecommender model, SeenItems seen, string targets, RerankOptions options, CancellationToken ct)
    {
        var (questions, asked, room) = (new Questions(train, targets), new List<(Query, int)>(), Array.Empty<int>());
        var (afters, last) = (new List<long>(), new List<(Query, int)>());
        for (var user = 0; user < train.UserCount; user++)
        {
            ct.ThrowIfCancellationRequested();
            var first = train.Offsets[user] + 1;
            afters.Clear();
            for (var at = first; at < train.Offsets[user + 1]; at++) afters.Add(questions.AskedAfter(at, afters.Count == 0 ? -1 : afters[^1]));
            // From the end, and not for ever: what a user has seen is collected anew for each, and whoever only repeats has no target.
            for (int i = afters.Count - 1, tries = 0; i >= 0 && last.Count < options.TargetsPerUser && tries < TriesATarget * options.TargetsPerUser; i--, tries++)
            {
                if (afters[i] < 0 || !model.Knows(train.Items[first + i])) continue;
                var query = new Query(user, afters[i] + 1, AskedAt(train, afters[i], first + i));
                if (model.CanScore(train, query) && seen.Of(train, query, ref room).BinarySearch(train.Items[first + i]) < 0) last.Add((query, train.Items[first + i]));
            }
            last.Reverse();
            asked.AddRange(last);
            last.Clear();
        }
        return asked;
    }

    /// <summary>The first night between an event and a target, or at once where there is none: a night never knows the target's own time.</summary>
    private static long AskedAt(Sequences train, long after, long target)
    {
        var night = (train.Times[after] / Sequences.MicrosecondsPerDay + 1) * Sequences.MicrosecondsPerDay;
        return night <= train.Times[target] ? night : train.Times[after];
    }
}
