using BatchRec.Interactions;
using BatchRec.Parquet;
using Xunit;

namespace BatchRec.Tests.Interactions;

public sealed class ItemCatalogueTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"batchrec-items-{Guid.NewGuid():N}.parquet");
    private readonly DuckDb _duck = new();

    public void Dispose()
    {
        _duck.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Attributes_are_found_by_the_item_s_index()
    {
        var items = new IdMap(IdKind.BigInt);
        foreach (var id in new[] { 30L, 10, 99, 20 }) items.GetOrAdd(id);
        ParquetFile.Write(_path,
            Column.Long("item_id", new[] { 10L, 20, 30, 40 }), Column.Text("title", ["ten", "twenty", null, "forty"]), Column.Text("category", ["a", "a", "b", "b"]),
            Column.Double("price", new[] { 1.5, 0, 3, 4 }, new[] { false, true, false, false }),
            Column.Bool("available", new[] { true, false, false, true }, new[] { false, false, true, false }), Column.Text("colour", ["red", null, "blue", "green"]));

        var catalogue = ItemCatalogue.Load(_duck, _path, items);
        Assert.Equal([null, "ten", null, "twenty"], Enumerable.Range(0, 4).Select(catalogue.TitleOf));
        Assert.Equal(["b", "a", null, "a"], Enumerable.Range(0, 4).Select(catalogue.CategoryOf));
        Assert.Equal([3, 1.5, double.NaN, double.NaN], Enumerable.Range(0, 4).Select(catalogue.PriceOf));
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(catalogue.IsAvailable));
        Assert.Equal([true, true, false, true], Enumerable.Range(0, 4).Select(catalogue.IsKnown));
        Assert.Equal(["colour"], catalogue.AttributeNames);
        Assert.Equal("blue", catalogue.AttributeOf(0, "colour"));
        Assert.Equal(["title", "category", "price", "colour"], catalogue.Attributes.Names);
        Assert.Equal(["3", "1.5", null, null, null], Enumerable.Range(0, 5).Select(catalogue.Attributes.Column("price")));
        Assert.Equal(["blue", "red", null, null, null], Enumerable.Range(0, 5).Select(catalogue.Attributes.Column("Colour")));
        Assert.All(Enumerable.Range(0, 4), item => Assert.Null(catalogue.Attributes.Column("size")(item)));
    }

    [Fact]
    public void Without_items_everything_is_available_and_nothing_is_known()
    {
        Assert.True(ItemCatalogue.Empty.IsAvailable(7));
        Assert.False(ItemCatalogue.Empty.IsKnown(7));
        Assert.Null(ItemCatalogue.Empty.TitleOf(7));
    }
}
