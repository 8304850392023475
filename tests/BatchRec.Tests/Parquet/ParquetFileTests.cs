using BatchRec.Parquet;
using Xunit;

namespace BatchRec.Tests.Parquet;

public sealed class ParquetFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("batchrec-parquet-").FullName;
    private readonly DuckDb _duck = new();

    public void Dispose()
    {
        _duck.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    [Fact]
    public void Every_type_comes_back_as_it_was_written()
    {
        var uuids = new[] { Guid.Parse("00000000-0000-0000-0000-000000000001"), Guid.Parse("ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb"), Guid.Parse("80000000-0000-0000-0000-000000000000") };
        ParquetFile.Write(PathOf("a.parquet"),
            Column.Long("long", new[] { long.MinValue, 0, long.MaxValue }), Column.Int("int", new[] { -1, 0, 1 }), Column.Byte("byte", new byte[] { 0, 7, 255 }),
            Column.Float("float", new[] { float.NaN, -1.5f, float.MaxValue }), Column.Double("double", new[] { 1e-300, 0, double.PositiveInfinity }),
            Column.Bool("bool", new[] { true, false, true }), Column.Uuid("uuid", uuids), Column.Text("text", ["", "Käse, 50 % fett 🧀", null]));

        using var rows = ParquetFile.Read(_duck, PathOf("a.parquet"), "long", "int", "byte", "float", "double", "bool", "uuid", "text");
        Assert.True(rows.Next());
        Assert.Equal([long.MinValue, 0, long.MaxValue], rows.Longs(0));
        Assert.Equal([-1, 0, 1], rows.Ints(1));
        Assert.Equal(new byte[] { 0, 7, 255 }, rows.Bytes(2));
        Assert.Equal([float.NaN, -1.5f, float.MaxValue], rows.Floats(3));
        Assert.Equal([1e-300, 0, double.PositiveInfinity], rows.Doubles(4));
        Assert.Equal([true, false, true], rows.Bools(5));
        Assert.Equal(uuids, rows.Uuids(6));
        Assert.Equal(["", "Käse, 50 % fett 🧀", null], Enumerable.Range(0, 3).Select(row => rows.Text(7, row)));
        Assert.False(rows.Next());
    }

    [Fact]
    public void Missing_values_come_back_as_missing()
    {
        ParquetFile.Write(PathOf("a.parquet"), Column.Long("position", new[] { 1L, 2, 3 }, new[] { false, true, false }));
        using var rows = ParquetFile.Read(_duck, PathOf("a.parquet"), "position");
        Assert.True(rows.Next());
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(row => rows.IsMissing(0, row)));
        Assert.Equal(3, rows.Longs(0)[2]);
    }

    [Fact]
    public void Lists_of_every_id_type_come_back_with_their_lengths()
    {
        var uuid = Guid.Parse("ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb");
        var offsets = new[] { 0, 2, 2, 3 };
        ParquetFile.Write(PathOf("a.parquet"),
            Column.Text("user_id", ["ann", "bob", "cy"]), Column.List("longs", offsets, Column.Long("", new[] { 10L, 20, 30 })),
            Column.List("uuids", offsets, Column.Uuid("", new[] { uuid, Guid.Empty, uuid })), Column.List("scores", offsets, Column.Float("", new[] { .5f, .25f, 1 })),
            Column.List("sources", offsets, Column.Text("", ["model", "fallback, because the history is short", "model"])));

        using var rows = ParquetFile.Read(_duck, PathOf("a.parquet"), "longs", "uuids", "scores", "sources", "user_id");
        Assert.True(rows.Next());
        Assert.Equal([10L, 20], rows.List(0, 0).Longs());
        Assert.Equal(0, rows.List(0, 1).Count);
        Assert.Equal([30L], rows.List(0, 2).Longs());
        Assert.Equal([uuid, Guid.Empty], rows.List(1, 0).Uuids());
        Assert.Equal([1f], rows.List(2, 2).Floats());
        Assert.Equal(["model", "fallback, because the history is short"], rows.List(3, 0).Texts());
        Assert.Equal("cy", rows.Text(4, 2));
    }

    [Fact]
    public void Rows_and_lists_beyond_one_chunk_keep_their_order()
    {
        const int rows = 10_000;
        var offsets = Enumerable.Range(0, rows + 1).Select(i => i * (i - 1) / 2 % 7 + i * 3).Order().ToArray();
        offsets = [.. offsets.Select(offset => offset - offsets[0])];
        var elements = Enumerable.Range(0, offsets[^1]).Select(i => (long)i).ToArray();
        ParquetFile.Write(PathOf("a.parquet"), Column.Int("i", Enumerable.Range(0, rows).ToArray()), Column.List("l", offsets, Column.Long("", elements)));

        using var read = ParquetFile.Read(_duck, PathOf("a.parquet"), "i", "l");
        var (ints, longs) = (new List<int>(), new List<long>());
        while (read.Next())
        {
            ints.AddRange(read.Ints(0));
            for (var row = 0; row < read.Rows; row++)
            {
                var i = read.Ints(0)[row];
                Assert.Equal(offsets[i + 1] - offsets[i], read.List(1, row).Count);
                longs.AddRange(read.List(1, row).Longs());
            }
        }
        Assert.Equal(Enumerable.Range(0, rows), ints);
        Assert.Equal(elements, longs);
    }

    [Fact]
    public void A_file_without_rows_has_its_columns()
    {
        ParquetFile.Write(PathOf("a.parquet"), Column.Long("id", Array.Empty<long>()), Column.List("l", new[] { 0 }, Column.Float("", Array.Empty<float>())));
        using var rows = ParquetFile.Read(_duck, PathOf("a.parquet"), "id");
        Assert.False(rows.Next());
        Assert.Equal([("id", "BIGINT"), ("l", "FLOAT[]")], ParquetFile.Schema(_duck, PathOf("a.parquet")));
    }

    [Fact]
    public void The_same_rows_give_the_same_bytes()
    {
        foreach (var name in new[] { "a.parquet", "b.parquet" })
        {
            using var duck = new DuckDb();
            ParquetFile.Write(duck, PathOf(name), [Column.Int("i", Enumerable.Range(0, 300_000).ToArray()), Column.Text("t", Enumerable.Range(0, 300_000).Select(i => $"t{i % 977}"))]);
        }
        Assert.Equal(File.ReadAllBytes(PathOf("a.parquet")), File.ReadAllBytes(PathOf("b.parquet")));
    }

    /// <summary>DuckDB skips the row groups whose least and greatest value say that it isn't there: they must be those of the bytes.</summary>
    [Theory]
    [InlineData("\uFF01")]
    [InlineData("\U0001F9C0")]
    public void A_text_is_found_by_its_value_though_UTF_16_has_another_order(string id)
    {
        ParquetFile.Write(PathOf("a.parquet"), Column.Text("id", ["a", "\uFF01", "\U0001F9C0"]));
        using var rows = _duck.Query(Sql.Fill("parquet/rows_of_ids.sql", ("path", Sql.Literal(PathOf("a.parquet"))), ("ids", Sql.Literal(id))));
        Assert.True(rows.Next());
        Assert.Equal(id, rows.Text(1, 0));
    }

    [Theory]
    [InlineData(.5)]
    [InlineData(.99)]
    [InlineData(0)]
    public void A_truncated_file_is_refused_by_name(double kept)
    {
        var path = PathOf("a.parquet");
        ParquetFile.Write(path, Column.Int("i", Enumerable.Range(0, 100_000).ToArray()));
        using (var file = File.OpenWrite(path)) file.SetLength((long)(file.Length * kept));
        var fault = Assert.Throws<BatchRecException>(() => Sum(path));
        Assert.Contains(path, fault.Message);
        Assert.Contains("batchrec run --full", fault.Message);
    }

    [Fact]
    public void A_file_with_another_footer_is_refused_by_name()
    {
        var path = PathOf("a.parquet");
        ParquetFile.Write(path, Column.Int("i", Enumerable.Range(0, 100_000).ToArray()));
        using (var file = File.OpenWrite(path))
        {
            file.Position = file.Length - 64;
            file.Write(new byte[64]);
        }
        Assert.Contains(path, Assert.Throws<BatchRecException>(() => Sum(path)).Message);
    }

    [Fact]
    public void A_missing_file_and_a_missing_column_are_refused_by_name()
    {
        ParquetFile.Write(PathOf("a.parquet"), Column.Long("i", new[] { 1L }));
        Assert.Contains("b.parquet is missing", Assert.Throws<BatchRecException>(() => Sum(PathOf("b.parquet"))).Message);
        Assert.Contains("a.parquet", Assert.Throws<BatchRecException>(() => ParquetFile.Read(_duck, PathOf("a.parquet"), "score")).Message);
        Assert.Contains("BigInt", Assert.Throws<BatchRecException>(() => Sum(PathOf("a.parquet"))).Message);
    }

    [Fact]
    public void A_file_that_cannot_be_written_says_so_and_leaves_nothing()
    {
        var path = Path.Combine(_folder, "no such folder", "a.parquet");
        var fault = Assert.Throws<BatchRecException>(() => ParquetFile.Write(path, Column.Int("i", new[] { 1 })));
        Assert.Contains(path, fault.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [SkippableFact]
    public void A_full_disk_is_said_and_leaves_nothing()
    {
        using var disk = new SmallDisk(mebibytes: 1);
        var random = new Random(7);
        var fault = Assert.Throws<BatchRecException>(() => ParquetFile.Write(
            Path.Combine(disk.Folder, "a.parquet"), Column.Long("noise", Enumerable.Range(0, 500_000).Select(_ => random.NextInt64()).ToArray())));
        Assert.Contains("a.parquet can't be written", fault.Message);
        Assert.Contains("No space left on device", fault.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Folder));
    }

    [Fact]
    public void Files_are_read_one_after_the_other()
    {
        foreach (var file in new[] { 2, 1, 3 }) ParquetFile.Write(PathOf($"{file}.parquet"), Column.Int("i", Enumerable.Range(file * 10_000, 5_000).ToArray()));
        using var rows = ParquetFile.Read(_duck, [PathOf("2.parquet"), PathOf("1.parquet"), PathOf("3.parquet")], "i");
        var read = new List<int>();
        while (rows.Next()) read.AddRange(rows.Ints(0));
        Assert.Equal([.. Enumerable.Range(20_000, 5_000), .. Enumerable.Range(10_000, 5_000), .. Enumerable.Range(30_000, 5_000)], read);
    }

    [Fact]
    public void The_network_and_the_limits_are_out_of_reach()
    {
        Assert.Throws<DuckDbException>(() => _duck.Execute("SET memory_limit = '1TB'"));
        Assert.Throws<DuckDbException>(() => _duck.Execute("INSTALL postgres"));
    }

    private long Sum(string path)
    {
        var sum = 0L;
        using var rows = ParquetFile.Read(_duck, path, "i");
        while (rows.Next())
            foreach (var value in rows.Ints(0)) sum += value;
        return sum;
    }
}
