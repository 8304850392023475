using Parquet.Schema;
using Reader = global::Parquet.ParquetReader;
using RawLongs = global::Parquet.Data.RawColumnData<long>;

namespace BatchRec.Tests.Parquet;

/// <summary>Whole columns by way of Parquet.Net, which shares no code with what writes our files.</summary>
internal sealed class ParquetNetReader : IAsyncDisposable
{
    private readonly Reader _reader;

    private ParquetNetReader(Reader reader) => _reader = reader;

    public static async Task<ParquetNetReader> OpenAsync(string path) => new(await Reader.CreateAsync(path));

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    /// <summary>Rows of each row group.</summary>
    public IEnumerable<long> Groups => _reader.RowGroups.Select(group => group.RowCount);

    public IReadOnlyDictionary<string, string> Metadata => _reader.CustomMetadata;

    /// <summary>The name, the type and whether values may be missing, in the file's order.</summary>
    public IEnumerable<(string Name, Type Type, bool Optional)> Fields => _reader.Schema.GetDataFields().Select(one => (one.Name, one.ClrType, one.IsNullable));

    /// <summary>Of a field that isn't optional.</summary>
    public Task<T[]> ValuesAsync<T>(string name) where T : struct =>
        ReadAsync<T>(name, (group, field, values) => group.ReadAsync(field, values));

    public Task<T?[]> OptionalsAsync<T>(string name) where T : struct =>
        ReadAsync<T?>(name, (group, field, values) => group.ReadAsync(field, values));

    public Task<string?[]> TextsAsync(string name) =>
        ReadAsync<string?>(name, (group, field, values) => group.ReadAsync(field, values));

    /// <summary>Each row's list, of a file of one row group.</summary>
    public async Task<List<List<long>>> ListsAsync(string name)
    {
        var field = _reader.Schema.GetDataFields().Single(field => field.Path.ToString().StartsWith(name, StringComparison.Ordinal));
        using var group = _reader.OpenRowGroupReader(0);
        using var column = (RawLongs)await group.ReadRawColumnDataBaseAsync(field);
        var (lists, at) = (new List<List<long>>(), 0);
        for (var level = 0; level < column.RepetitionLevels.Length; level++)
        {
            if (column.RepetitionLevels[level] == 0) lists.Add([]);
            if (column.DefinitionLevels[level] == field.MaxDefinitionLevel) lists[^1].Add(column.Values[at++]);
        }
        return lists;
    }

    private async Task<T[]> ReadAsync<T>(string name, Func<global::Parquet.ParquetRowGroupReader, DataField, Memory<T>, ValueTask> read)
    {
        var field = _reader.Schema.GetDataFields().Single(field => field.Name == name);
        var values = new List<T>();
        for (var index = 0; index < _reader.RowGroupCount; index++)
        {
            using var group = _reader.OpenRowGroupReader(index);
            var part = new T[group.RowCount];
            await read(group, field, part);
            values.AddRange(part);
        }
        return [.. values];
    }
}
