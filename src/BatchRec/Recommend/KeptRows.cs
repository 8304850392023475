using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;

namespace BatchRec.Recommend;

/// <summary>
/// The rows of lists that are kept, for one shard of tonight's. They stand in the order of the users' indices, in tonight's files and in those, so that one pass through
/// each file finds them, with a chunk in memory; a file that nothing is asked of is not opened.
/// </summary>
/// <param name="files">paths</param>
/// <param name="fileOf">number of the file that holds a user's list; null where none stands</param>
/// <param name="items">tonight's; those of the lists are among them</param>
/// <param name="explained">whether lists have reasons, tonight's and those</param>
internal sealed class KeptRows(IReadOnlyList<string> files, Func<int, int?> fileOf, IdMap items, bool explained) : IDisposable
{
    private readonly Dictionary<int, Cursor> _cursors = [];
    private int[] _items = [], _because = [];

    /// <summary>The list of a user as it is, if it stands; users are asked for in ascending order.</summary>
    /// <param name="row">the list's row in <paramref name="lists"/></param>
    public bool TryKeep(int user, ListShard lists, int row)
    {
        if (fileOf(user) is not { } file) return false;
        if (!_cursors.TryGetValue(file, out var cursor)) _cursors[file] = cursor = new Cursor(files[file], explained);
        cursor.MoveTo(user);
        var (rows, at) = (cursor.Rows, cursor.Row);
        lists.Keep(row, items.Find(rows.List(3, at), ref _items), rows.List(4, at).Floats(), rows.Ints(2)[at], rows.Longs(1)[at]);
        if (explained) lists.KeepReasons(row, items.Find(rows.List(5, at), ref _because), rows.List(6, at).Ints());
        return true;
    }

    public void Dispose()
    {
        foreach (var cursor in _cursors.Values) cursor.Dispose();
    }

    /// <summary>A place in a file. Each has a connection of its own: one has one result at a time.</summary>
    private sealed class Cursor : IDisposable
    {
        private readonly string _path;
        private readonly DuckDb _duck = new();

        public Cursor(string path, bool explained)
        {
            _path = path;
            Rows = ParquetFile.Read(_duck, path,
            [
                TopNLists.UserColumn, ListShard.MadeColumn, ListShard.OwnColumn, TopNLists.ItemIdsColumn, TopNLists.ScoresColumn,
                .. explained ? [TopNLists.BecauseColumn, TopNLists.BecauseCountsColumn] : Array.Empty<string>(),
            ]);
        }

        public Chunks Rows { get; }

        public int Row { get; private set; }

        /// <summary>Moves on to the user's row.</summary>
        public void MoveTo(int user)
        {
            for (; ; Row++)
            {
                if (Row >= Rows.Rows)
                {
                    if (!Rows.Next()) throw Lost(user);
                    Row = 0;
                }
                if (Rows.Ints(0)[Row] is var at && at >= user)
                {
                    if (at > user) throw Lost(user);
                    return;
                }
            }
        }

        public void Dispose()
        {
            Rows.Dispose();
            _duck.Dispose();
        }

        private InvalidDataException Lost(int user) => new($"{_path} has lost the list of user {user}, or holds it out of order.");
    }
}
