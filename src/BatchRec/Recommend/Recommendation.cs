using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using BatchRec.Interactions;
using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Recommend;

/// <summary>
/// Top-N lists for every user with a history, over the whole catalogue, exactly. A shard is a range of users and one file,
/// <c>part-00000.parquet</c> (<see cref="ListShard"/> tells its columns); <c>default.parquet</c> is the list for everybody else.
/// </summary>
/// <param name="data">Everything up to as-of.</param>
/// <param name="recommender">The refitted model, its blend with baselines, or the baseline that won.</param>
/// <param name="source">What its items carry in the <c>source</c> column.</param>
/// <param name="asOf">microseconds since 1970, UTC: the instant at which the lists are asked for</param>
public sealed class Recommendation(
    PreparedData data, IRecommender recommender, string source, RecommendOptions options, long asOf)
{
    /// <summary>What items carry in the <c>source</c> column; <see cref="DefaultList.Source"/> is the last.</summary>
    public const string FromModel = "model", FromBaseline = "baseline", FromBlend = "blend";

    /// <summary>Fact of the artefact: the recommender's name.</summary>
    public const string Recommender = "recommender";

    private const int MostUsersABlock = 1_024, MostUsersASearch = 16_384;

    private readonly Sequences _log = data.Sequences;
    private readonly SeenItems _seen = SeenItems.Served(data.Sequences, options);
    private readonly bool[] _unavailable = Unavailable(data);
    private readonly IListSearch? _search = (recommender as ISearchedRecommender)?.Search(Unavailable(data));

    // Serves users whom the recommender can't, and fills up lists that come out short.
    private readonly DefaultList _fallback = DefaultList.Of(data.Sequences, asOf, options.FallbackDays, options.TopN, Unavailable(data));

    /// <summary>Makes all shards; those that an earlier attempt finished are kept, since a file is written whole or not at all.</summary>
    /// <exception cref="BatchRecException">A score isn't a number, or the disk is full.</exception>
    public void Run(ArtefactDraft draft, IProgress<StepProgress> progress, CancellationToken cancellation)
    {
        int[] users = [.. Enumerable.Range(0, _log.UserCount).Where(user => _log.Offsets[user + 1] > _log.Offsets[user])];
        for (var shard = 0; shard < options.Shards; shard++)
        {
            var (from, until) = ((int)((long)users.Length * shard / options.Shards), (int)((long)users.Length * (shard + 1) / options.Shards));
            var finished = Finished(draft, shard);
            if (!File.Exists(finished)) Lists(users[from..until], cancellation).Write(finished, data, source);
            draft.RowsOf(ListShard.FileName(shard), until - from);
            progress.Report(new StepProgress((shard + 1.0) / options.Shards, $"{until:N0} of {users.Length:N0} users"));
        }
        _fallback.Write(Path.Combine(draft.Folder, TopNLists.DefaultFile), data.Items);
        // Moved at the very end: until then the next attempt finds them where it looks.
        for (var shard = 0; shard < options.Shards; shard++)
            File.Move(Finished(draft, shard), Path.Combine(draft.Folder, ListShard.FileName(shard)));
        draft.Rows = users.Length;
        draft.Fact(Recommender, recommender.Name);
        draft.Fact(TopNLists.CatalogueItemsFact, _unavailable.LongCount(unavailable => !unavailable));
    }

    /// <summary>Named by what decides its content too: an attempt under other options makes its shards anew.</summary>
    private string Finished(ArtefactDraft draft, int shard)
    {
        var made = JsonSerializer.SerializeToUtf8Bytes(new { options, source, recommender.Name, asOf });
        return Path.Combine(draft.WorkFolder, $"{Convert.ToHexStringLower(SHA256.HashData(made))[..12]}-{ListShard.FileName(shard)}");
    }

    private ListShard Lists(int[] users, CancellationToken cancellation) =>
        _search is { } search ? SearchedLists(users, search, cancellation) : ScoredLists(users, cancellation);

    private ListShard ScoredLists(int[] users, CancellationToken cancellation)
    {
        var lists = new ListShard(users, options.TopN);
        var size = (int)Math.Clamp((long)options.ScoreBlockMiB * 1_048_576 / sizeof(float) / Math.Max(recommender.ItemCount, 1), 1, MostUsersABlock);
        var scores = ArrayPool<float>.Shared.Rent(size * recommender.ItemCount);
        for (var start = 0; start < users.Length; start += size)
        {
            cancellation.ThrowIfCancellationRequested();
            FillBlock(lists, start, Math.Min(start + size, users.Length), scores, cancellation);
        }
        ArrayPool<float>.Shared.Return(scores);
        return lists;
    }

    /// <summary>As <see cref="ScoredLists"/>, without writing down a score that is in no list.</summary>
    private ListShard SearchedLists(int[] users, IListSearch search, CancellationToken cancellation)
    {
        var lists = new ListShard(users, options.TopN);
        var queries = Queries(users);
        int[] served = [.. Enumerable.Range(0, users.Length).Where(row => HasHistory(queries[row]) && search.CanServe(_log, queries[row]))];
        foreach (var rows in served.Chunk(MostUsersASearch))
            search.Find(_log, Array.ConvertAll(rows, row => queries[row]), options.TopN,
                (int i, ref int[] room) => _seen.Of(_log, queries[rows[i]], ref room), (i, items, scores) => lists.Set(rows[i], items, scores), cancellation);
        int[] excluded = [];
        for (var row = 0; row < users.Length; row++)
            if (!lists.IsFull(row)) lists.FillUp(row, _fallback, _seen.Of(_log, queries[row], ref excluded));
        return lists;
    }

    private Query[] Queries(int[] users) => Array.ConvertAll(users, user => new Query(user, _log.Offsets[user + 1], asOf));

    private bool HasHistory(Query query) => query.End - _log.Offsets[query.User] >= options.MinHistory;

    private void FillBlock(ListShard lists, int from, int until, float[] scores, CancellationToken cancellation)
    {
        var queries = Queries(lists.Users[from..until]);
        var items = recommender.ItemCount;
        recommender.Score(_log, queries, scores.AsSpan(0, queries.Length * items));
        Blocks.For(0, queries.Length, Environment.ProcessorCount, () => new Room(options.TopN), (i, own) =>
        {
            var excluded = _seen.Of(_log, queries[i], ref own.Excluded);
            if (HasHistory(queries[i]))
                lists.Select(from + i, own.Top, scores.AsSpan(i * items, items), excluded, _unavailable);
            lists.FillUp(from + i, _fallback, excluded);
        }, cancellation);
    }

    /// <summary>One thread's room for selecting.</summary>
    private sealed class Room(int n)
    {
        public readonly TopN Top = new(n);
        public int[] Excluded = [];
    }

    private static bool[] Unavailable(PreparedData data) => [.. Enumerable.Range(0, data.Items.Count).Select(item => !data.Catalogue.IsAvailable(item))];
}
