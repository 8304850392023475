using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;

namespace BatchRec.Recommend;

/// <summary>
/// The rows of lists that are kept. They stand in the order of the users' indices, in tonight's files and in those, so that one pass through each file finds them, with a
/// chunk in memory; a file that nothing is asked of is not opened.
/// </summary>
/// <param name="items">tonight's; those indices are among them</param>
/// <param name="explained">whether lists have reasons, tonight's and those</param>
internal sealed class KeptRows(KeptLists kept, IdMap items, bool explained) : IDisposable
{
    private readonly DuckDb _duck = new();
    private readonly Cursor?[] _cursors = new Cursor[kept.Files.Count];
    private int[] _items = [], _because = [];

    /// <summary>The list of a user as it is, if it stands; users are best asked for in ascending order.</summary>
    /// <param name="row">the list's row in <paramref name="lists"/></param>
    public bool TryKeep(int user, ListShard lists, int row)
    {
        if (kept.FileOf(user) is not { } file) return false;
        var cursor = _cursors[file] ??= new Cursor(this, kept.Files[file].Path);
        if (!cursor.MoveTo(user))
        {
            // It stands before the last that was asked for.
            cursor.Dispose();
            _cursors[file] = cursor = new Cursor(this, kept.Files[file].Path);
            if (!cursor.MoveTo(user)) throw new InvalidDataException($"{kept.Files[file].Path} has lost the list of user {user} since it was looked at.");
        }
        var (rows, at) = (cursor.Rows, cursor.Row);
        lists.Keep(row, items.Find(rows.List(3, at), ref _items), rows.List(4, at).Floats(), rows.Ints(2)[at], rows.Longs(1)[at]);
        if (explained) lists.KeepReasons(row, items.Find(rows.List(5, at), ref _because), rows.List(6, at).Ints());
        return true;
    }

    public void Dispose()
    {
        foreach (var cursor in _cursors) cursor?.Dispose();
        _duck.Dispose();
    }

    /// <summary>A place in a file.</summary>
    private sealed class Cursor(KeptRows from, string path) : IDisposable
    {
        public Chunks Rows { get; } = ParquetFile.Read(from._duck, path,
        [
            TopNLists.UserColumn, ListShard.MadeColumn, ListShard.OwnColumn, TopNLists.ItemIdsColumn, TopNLists.ScoresColumn,
            .. from.Explained ? [TopNLists.BecauseColumn, TopNLists.BecauseCountsColumn] : Array.Empty<string>(),
        ]);

        public int Row { get; private set; }

        /// <summary>Moves on to the user's row; false where it isn't ahead.</summary>
        public bool MoveTo(int user)
        {
            for (; ; Row++)
            {
                if (Row >= Rows.Rows)
                {
                    if (!Rows.Next()) return false;
                    Row = 0;
                }
                if (Rows.Ints(0)[Row] is var at && at >= user) return at == user;
            }
        }

        public void Dispose() => Rows.Dispose();
    }

    private bool Explained => explained;
}
