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
    private readonly DuckDBType[] _elementTypes;
    private readonly Vector[] _vectors;
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
        (_types, _elementTypes, _vectors, _uuids) = (new DuckDBType[columns], new DuckDBType[columns], new Vector[columns], new Guid[columns][]);
        for (var c = 0; c < columns; c++)
        {
            using var type = NativeMethods.Query.DuckDBColumnLogicalType(ref _result, c);
            _types[c] = NativeMethods.LogicalType.DuckDBGetTypeId(type);
            if (_types[c] != DuckDBType.List) continue;
            using var element = NativeMethods.LogicalType.DuckDBListTypeChildType(type);
            _elementTypes[c] = NativeMethods.LogicalType.DuckDBGetTypeId(element);
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
        for (var c = 0; c < _vectors.Length && Rows > 0; c++) _vectors[c] = new Vector(NativeMethods.DataChunks.DuckDBDataChunkGetVector(_chunk, c), _types[c]);
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
        return IsMissing(column, row) ? [] : Utf8At(_vectors[column].Data, row);
    }

    /// <summary>Null where the text is missing.</summary>
    public string? Text(int column, int row) => IsMissing(column, row) ? null : Encoding.UTF8.GetString(Utf8(column, row));

    public bool IsMissing(int column, int row)
    {
        var validity = _vectors[column].Validity;
        return validity != null && (validity[row >> 6] >> (row & 63) & 1) == 0;
    }

    /// <summary>The list in a row of a LIST column.</summary>
    public ListOf List(int column, int row)
    {
        Require(column, DuckDBType.List);
        var entry = ((DuckDBListEntry*)_vectors[column].Data)[row];
        return IsMissing(column, row) ? default : new ListOf(_vectors[column].Elements, _elementTypes[column], (int)entry.Offset, (int)entry.Length);
    }

    private ReadOnlySpan<T> Values<T>(int column, DuckDBType type) where T : unmanaged
    {
        Require(column, type);
        return new ReadOnlySpan<T>(_vectors[column].Data, Rows);
    }

    private void Require(int column, DuckDBType type, [CallerMemberName] string read = "")
    {
        if (_types[column] != type)
            throw Fault(new DuckDbException($"Column {NativeMethods.Query.DuckDBColumnName(ref _result, column)} is {_types[column]}, read by {read} as {type}."));
    }

    private Exception Fault(DuckDbException exception) => _files is null ? exception : ParquetFile.Unreadable(_files, exception);

    private static ReadOnlySpan<byte> Utf8At(void* texts, int row)
    {
        var text = (DuckDBString*)texts + row;
        return new ReadOnlySpan<byte>(text->Data, text->Length);
    }

    /// <summary>Where a column's values lie, asked for once a chunk: a call into DuckDB costs more than the value it leads to.</summary>
    private readonly struct Vector
    {
        public readonly void* Data;
        public readonly ulong* Validity;

        /// <summary>Of a LIST column, those of all its lists one after the other.</summary>
        public readonly void* Elements;

        public Vector(nint vector, DuckDBType type)
        {
            Data = NativeMethods.Vectors.DuckDBVectorGetData(vector);
            Validity = NativeMethods.Vectors.DuckDBVectorGetValidity(vector);
            Elements = type == DuckDBType.List ? NativeMethods.Vectors.DuckDBVectorGetData(NativeMethods.Vectors.DuckDBListVectorGetChild(vector)) : null;
        }
    }

    /// <summary>One list: its elements as spans over DuckDB's memory. Element types are checked.</summary>
    public readonly ref struct ListOf
    {
        private readonly void* _elements;
        private readonly DuckDBType _type;
        private readonly int _from;

        internal ListOf(void* elements, DuckDBType type, int from, int count)
        {
            _elements = elements;
            (_type, _from, Count) = (type, from, count);
        }

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

        public Guid UuidAt(int index) => Values<NativeUuid>(DuckDBType.Uuid)[index].ToGuid();

        /// <summary>Valid for as long as the chunk.</summary>
        public ReadOnlySpan<byte> Utf8(int index)
        {
            Require(DuckDBType.Varchar);
            return (uint)index < (uint)Count ? Utf8At(_elements, _from + index)
                : throw new ArgumentOutOfRangeException(nameof(index), index, $"The list has {Count} elements.");
        }

        /// <summary>How many texts from <paramref name="index"/> on are the same, as far as can be told without reading them: 1 or more.</summary>
        public int Alike(int index)
        {
            Require(DuckDBType.Varchar);
            // 16 bytes a text: a short one stands in them, a long one as its length, beginning and address.
            var texts = new ReadOnlySpan<UInt128>((UInt128*)_elements + _from + index, Count - index);
            var end = texts.IndexOfAnyExcept(texts[0]);
            return end < 0 ? texts.Length : end;
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
            return new ReadOnlySpan<T>((T*)_elements + _from, Count);
        }

        private void Require(DuckDBType expected)
        {
            if (_type != expected) throw new DuckDbException($"The list's elements are {_type}, read as {expected}.");
        }
    }
}
