using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Runs;
using BatchRec.Train;

namespace BatchRec.Recommend;

/// <summary>
/// Top-N lists for every user with a history, over the whole catalogue, exactly. A shard is a range of users and one file,
/// <c>part-00000.parquet</c> (<see cref="ListShard"/> tells its columns), with <c>delta-00000.parquet</c> where it is an earlier night's and a few lists are new;
/// <c>default.parquet</c> is the list for everybody else.
/// </summary>
/// <param name="data">Everything up to as-of.</param>
/// <param name="recommender">The refitted model, its blend with baselines, or the baseline that won.</param>
/// <param name="source">What its items carry in the <c>source</c> column.</param>
/// <param name="asOf">microseconds since 1970, UTC: the instant at which the lists are asked for</param>
/// <param name="basis">what else the lists follow from</param>
/// <param name="space">vectors by which <see cref="Reasons"/> are found; null: there are none</param>
/// <param name="previous">The live run's top-n artefact, whose lists are kept where nothing has changed; null: all are made.</param>
public sealed class Recommendation(
    PreparedData data, IRecommender recommender, string source, RecommendOptions options, long asOf, ListsBasis basis, ItemSpace? space, Artefact? previous)
{
    /// <summary>What items carry in the <c>source</c> column; <see cref="DefaultList.Source"/> is the last.</summary>
    public const string FromModel = "model", FromBaseline = "baseline", FromBlend = "blend", FromReranking = "reranked";

    /// <summary>Fact of the artefact: the recommender's name.</summary>
    public const string Recommender = "recommender";

    private const int MostUsersABlock = 1_024, MostUsersASearch = 16_384;

    private readonly Sequences _log = data.Sequences;
    private readonly string _madeBy = basis.Hash(options);
    private readonly SeenItems _seen = SeenItems.Served(data.Sequences, options);
    private readonly Reasons? _reasons = options.Because == 0 ? null : new Reasons(space, options.Because);
    private readonly bool[] _unavailable = Unavailable(data);
    private readonly IListSearch? _search = (recommender as ISearchedRecommender)?.Search(Unavailable(data));

    // Serves users whom the recommender can't, and fills up lists that come out short.
    private readonly DefaultList _fallback = DefaultList.Of(data.Sequences, asOf, options.FallbackDays, options.TopN, Unavailable(data));

    /// <summary>Makes all shards, side by side with workers that assist; those that an earlier attempt finished are kept, since a file is written whole or not at all.</summary>
    /// <param name="claim">Claims the file of this name; null where another worker has it.</param>
    /// <exception cref="BatchRecException">A score isn't a number, or the disk is full.</exception>
    public async Task<MadeLists> RunAsync(ArtefactDraft draft, Func<string, CancellationToken, Task<RunLock?>> claim, IProgress<StepProgress> progress, TimeProvider clock, CancellationToken cancellation)
    {
        var users = UsersWithHistory();
        var work = WorkOf(users, cancellation);
        var shards = Shards(work, draft.WorkFolder, claim, clock);
        var made = await shards.MakeAllAsync(shard =>
        {
            var write = Make(work.ToDo[shard], work, draft.WorkFolder, cancellation);
            return () =>
            {
                write();
                progress.Report(new StepProgress((double)shards.Finished / work.ToDo.Count, $"{shards.Finished:N0} of {work.ToDo.Count:N0} shards, {users.Length:N0} users in all"));
            };
        }, cancellation);
        _fallback.Write(Path.Combine(draft.Folder, TopNLists.DefaultFile), data.Items);
        // Moved at the very end: until then the next attempt finds them where it looks.
        var lists = work.Plan.Parts.Select((part, shard) => Close(shard, part, draft)).ToList();
        ParquetFile.Write(Path.Combine(draft.Folder, KeptLists.UnavailableFile), Column.Int(KeptLists.ItemColumn, UnavailableItems()));
        draft.Rows = users.Length;
        draft.Fact(KeptLists.MadeByFact, _madeBy);
        draft.Fact(KeptLists.FallbackFact, _fallback.Hash());
        draft.Fact(KeptLists.CountFact, work.Kept?.Count ?? 0);
        draft.Fact(ShardPlan.FirstUsersFact, work.Plan.FirstUsers);
        draft.Fact(Recommender, recommender.Name);
        draft.Fact(TopNLists.CatalogueItemsFact, _unavailable.LongCount(unavailable => !unavailable));
        return new MadeLists(lists, work.ToDo.Count - made);
    }

    /// <summary>Makes shards for the worker that runs the step, until none is free.</summary>
    /// <param name="workFolder">Of that worker's draft.</param>
    /// <returns>how many shards were made here</returns>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<int> AssistAsync(string workFolder, Func<string, CancellationToken, Task<RunLock?>> claim, TimeProvider clock, CancellationToken cancellation)
    {
        var work = WorkOf(UsersWithHistory(), cancellation);
        return await Shards(work, workFolder, claim, clock).MakeFreeAsync(shard => Make(work.ToDo[shard], work, workFolder, cancellation), cancellation);
    }

    private SharedShards Shards(Work work, string workFolder, Func<string, CancellationToken, Task<RunLock?>> claim, TimeProvider clock) =>
        new(work.ToDo.Count, shard => Finished(workFolder, work.ToDo[shard]), Finished(workFolder, 0) + ".closed", claim, clock);

    /// <summary>What is to be done, the same for every worker.</summary>
    /// <param name="Histories">(users) a hash of each history</param>
    /// <param name="Kept">null: no list is</param>
    private sealed record Work(long[] Histories, KeptLists? Kept, ShardPlan Plan)
    {
        /// <summary>Shards of which something is written.</summary>
        public IReadOnlyList<int> ToDo { get; } = [.. Enumerable.Range(0, Plan.Parts.Count).Where(shard => !Plan.Parts[shard].IsDone)];
    }

    private Work WorkOf(int[] users, CancellationToken cancellation)
    {
        var histories = new long[_log.UserCount];
        Blocks.For(0, users.Length, Environment.ProcessorCount, () => 0, (i, _) => histories[users[i]] = HistoryHash.Of(_log, users[i], basis), cancellation);
        var kept = previous is null ? null : KeptLists.Of(
            previous, data, histories, (_madeBy, _fallback.Hash()), _unavailable, options.TopN, basis.DependsOnTime ? asOf - options.MaxListAgeDays * Sequences.MicrosecondsPerDay : long.MinValue, cancellation);
        return new Work(histories, kept, ShardPlan.Of(users, options.Shards, kept));
    }

    /// <returns>what writes the file of the shard, or of its delta</returns>
    private Action Make(int shard, Work work, string workFolder, CancellationToken cancellation)
    {
        var lists = Lists(work.Plan.Parts[shard].Users, work, cancellation);
        return () => lists.Write(Finished(workFolder, shard), data.Users, data.Items, source);
    }

    /// <summary>Moves a finished shard, or the delta of one that goes on, to where it stays.</summary>
    private Shard Close(int shard, ShardPart part, ArtefactDraft draft)
    {
        var finished = Finished(draft.WorkFolder, shard);
        if (part.Base is null)
        {
            var whole = draft.Share(ListShard.FileName(shard), finished, part.Users.Length);
            return new Shard(draft.PathOf(whole), whole.Rows);
        }
        draft.Reuse(part.Base);
        var ofBase = new Shard(draft.PathOf(part.Base), part.Base.Rows);
        if (part.IsDone) return ofBase;
        var delta = Path.Combine(draft.Folder, ListShard.DeltaName(shard));
        File.Move(finished, delta);
        draft.RowsOf(ListShard.DeltaName(shard), part.Users.Length);
        return ofBase with { Delta = new Shard(delta, part.Users.Length) };
    }

    private int[] UsersWithHistory() => [.. Enumerable.Range(0, _log.UserCount).Where(user => _log.Offsets[user + 1] > _log.Offsets[user])];

    /// <summary>Named by what decides its content too: an attempt under other options makes its shards anew.</summary>
    private string Finished(string workFolder, int shard)
    {
        var made = JsonSerializer.SerializeToUtf8Bytes(new { Basis = _madeBy, options.Shards, options.MaxListAgeDays, source, recommender.Name, asOf, previous?.Sha256 });
        return Path.Combine(workFolder, $"{Convert.ToHexStringLower(SHA256.HashData(made))[..12]}-{ListShard.FileName(shard)}");
    }

    private ListShard Lists(int[] users, Work work, CancellationToken cancellation)
    {
        var lists = new ListShard(users, options.TopN, asOf, _reasons, options.BecausePlaces);
        using var kept = work.Kept is null ? null : new KeptRows(work.Kept.Files, work.Kept.FileOf, data.Items, _reasons is not null);
        var rows = new List<int>();
        for (var row = 0; row < users.Length; row++)
        {
            lists.HistoryOf(row, work.Histories[users[row]]);
            if (kept?.TryKeep(users[row], lists, row) != true) rows.Add(row);
        }
        if (_search is { } search) SearchLists(lists, [.. rows], search, cancellation);
        else ScoreLists(lists, [.. rows], cancellation);
        if (_reasons is not null)
            Blocks.For(0, rows.Count, Environment.ProcessorCount, () => new Reasons.Room(), (i, room) => lists.Explain(rows[i], _log, QueryOf(users[rows[i]]), room), cancellation);
        return lists;
    }

    private void ScoreLists(ListShard lists, int[] rows, CancellationToken cancellation)
    {
        var size = (int)Math.Clamp((long)options.ScoreBlockMiB * 1_048_576 / sizeof(float) / Math.Max(recommender.ItemCount, 1), 1, MostUsersABlock);
        var scores = ArrayPool<float>.Shared.Rent(size * recommender.ItemCount);
        foreach (var block in rows.Chunk(size))
        {
            cancellation.ThrowIfCancellationRequested();
            FillBlock(lists, block, scores, cancellation);
        }
        ArrayPool<float>.Shared.Return(scores);
    }

    /// <summary>As <see cref="ScoreLists"/>, without writing down a score that is in no list.</summary>
    private void SearchLists(ListShard lists, int[] rows, IListSearch search, CancellationToken cancellation)
    {
        var queries = Queries(lists.Users);
        int[] served = Array.FindAll(rows, row => HasHistory(queries[row]) && search.CanServe(_log, queries[row]));
        foreach (var some in served.Chunk(MostUsersASearch))
            search.Find(_log, Array.ConvertAll(some, row => queries[row]), options.TopN,
                (int i, ref int[] room) => _seen.Of(_log, queries[some[i]], ref room), (i, items, scores) => lists.Set(some[i], items, scores), cancellation);
        int[] excluded = [];
        foreach (var row in rows)
            if (!lists.IsFull(row)) lists.FillUp(row, _fallback, _seen.Of(_log, queries[row], ref excluded));
    }

    private Query[] Queries(int[] users) => Array.ConvertAll(users, QueryOf);

    private Query QueryOf(int user) => new(user, _log.Offsets[user + 1], asOf);

    private bool HasHistory(Query query) => query.End - _log.Offsets[query.User] >= options.MinHistory;

    private void FillBlock(ListShard lists, int[] rows, float[] scores, CancellationToken cancellation)
    {
        var queries = Queries(Array.ConvertAll(rows, row => lists.Users[row]));
        var items = recommender.ItemCount;
        recommender.Score(_log, queries, scores.AsSpan(0, queries.Length * items));
        Blocks.For(0, queries.Length, Environment.ProcessorCount, () => new Room(options.TopN), (i, own) =>
        {
            var excluded = _seen.Of(_log, queries[i], ref own.Excluded);
            if (HasHistory(queries[i]))
                lists.Select(rows[i], own.Top, scores.AsSpan(i * items, items), excluded, _unavailable);
            lists.FillUp(rows[i], _fallback, excluded);
        }, cancellation);
    }

    /// <summary>One thread's room for selecting.</summary>
    private sealed class Room(int n)
    {
        public readonly TopN Top = new(n);
        public int[] Excluded = [];
    }

    private int[] UnavailableItems() => [.. Enumerable.Range(0, _unavailable.Length).Where(item => _unavailable[item])];

    /// <returns>(items) what is in nobody's list</returns>
    internal static bool[] Unavailable(PreparedData data) => [.. Enumerable.Range(0, data.Items.Count).Select(item => !data.Catalogue.IsAvailable(item))];
}

/// <summary>Lists that are finished.</summary>
/// <param name="Shards">all of them</param>
/// <param name="Elsewhere">how many other workers have made, or an earlier attempt</param>
public sealed record MadeLists(IReadOnlyList<Shard> Shards, int Elsewhere);
