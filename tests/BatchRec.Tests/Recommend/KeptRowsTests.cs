using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;
using BatchRec.Recommend;
using Xunit;

namespace BatchRec.Tests.Recommend;

public sealed class KeptRowsTests : IDisposable
{
    // Several chunks of each file.
    private const int Users = 9_000, Items = 50, Length = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("batchrec-kept-").FullName;
    private readonly IdMap _users = Ids(Users, 1_000), _items = Ids(Items, 70);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Rows_of_two_files_are_kept_in_one_pass_through_both()
    {
        string[] files = [Write("even", user => user % 2 == 0), Write("odd", user => user % 2 == 1)];
        int[] asked = [.. Enumerable.Range(0, Users).Where(user => user % 5 != 0)];
        var lists = new ListShard(asked, Length, made: 9);
        using (var kept = new KeptRows(files, user => user % 7 == 0 ? null : user % 2, _items, explained: false))
            for (var row = 0; row < asked.Length; row++)
                Assert.Equal(asked[row] % 7 != 0, kept.TryKeep(asked[row], lists, row));

        // As a file, since that is what lists are read as: it holds what the two did.
        var path = Path.Combine(_folder, "kept.parquet");
        lists.Write(path, _users, _items, "model");
        using var duck = new DuckDb();
        using var rows = ParquetFile.Read(duck, path, TopNLists.UserColumn, TopNLists.ItemIdsColumn, ListShard.MadeColumn);
        var at = 0;
        while (rows.Next())
            for (var row = 0; row < rows.Rows; row++, at++)
            {
                var user = rows.Ints(0)[row];
                Assert.Equal(asked[at], user);
                Assert.Equal(user % 7 == 0 ? [] : ItemsOf(user).Select(item => 70L + item), rows.List(1, row).Longs().ToArray());
                Assert.Equal(user % 7 == 0 ? 9 : user % 2, rows.Longs(2)[row]);
            }
        Assert.Equal(asked.Length, at);
    }

    [Fact]
    public void A_file_that_has_lost_a_row_is_an_error()
    {
        string[] files = [Write("even", user => user % 2 == 0)];
        var lists = new ListShard([3], Length, made: 9);
        using var kept = new KeptRows(files, _ => 0, _items, explained: false);
        Assert.Contains("even.parquet has lost the list of user 3", Assert.Throws<InvalidDataException>(() => kept.TryKeep(3, lists, 0)).Message);
    }

    /// <summary>A file of lists of those users, made at 0 or 1 as their indices are even or odd.</summary>
    private string Write(string name, Func<int, bool> isThere)
    {
        int[] users = [.. Enumerable.Range(0, Users).Where(isThere)];
        var lists = new ListShard(users, Length, made: users[0] % 2);
        for (var row = 0; row < users.Length; row++) lists.Set(row, ItemsOf(users[row]), [3, 2, 1]);
        var path = Path.Combine(_folder, name + ".parquet");
        lists.Write(path, _users, _items, "model");
        return path;
    }

    private static int[] ItemsOf(int user) => [user % Items, (user + 1) % Items, (user + 7) % Items];

    private static IdMap Ids(int count, long first)
    {
        var ids = new IdMap(IdKind.BigInt);
        for (var i = 0; i < count; i++) ids.GetOrAdd(first + i);
        return ids;
    }
}
