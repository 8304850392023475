using System.Runtime.CompilerServices;
using System.Text;
using DuckDB.NET.Native;

namespace BatchRec.Parquet;

/// <summary>
/// A result that is read chunk by chunk (up to <see cref="MaxRows"/>), column by column, as spans over DuckDB's own memory:
/// valid until the next <see cref="Next"/>.
/// </summary>
public sealed unsafe class Chunks : IDisposable
{
    /// <summary>Rows of the largest chunk.</summary>
    public static int MaxRows { get; } = (int)NativeMethods.Helpers.DuckDBVectorSize();

    private readonly DuckDBPreparedStatement _statement;
    private readonly DuckDBType[] _types;
    private DuckDBResult _result;
    private readonly IReadOnlyList<string>? _files;
    private DuckDBDataChunk? _chunk;

    // Columns of UUIDs are kept in another byte order: converted once a chunk, here.
    private readonly Guid[]?[] _uuids;

    /// <param name="files">The files that are read, for messages; null: it is a query.</param>
    internal Chunks(DuckDBPreparedStatement statement, DuckDBResult result, IReadOnlyList<string>? files)
    {
        (_statement, _result, _files) = (statement, result, files);
        var columns = (int)NativeMethods.Query.DuckDBColumnCount(ref _result);
        (_types, _uuids) = (new DuckDBType[columns], new Guid[columns][]);
        for (var c = 0; c < columns; c++)
        {
            using var type = NativeMethods.Query.DuckDBColumnLogicalType(ref _result, c);
            _types[c] = NativeMethods.LogicalType.DuckDBGetTypeId(type);
        }
    }

    public void Dispose()
    {
        _chunk?.Dispose();
        NativeMethods.Query.DuckDBDestroyResult(ref _result);
        _statement.Dispose();
    }

    /// <summary>Rows of this chunk.</summary>
    public int Rows { get; private set; }

    /// <summary>Moves to the next chunk; false at the end.</summary>
    /// <exception cref="BatchRecException">The file was truncated or changed.</exception>
    /// <exception cref="DuckDbException">DuckDB failed in a query.</exception>
    public bool Next()
    {
        _chunk?.Dispose();
        _chunk = NativeMethods.StreamingResult.DuckDBStreamFetchChunk(_result);
        Rows = _chunk.IsInvalid ? 0 : (int)NativeMethods.DataChunks.DuckDBDataChunkGetSize(_chunk);
        if (Rows > 0) return true;
        if (NativeMethods.Query.DuckDBResultErrorType(ref _result) != DuckDBErrorType.Invalid) throw Fault(DuckDbException.Of(ref _result));
        return false;
    }

    public ReadOnlySpan<long> Longs(int column) => Values<long>(column, DuckDBType.BigInt);

    public ReadOnlySpan<int> Ints(int column) => Values<int>(column, DuckDBType.Integer);

    public ReadOnlySpan<byte> Bytes(int column) => Values<byte>(column, DuckDBType.UnsignedTinyInt);

    public ReadOnlySpan<float> Floats(int column) => Values<float>(column, DuckDBType.Float);

    public ReadOnlySpan<double> Doubles(int column) => Values<double>(column, DuckDBType.Double);

    public ReadOnlySpan<bool> Bools(int column) => Values<bool>(column, DuckDBType.Boolean);

    public ReadOnlySpan<Guid> Uuids(int column)
    {
        var source = Values<NativeUuid>(column, DuckDBType.Uuid);
        var target = _uuids[column] ??= new Guid[MaxRows];
        for (var i = 0; i < Rows; i++) target[i] = source[i].ToGuid();
        return target.AsSpan(0, Rows);
    }

    /// <summary>UTF-8; empty where the text is missing.</summary>
    public ReadOnlySpan<byte> Utf8(int column, int row)
    {
        Require(column, DuckDBType.Varchar);
        return IsMissing(column, row) ? [] : Utf8At(Vector(column), row);
    }

