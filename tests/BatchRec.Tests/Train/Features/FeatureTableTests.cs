using BatchRec.Interactions;
using BatchRec.Train.Features;
using Xunit;

namespace BatchRec.Tests.Train.Features;

public sealed class FeatureTableTests
{
    [Fact]
    public void Values_that_several_items_share_have_a_row_each_and_all_others_one_together()
    {
        var (schema, _) = Schema(["colour"], ("colour", ["red|blue", "red", "blue|blue", "green", null, " "]));
        Assert.Equal(["blue", "red"], schema.Columns.Single().Values);
        Assert.Equal(["2 1", "2", "1 1", "0", "", ""], Rows(schema, ("colour", ["red|blue", "red", "blue|blue", "green", null, " "])));
        // At scoring the catalogue may say what it never said before, or have no such column any more.
        Assert.Equal(["0 2", "", "0"], Rows(schema, ("colour", ["violet|red", "||", "violet"])));
        Assert.Equal([""], Rows(schema, ("size", ["red"])));
    }

    [Fact]
    public void Arrays_of_the_source_are_values_and_only_those_of_one_width_are_vectors()
    {
        (string, string?[]) tags = ("tags", ["{red,\"dark, blue\"}", "{\"dark, blue\",NULL}", "{red}", "{}", "{\"a\\\"b\"}"]);
        var (schema, _) = Schema(["tags"], tags);
        Assert.Equal(["dark, blue", "red"], schema.Columns.Single().Values);
        Assert.Equal(["2 1", "1", "2", "", "0"], Rows(schema, tags));
        Assert.Equal(FeatureKind.Values, Schema(["ids"], ("ids", ["{1,2}", "{1,2,3}", "{2}", "{4,5,6,7}"])).Schema.Columns.Single().Kind);
    }

    [Fact]
    public void Numbers_fall_into_buckets_of_equally_many_and_what_is_none_is_missing()
    {
        var prices = Enumerable.Range(0, 100).Select(i => $"{i / 10.0}").ToArray();
        var (schema, _) = Schema(["price"], ("price", prices));
        Assert.Equal(19, schema.Columns.Single().Edges.Length);
        var notes = new List<string>();
        Assert.Equal(["0", "0", "19", "19", "10", "", "", ""], Rows(schema, notes, ("price", ["0", "-5", "9.9", "1e12", "5", "NaN", "Infinity", "dear"])));
        Assert.Equal(["price: 3 × no finite number."], notes);
        Assert.All(Rows(schema, ("price", prices)).GroupBy(row => row), bucket => Assert.Equal(5, bucket.Count()));
    }

    [Fact]
    public void Two_prices_make_two_buckets_however_few_have_the_second()
    {
        string[] prices = [.. Enumerable.Repeat("1", 99), "1e12"];
        var (schema, _) = Schema(["price"], ("price", prices));
        Assert.Equal(["0", "1"], Rows(schema, ("price", ["1", "1e12"])));
    }

    [Fact]
    public void Titles_are_words_without_case_and_punctuation_and_long_ones_are_cut()
    {
        var (schema, _) = Schema(["title"], ("title", ["a", "b"]));
        var notes = new List<string>();
        var rows = Rows(schema, notes, ("title", ["Red, SHOE!", "red shoe", string.Concat(Enumerable.Repeat("word ", 2_000)), "…", string.Join(' ', Enumerable.Range(0, 64))]));
        Assert.Equal(rows[0], rows[1]);
        Assert.Equal(2, rows[0].Split(' ').Distinct().Count());
        Assert.Equal(64, rows[2].Split(' ').Length);
        Assert.Equal("", rows[3]);
        Assert.Equal(["title: 1 × cut after 64 words."], notes);
    }

    [Fact]
    public void Vectors_are_taken_at_length_1_and_damaged_ones_are_passed_over()
    {
        string?[] texts = ["[3, 4]", "{0,2}", "[1]", "[1, NaN]", "[0,0]", "[1,2,3]", "[1e308,1e308]", "[1,]", "no", null, .. Enumerable.Repeat("[0,-1]", 5)];
        var (schema, notes) = Schema(["image"], ("image", texts));
        Assert.Equal((FeatureKind.Vector, 2), (schema.Columns.Single().Kind, schema.Columns.Single().Width));
        Assert.Empty(notes);
        var told = new List<string>();
        var table = FeatureTable.Of(schema, Told.Of(("image", texts)), [.. Enumerable.Range(0, texts.Length)], told);
        Assert.Equal([.6f, .8f], table.Columns[0].Vectors[0]);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], table.Columns[0].Rows);
        Assert.Equal(MathF.Sqrt(.5f), table.Columns[0].Vectors[2][0], 1e-6f);
        Assert.Equal(["image: 6 × no vector of 2 finite numbers, skipped."], told);
    }

    [Fact]
    public void Columns_that_say_the_same_of_all_are_left_out_and_told()
    {
        var (schema, notes) = Schema(["*"],
            ("same", ["x", "x", "x"]), ("empty", [null, " ", null]), ("sku", ["1", "2", "3"]), ("price", ["free", "dear", "free"]), ("category", ["a", "a", "b"]));
        Assert.Equal(["category"], schema.Columns.Select(column => column.Name));
        Assert.Equal([
            "Train:ItemFeatures: same is left out: all have the same.", "Train:ItemFeatures: empty is left out: nothing has one.",
            "Train:ItemFeatures: sku is left out: no two have the same value.", "Train:ItemFeatures: price is left out: none is a number.",
        ], notes);
    }

    [Fact]
    public void A_kind_may_be_named_and_a_column_that_is_not_there_is_a_fault()
    {
        (string, string?[]) year = ("year", ["1990", "1990", "1991"]);
        Assert.Equal(FeatureKind.Values, Schema(["year"], year).Schema.Columns.Single().Kind);
        Assert.Equal(FeatureKind.Number, Schema(["Year:number"], year).Schema.Columns.Single().Kind);
        Assert.Contains("names colour, which the source doesn't have. It has year.", Assert.Throws<BatchRecException>(() => Schema(["year", "colour"], year)).Message);
        Assert.Contains("add items.sql", Assert.Throws<BatchRecException>(() => Schema(["year"])).Message);
    }

    private static (FeatureSchema Schema, List<string> Notes) Schema(string[] names, params (string Name, string?[] Texts)[] columns)
    {
        var notes = new List<string>();
        var items = Enumerable.Range(0, columns.Select(column => column.Texts.Length).FirstOrDefault()).ToList();
        return (FeatureSchema.Of("Train:ItemFeatures", names, Told.Of(columns), items, notes), notes);
    }

    private static string[] Rows(FeatureSchema schema, params (string Name, string?[] Texts)[] columns) => Rows(schema, [], columns);

    private static string[] Rows(FeatureSchema schema, List<string> notes, params (string Name, string?[] Texts)[] columns)
    {
        var table = FeatureTable.Of(schema, Told.Of(columns), [.. Enumerable.Range(0, columns[0].Texts.Length)], notes);
        return [.. Enumerable.Range(0, table.Count).Select(place => string.Join(' ', table.Columns[0].RowsOf(place).ToArray()))];
    }
}
