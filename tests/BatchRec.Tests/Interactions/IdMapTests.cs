using System.Text;
using BatchRec.Interactions;
using BatchRec.Parquet;
using Xunit;

namespace BatchRec.Tests.Interactions;

public sealed class IdMapTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"batchrec-ids-{Guid.NewGuid():N}.parquet");
    private readonly DuckDb _duck = new();

    public void Dispose()
    {
        _duck.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Ids_are_numbered_in_the_order_in_which_they_come()
    {
        var map = new IdMap(IdKind.BigInt);
        Assert.Equal([0, 1, 0, 2], new[] { 70L, -3, 70, long.MaxValue }.Select(map.GetOrAdd));
        Assert.Equal((1, -1, 3), (map.Find(-3), map.Find(4), map.Count));
        Assert.Equal(["70", "-3", "9223372036854775807"], Enumerable.Range(0, 3).Select(map.TextOf));
    }

    [Fact]
    public void Ids_of_every_kind_are_found_as_a_person_writes_them()
    {
        var (longs, uuids, texts) = (new IdMap(IdKind.BigInt), new IdMap(IdKind.Uuid), new IdMap(IdKind.Text));
        longs.GetOrAdd(12);
        uuids.GetOrAdd(Guid.Parse("ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb"));
        texts.GetOrAdd("Zoë"u8);
        Assert.Equal((0, -1), (longs.Find("12"), longs.Find("twelve")));
        Assert.Equal((0, -1), (uuids.Find("FFFFFFFF-EEEE-DDDD-CCCC-BBBBBBBBBBBB"), uuids.Find("12")));
        Assert.Equal((0, -1), (texts.Find("Zoë"), texts.Find("Zoe")));
        Assert.Equal("ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb", uuids.TextOf(0));
    }

    [Theory]
    [InlineData(IdKind.BigInt)]
    [InlineData(IdKind.Uuid)]
    [InlineData(IdKind.Text)]
    public void Many_ids_come_back_from_their_file_and_grow_from_there(IdKind kind)
    {
        const int count = 50_000;
        var map = new IdMap(kind);
        for (var i = 0; i < count; i++) Assert.Equal(i, Add(map, i));
        map.Save(_duck, _path);

        var loaded = IdMap.Load(_duck, _path, kind);
        Assert.Equal(count, loaded.Count);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(map.TextOf(i), loaded.TextOf(i));
            Assert.Equal(i, Add(loaded, i));
        }
        Assert.Equal(count, Add(loaded, count));
    }

    [Fact]
    public void An_id_of_another_kind_is_refused() => Assert.Throws<InvalidOperationException>(() => new IdMap(IdKind.Uuid).GetOrAdd(1));

    [Fact]
    public void Chosen_ids_make_a_column()
    {
        var map = new IdMap(IdKind.Text);
        foreach (var id in new[] { "a", "b", "c" }) map.GetOrAdd(Encoding.UTF8.GetBytes(id));
        ParquetFile.Write(_path, map.ToColumn("item_id", new[] { 2, 0, 2 }));
        using var rows = ParquetFile.Read(_duck, _path, "item_id");
        Assert.True(rows.Next());
        Assert.Equal(["c", "a", "c"], Enumerable.Range(0, 3).Select(row => rows.Text(0, row)));
    }

    private static int Add(IdMap map, int i) => map.Kind switch
    {
        IdKind.BigInt => map.GetOrAdd(i * 7L - 1000),
        IdKind.Uuid => map.GetOrAdd(new Guid(i, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1])),
        _ => map.GetOrAdd(Encoding.UTF8.GetBytes($"item number {i}")),
    };
}