    /// <summary>Null where the text is missing.</summary>
    public string? Text(int column, int row) => IsMissing(column, row) ? null : Encoding.UTF8.GetString(Utf8(column, row));

    public bool IsMissing(int column, int row)
    {
        var validity = NativeMethods.Vectors.DuckDBVectorGetValidity(Vector(column));
        return validity != null && (validity[row >> 6] >> (row & 63) & 1) == 0;
    }

    /// <summary>The list in a row of a LIST column.</summary>
    public ListOf List(int column, int row)
    {
        Require(column, DuckDBType.List);
        var vector = Vector(column);
        var entry = ((DuckDBListEntry*)NativeMethods.Vectors.DuckDBVectorGetData(vector))[row];
        return IsMissing(column, row) ? default : new ListOf(NativeMethods.Vectors.DuckDBListVectorGetChild(vector), (int)entry.Offset, (int)entry.Length);
    }

    private ReadOnlySpan<T> Values<T>(int column, DuckDBType type) where T : unmanaged
    {
        Require(column, type);
        return new ReadOnlySpan<T>(NativeMethods.Vectors.DuckDBVectorGetData(Vector(column)), Rows);
    }

    private nint Vector(int column) => NativeMethods.DataChunks.DuckDBDataChunkGetVector(_chunk!, column);

    private void Require(int column, DuckDBType type, [CallerMemberName] string read = "")
    {
        if (_types[column] != type)
            throw Fault(new DuckDbException($"Column {NativeMethods.Query.DuckDBColumnName(ref _result, column)} is {_types[column]}, read by {read} as {type}."));
    }

    private Exception Fault(DuckDbException exception) => _files is null ? exception : ParquetFile.Unreadable(_files, exception);

    private static ReadOnlySpan<byte> Utf8At(nint vector, int row)
    {
        var text = (DuckDBString*)NativeMethods.Vectors.DuckDBVectorGetData(vector) + row;
        return new ReadOnlySpan<byte>(text->Data, text->Length);
    }

    /// <summary>One list: its elements as spans over DuckDB's memory. Element types are checked.</summary>
    public readonly ref struct ListOf
    {
        private readonly nint _elements;
        private readonly int _from;

        internal ListOf(nint elements, int from, int count) => (_elements, _from, Count) = (elements, from, count);

        public int Count { get; }

        public ReadOnlySpan<long> Longs() => Values<long>(DuckDBType.BigInt);

        public ReadOnlySpan<int> Ints() => Values<int>(DuckDBType.Integer);

        public ReadOnlySpan<float> Floats() => Values<float>(DuckDBType.Float);

        public Guid[] Uuids()
        {
            var uuids = new Guid[Count];
            var source = Values<NativeUuid>(DuckDBType.Uuid);
            for (var i = 0; i < Count; i++) uuids[i] = source[i].ToGuid();
            return uuids;
        }

        public ReadOnlySpan<byte> Utf8(int index)
        {
            Require(DuckDBType.Varchar);
            return (uint)index < (uint)Count ? Utf8At(_elements, _from + index)
                : throw new ArgumentOutOfRangeException(nameof(index), index, $"The list has {Count} elements.");
        }

        public string[] Texts()
        {
            var texts = new string[Count];
            for (var i = 0; i < Count; i++) texts[i] = Encoding.UTF8.GetString(Utf8(i));
            return texts;
        }

        private ReadOnlySpan<T> Values<T>(DuckDBType type) where T : unmanaged
        {
            if (Count == 0) return [];
            Require(type);
            return new ReadOnlySpan<T>((T*)NativeMethods.Vectors.DuckDBVectorGetData(_elements) + _from, Count);
        }

        private void Require(DuckDBType expected)
        {
            using var type = NativeMethods.Vectors.DuckDBVectorGetColumnType(_elements);
            var found = NativeMethods.LogicalType.DuckDBGetTypeId(type);
            if (found != expected) throw new DuckDbException($"The list's elements are {found}, read as {expected}.");
        }
    }
}
