using System.Text;
using BatchRec.Interactions;
using BatchRec.Parquet;
using Xunit;

namespace BatchRec.Tests.Parquet;

/// <summary>
/// Our files are Parquet, and not just something that DuckDB reads: another implementation finds the same in them.
/// </summary>
public sealed class ParquetNetTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("batchrec-parquet-").FullName, "a.parquet");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Theory]
    [InlineData(IdKind.BigInt, new int[0])]
    [InlineData(IdKind.BigInt, new[] { 1 })]
    [InlineData(IdKind.BigInt, new[] { ParquetWriter.GroupRows, 129, 128 })]
    [InlineData(IdKind.Uuid, new[] { 1 })]
    [InlineData(IdKind.Uuid, new[] { 1_000, 7, 33 })]
    [InlineData(IdKind.Text, new[] { 1 })]
    [InlineData(IdKind.Text, new[] { 1_000, 7, 33 })]
    public async Task A_day_file_of_any_id_type_and_row_groups_is_read_by_Parquet_Net(IdKind kind, int[] groups)
    {
        var ids = new IdMap(kind);
        for (var id = 0; id < 300 && kind == IdKind.Uuid; id++) ids.GetOrAdd(new Guid(id * 7919, 7, 0, 0xFF, 2, 3, 4, 5, 6, 7, 8));
        for (var id = 0; id < 300 && kind == IdKind.Text; id++) ids.GetOrAdd(Encoding.UTF8.GetBytes(id == 0 ? "Käse 🧀" : new string('x', id)));
        var rows = Enumerable.Range(0, groups.Sum()).ToArray();
        // Neighbours that lie as far apart as can be, besides close ones.
        var longs = rows.Select(row => (row % 50) switch { 0 => long.MinValue, 1 => long.MaxValue, _ => row / 7 * 3L }).ToArray();
        var indices = rows.Select(row => (long)(row * 7 % 300)).ToArray();
        var (floats, missing) = (rows.Select(row => row / 2f).ToArray(), rows.Select(row => row % 3 == 0).ToArray());

        using (var writer = new ParquetWriter(_path, new ParquetWriter.Room(),
            new("id", kind switch { IdKind.BigInt => ColumnType.Long, IdKind.Uuid => ColumnType.Uuid, _ => ColumnType.Text }),
            new("long", ColumnType.Long, Optional: true), new("float", ColumnType.Float, Optional: true)))
        {
            for (var (group, from) = (0, 0); group < groups.Length; from += groups[group++])
            {
                var of = from..(from + groups[group]);
                writer.Begin(groups[group]);
                if (kind == IdKind.BigInt) writer.Longs(longs.AsSpan(of));
                else writer.Ids(indices.AsSpan(of), ids);
                writer.Longs(longs.AsSpan(of), missing.AsSpan(of));
                writer.Floats(floats.AsSpan(of), missing.AsSpan(of));
            }
            writer.Finish();
        }

        await using var reader = await ParquetNetReader.OpenAsync(_path);
        Assert.Equal(groups.Select(group => (long)group), reader.Groups);
        Assert.Equal("1", reader.Metadata["batchrec.format"]);
        Assert.Equal([("id", kind switch { IdKind.BigInt => typeof(long), IdKind.Uuid => typeof(Guid), _ => typeof(ReadOnlyMemory<char>) }, false),
            ("long", typeof(long), true), ("float", typeof(float), true)], reader.Fields);
        if (kind == IdKind.BigInt) Assert.Equal(longs, await reader.ValuesAsync<long>("id"));
        else if (kind == IdKind.Uuid) Assert.Equal(indices.Select(index => ids.UuidOf((int)index)), await reader.ValuesAsync<Guid>("id"));
        else Assert.Equal(indices.Select(index => ids.TextOf((int)index)), await reader.TextsAsync("id"));
        Assert.Equal(rows.Select(row => missing[row] ? (long?)null : longs[row]), await reader.OptionalsAsync<long>("long"));
        Assert.Equal(rows.Select(row => missing[row] ? (float?)null : floats[row]), await reader.OptionalsAsync<float>("float"));
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData(ParquetFile.Lz4)]
    public async Task Compressed_columns_and_lists_are_read_by_Parquet_Net(string codec)
    {
        const int rows = 1_000;
        var offsets = Enumerable.Range(0, rows + 1).Select(row => row / 3 * 2).ToArray();
        var elements = Enumerable.Range(0, offsets[^1]).Select(element => element * 5L).ToArray();
        var uuids = Enumerable.Range(0, rows).Select(row => new Guid(row, 1, 2, 0xFF, 4, 5, 6, 7, 8, 9, 10)).ToArray();
        var texts = Enumerable.Range(0, rows).Select(row => row % 5 == 0 ? null : $"Käse 🧀 {row}").ToArray();
        ParquetFile.Write(_path, codec, Column.List("items", offsets, Column.Long("", elements)), Column.Uuid("uuid", uuids), Column.Text("text", texts),
            Column.Byte("byte", uuids.Select((_, row) => (byte)row).ToArray()));

        await using var reader = await ParquetNetReader.OpenAsync(_path);
        Assert.Equal("1", reader.Metadata["batchrec.format"]);
        Assert.Equal(Enumerable.Range(0, rows).Select(row => elements[offsets[row]..offsets[row + 1]].ToList()), await reader.ListsAsync("items"));
        Assert.Equal(uuids.Cast<Guid?>(), await reader.OptionalsAsync<Guid>("uuid"));
        Assert.Equal(texts, await reader.TextsAsync("text"));
        Assert.Equal(uuids.Select((_, row) => (byte?)row), await reader.OptionalsAsync<byte>("byte"));
    }
}
