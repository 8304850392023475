using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;
using Xunit;

namespace BatchRec.Tests.Publish;

public sealed class DistinctItemsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("batchrec-distinct-").FullName;
    private readonly DuckDb _duck = new();

    public void Dispose()
    {
        _duck.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Bigint_ids_count_once_be_they_neighbours_far_apart_or_negative()
    {
        var random = new Random(1);
        var dense = Enumerable.Range(0, 5_000).Select(_ => (long)random.Next(1_000)).ToArray();
        var sparse = Enumerable.Range(0, 5_000).Select(_ => random.NextInt64(long.MinValue, long.MaxValue)).ToArray();
        long[] edges = [0, -1, 63, 64, -64, -65, long.MinValue, long.MaxValue, 0, long.MaxValue];
        var items = Count(IdKind.BigInt, Column.Long("", dense), Column.Long("", sparse), Column.Long("", edges));
        Assert.Equal(new HashSet<long>([.. dense, .. sparse, .. edges]).Count, items.Count);
    }

    [Fact]
    public void Ids_of_several_shards_are_united()
    {
        var first = Count(IdKind.BigInt, Column.Long("", new[] { 0L, 1, 2, 100_000 }));
        first.UnionWith(Count(IdKind.BigInt, Column.Long("", new[] { 2L, 3, 100_000, -7 })));
        Assert.Equal(6, first.Count);

        var texts = Count(IdKind.Text, Column.Text("", ["a", "b", "a long id that doesn't fit into sixteen bytes"]));
        texts.UnionWith(Count(IdKind.Text, Column.Text("", ["b", "c", "a long id that doesn't fit into sixteen bytes"])));
        Assert.Equal(4, texts.Count);

        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        var uuids = Count(IdKind.Uuid, Column.Uuid("", new[] { one, one }));
        uuids.UnionWith(Count(IdKind.Uuid, Column.Uuid("", new[] { one, other })));
        Assert.Equal(2, uuids.Count);
    }

    /// <summary>Each column as one list, by way of a file as lists come.</summary>
    private DistinctItems Count(IdKind kind, params Column[] lists)
    {
        var items = new DistinctItems(kind);
        foreach (var list in lists)
        {
            var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.parquet");
            ParquetFile.Write(path, Column.List("item_ids", new[] { 0, list.Rows }, list));
            using var rows = ParquetFile.Read(_duck, path, "item_ids");
            while (rows.Next())
                for (var row = 0; row < rows.Rows; row++) items.Add(rows.List(0, row));
        }
        return items;
    }
}
