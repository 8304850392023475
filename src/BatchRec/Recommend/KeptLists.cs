using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Recommend;

/// <summary>
/// An earlier night's lists that tonight would be made again as they are: the same recommender and options, a history without a new event, no item that has left.
/// Which those are is known before a list is read: only the narrow columns of its files are.
/// </summary>
public sealed class KeptLists
{
    /// <summary>Fact of a top-n artefact: what its lists depend on beside the users' histories.</summary>
    internal const string MadeByFact = "madeBy";

    /// <summary>Fact: a hash of the list that short ones are filled up with.</summary>
    internal const string FallbackFact = "fallback";

    /// <summary>Fact: how many of its lists were kept of an earlier night.</summary>
    internal const string CountFact = "kept";

    /// <summary>The items that couldn't be recommended when the lists were made.</summary>
    internal const string UnavailableFile = "unavailable.parquet";

    internal const string ItemColumn = "item";

    // (users) the file that holds the list that stands, from 1 on; 0: none does
    private readonly int[] _file;

    private KeptLists(int users, IReadOnlyList<int> firstUsers, IReadOnlyList<KeptShard> shards) =>
        (_file, FirstUsers, Shards, Files) = (new int[users], firstUsers, shards, new string[2 * shards.Count]);

    /// <param name="previous">A top-n artefact whose user and item indices are tonight's.</param>
    /// <param name="histories">(users) a hash of each history</param>
    /// <param name="tonight">what tonight's lists are made by, and filled up with</param>
    /// <param name="unavailable">(items) true where an item can't be recommended tonight</param>
    /// <param name="length">of a full list</param>
    /// <param name="oldest">microseconds since 1970, UTC: lists made before are made anew</param>
    /// <returns>null where no list can be kept</returns>
    /// <exception cref="BatchRecException">A file was truncated or changed.</exception>
    internal static KeptLists? Of(
        Artefact previous, PreparedData data, long[] histories, (string MadeBy, string Fallback) tonight, bool[] unavailable, int length, long oldest, CancellationToken cancellation)
    {
        var facts = previous.Manifest.Facts;
        if (!facts.TryGetValue(MadeByFact, out var before) || before.GetString() != tonight.MadeBy || !facts.ContainsKey(ShardPlan.FirstUsersFact)) return null;
        var unavailableBefore = UnavailableIn(previous, unavailable.Length);
        var left = new bool[unavailable.Length];
        for (var item = 0; item < unavailable.Length; item++)
        {
            // An item that has come back may belong into anybody's list.
            if (unavailableBefore[item] && !unavailable[item]) return null;
            left[item] = unavailable[item] && !unavailableBefore[item];
        }
        var fewest = previous.Manifest.Fact<string>(FallbackFact) == tonight.Fallback ? 0 : length;
        var files = TopNLists.FilesOf(previous).ToList();
        var kept = new KeptLists(data.Users.Count, previous.Manifest.Fact<int[]>(ShardPlan.FirstUsersFact), [.. files.Select((file, shard) => new KeptShard(file.Base, 2 * shard))]);
        // A shard's users are nobody else's.
        Blocks.For(0, files.Count, Environment.ProcessorCount, () => new Standing(data, histories, left, fewest, oldest), (shard, stands) =>
        {
            kept.Shards[shard].Gone = kept.Look(2 * shard, previous.PathOf(files[shard].Base), stands, cancellation);
            if (files[shard].Delta is { } delta) kept.Look(2 * shard + 1, previous.PathOf(delta), stands, cancellation);
        }, cancellation);
        kept.Count = kept._file.LongCount(file => file > 0);
        return kept;
    }

    /// <summary>Users whose lists stand.</summary>
    public long Count { get; private set; }

    /// <summary>Of each of <see cref="Shards"/>, which reaches up to the next one's.</summary>
    internal IReadOnlyList<int> FirstUsers { get; }

    internal IReadOnlyList<KeptShard> Shards { get; }

    /// <summary>Paths: of each shard its base, then its delta.</summary>
    internal string[] Files { get; }

    /// <summary>Number in <see cref="Files"/> of the one that holds the user's list; null where none stands.</summary>
    internal int? FileOf(int user) => _file[user] > 0 ? _file[user] - 1 : null;

    /// <summary>
    /// Finds out which of a file's lists stand. A list that a delta has replaced never does, whatever became of that one: what is asked is what has changed since last night,
    /// and last night it had fallen already.
    /// </summary>
    /// <returns>how many of its users have no history any more</returns>
    private int Look(int number, string path, Standing stands, CancellationToken cancellation)
    {
        Files[number] = path;
        var gone = 0;
        using var duck = new DuckDb();
        using var rows = ParquetFile.Read(duck, path,
            [TopNLists.UserColumn, ListShard.HistoryColumn, ListShard.MadeColumn, ListShard.OwnColumn, .. stands.LooksAtItems ? [TopNLists.ItemIdsColumn] : Array.Empty<string>()]);
        while (rows.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < rows.Rows; row++)
            {
                var user = rows.Ints(0)[row];
                gone += stands.IsGone(user) ? 1 : 0;
                _file[user] = stands.Of(rows, row) ? number + 1 : 0;
            }
        }
        return gone;
    }

    private static bool[] UnavailableIn(Artefact topN, int items)
    {
        var unavailable = new bool[items];
        using var duck = new DuckDb();
        using var rows = ParquetFile.Read(duck, topN.PathOf(UnavailableFile), ItemColumn);
        while (rows.Next())
            foreach (var item in rows.Ints(0)) unavailable[item] = true;
        return unavailable;
    }

    /// <summary>What decides whether a list stands.</summary>
    /// <param name="histories">(users) a hash of each</param>
    /// <param name="left">(items) true where an item has left since</param>
    /// <param name="fewest">The recommender's own items that a list needs: one that it didn't fill may be filled up otherwise, or further, by another default list.</param>
    private sealed class Standing(PreparedData data, long[] histories, bool[] left, int fewest, long oldest)
    {
        private readonly long[] _events = data.Sequences.Offsets;
        private int[] _items = [];

        public bool LooksAtItems { get; } = left.Contains(true);

        public bool IsGone(int user) => _events[user] == _events[user + 1];

        public bool Of(Chunks rows, int row)
        {
            if (IsGone(rows.Ints(0)[row]) || rows.Longs(1)[row] != histories[rows.Ints(0)[row]] || rows.Longs(2)[row] < oldest || rows.Ints(3)[row] < fewest) return false;
            if (!LooksAtItems) return true;
            foreach (var item in data.Items.Find(rows.List(4, row), ref _items))
                if (left[item]) return false;
            return true;
        }
    }
}

/// <param name="Base">the file that a delta, where there is one, replaces rows of</param>
/// <param name="File">its number among the files</param>
internal sealed record KeptShard(ManifestFile Base, int File)
{
    /// <summary>Users of the base who have no history any more.</summary>
    public int Gone { get; set; }
}
