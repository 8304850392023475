using System.Text;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.Parquet;

/// <summary>DuckDB reads what is written here.</summary>
public sealed class ParquetWriterTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("batchrec-parquet-").FullName, "a.parquet");
    private readonly DuckDb _duck = new();
    private readonly ParquetWriter.Room _room = new();

    public void Dispose()
    {
        _duck.Dispose();
        Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(129)]
    [InlineData(10_001)]
    public void Integers_of_any_size_come_back(int count)
    {
        var random = new Random(count);
        var (ascending, wide) = (new long[count], new long[count]);
        for (var row = 0; row < count; row++)
            (ascending[row], wide[row]) = (row / 7 * 3, row % 50 == 0 ? long.MinValue : row % 50 == 1 ? long.MaxValue : random.NextInt64(long.MinValue, long.MaxValue));
        using (var writer = new ParquetWriter(_path, _room, new("ascending", ColumnType.Long), new("wide", ColumnType.Long)))
        {
            writer.Begin(count);
            writer.Longs(ascending);
            writer.Longs(wide);
            writer.Finish();
        }
        var (readAscending, readWide) = (new List<long>(), new List<long>());
        using var rows = ParquetFile.Read(_duck, _path, "ascending", "wide");
        while (rows.Next())
        {
            readAscending.AddRange(rows.Longs(0));
            readWide.AddRange(rows.Longs(1));
        }
        Assert.Equal(ascending, readAscending);
        Assert.Equal(wide, readWide);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(int.MaxValue)]
    public void Missing_values_come_back_as_missing(int every)
    {
        var missing = Enumerable.Range(0, 1_003).Select(row => row % every == 0).ToArray();
        if (every == int.MaxValue) missing[0] = false;
        var (longs, floats) = (missing.Select((_, row) => row * 3L).ToArray(), missing.Select((_, row) => row / 2f).ToArray());
        using (var writer = new ParquetWriter(_path, _room, new("long", ColumnType.Long, Optional: true), new("float", ColumnType.Float, Optional: true)))
        {
            writer.Begin(missing.Length);
            writer.Longs(longs, missing);
            writer.Floats(floats, missing);
            writer.Finish();
        }
        using var rows = ParquetFile.Read(_duck, _path, "long", "float");
        Assert.True(rows.Next());
        for (var row = 0; row < missing.Length; row++)
        {
            Assert.Equal((missing[row], missing[row]), (rows.IsMissing(0, row), rows.IsMissing(1, row)));
            if (!missing[row]) Assert.Equal((longs[row], floats[row]), (rows.Longs(0)[row], rows.Floats(1)[row]));
        }
    }

    [Fact]
    public void Texts_and_uuids_come_back_over_several_row_groups_and_the_hash_is_the_file_s()
    {
        var (texts, uuids) = (new IdMap(IdKind.Text), new IdMap(IdKind.Uuid));
        for (var id = 0; id < 300; id++)
        {
            texts.GetOrAdd(Encoding.UTF8.GetBytes(id == 0 ? "Käse" : new string('x', id)));
            uuids.GetOrAdd(new Guid(id, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8));
        }
        var indices = Enumerable.Range(0, 2_000).Select(row => (long)(299 - row * 7 % 290)).ToArray();
        string hash;
        using (var writer = new ParquetWriter(_path, _room, new("text", ColumnType.Text), new("uuid", ColumnType.Uuid), new("same", ColumnType.Text)))
        {
            foreach (var group in new[] { indices[..1_000], indices[1_000..] })
            {
                writer.Begin(group.Length);
                writer.Ids(group, texts);
                writer.Ids(group, uuids);
                writer.Ids(new long[group.Length], texts);
            }
            hash = writer.Finish();
            Assert.Equal(2_000, writer.Rows);
        }
        Assert.Equal(Artefact.HashOf(_path), hash);
        Assert.Equal([("text", "VARCHAR"), ("uuid", "UUID"), ("same", "VARCHAR")], ParquetFile.Schema(_duck, _path));
        var at = 0;
        using var rows = ParquetFile.Read(_duck, _path, "text", "uuid", "same");
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++, at++)
                Assert.Equal((texts.TextOf((int)indices[at]), uuids.UuidOf((int)indices[at]), "Käse"), (rows.Text(0, row), rows.Uuids(1)[row], rows.Text(2, row)));
        }
        Assert.Equal(2_000, at);
    }
}
