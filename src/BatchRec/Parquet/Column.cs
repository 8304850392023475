using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BatchRec.Interactions;
using DuckDB.NET.Native;

namespace BatchRec.Parquet;

/// <summary>One named column of rows to be written, whole: flat arrays in, copied span by span into DuckDB's vectors.</summary>
public abstract class Column
{
    private Column(string name, int rows, ReadOnlyMemory<bool> missing)
    {
        if (!missing.IsEmpty && missing.Length != rows)
            throw new ArgumentException($"Column {name} has {rows} rows and {missing.Length} marks of what is missing.", nameof(missing));
        (Name, Rows, Missing) = (name, rows, missing);
    }

    public string Name { get; }

    public int Rows { get; }

    /// <summary>True where the row has no value; empty: every row has one.</summary>
    protected ReadOnlyMemory<bool> Missing { get; }

    public static Column Long(string name, ReadOnlyMemory<long> values, ReadOnlyMemory<bool> missing = default) =>
        new Fixed<long>(name, ColumnType.Long, values, missing);

    public static Column Int(string name, ReadOnlyMemory<int> values, ReadOnlyMemory<bool> missing = default) =>
        new Fixed<int>(name, ColumnType.Int, values, missing);

    public static Column Byte(string name, ReadOnlyMemory<byte> values, ReadOnlyMemory<bool> missing = default) =>
        new Fixed<byte>(name, ColumnType.Byte, values, missing);

    public static Column Float(string name, ReadOnlyMemory<float> values, ReadOnlyMemory<bool> missing = default) =>
        new Fixed<float>(name, ColumnType.Float, values, missing);

    public static Column Double(string name, ReadOnlyMemory<double> values, ReadOnlyMemory<bool> missing = default) =>
        new Fixed<double>(name, ColumnType.Double, values, missing);

    public static Column Bool(string name, ReadOnlyMemory<bool> values, ReadOnlyMemory<bool> missing = default) =>
        new Fixed<bool>(name, ColumnType.Bool, values, missing);

    public static Column Uuid(string name, ReadOnlyMemory<Guid> values, ReadOnlyMemory<bool> missing = default) =>
        new Uuids(name, values, missing);

    /// <summary>A missing text is null.</summary>
    public static Column Text(string name, IEnumerable<string?> values) => Text(name, Texts.Of(values));

    public static Column Text(string name, Texts values) => new Utf8(name, values, indices: null);

    /// <summary>Row i is <c>values[indices[i]]</c>.</summary>
    public static Column Text(string name, Texts values, ReadOnlyMemory<int> indices) => new Utf8(name, values, indices);

    /// <summary>Row i is the list of the rows <c>offsets[i] .. offsets[i + 1]</c> of <paramref name="elements"/>, whose name is not used.</summary>
    /// <param name="offsets">(rows + 1), ascending from 0</param>
    public static Column List(string name, ReadOnlyMemory<int> offsets, Column elements) => new Lists(name, offsets, elements);

    internal abstract string SqlType { get; }

    internal abstract DuckDBLogicalType NativeType();

    /// <summary>Copies rows from .. from + count to places at .. at + count of a vector.</summary>
    internal abstract void Copy(nint vector, int from, int count, int at);

    private unsafe void CopyMissing(nint vector, int from, int count, int at)
    {
        if (Missing.IsEmpty) return;
        var missing = Missing.Span.Slice(from, count);
        if (missing.IndexOf(true) < 0) return;
        NativeMethods.Vectors.DuckDBVectorEnsureValidityWritable(vector);
        var validity = NativeMethods.Vectors.DuckDBVectorGetValidity(vector);
        for (var i = 0; i < count; i++)
            if (missing[i]) validity[(at + i) >> 6] &= ~(1UL << ((at + i) & 63));
    }

    private sealed class Fixed<T>(string name, ColumnType type, ReadOnlyMemory<T> values, ReadOnlyMemory<bool> missing) : Column(name, values.Length, missing)
        where T : unmanaged
    {
        internal override string SqlType => type.SqlName();

        internal override DuckDBLogicalType NativeType() => NativeMethods.LogicalType.DuckDBCreateLogicalType(type.Native());

        internal override unsafe void Copy(nint vector, int from, int count, int at)
        {
            values.Span.Slice(from, count).CopyTo(new Span<T>((T*)NativeMethods.Vectors.DuckDBVectorGetData(vector) + at, count));
            CopyMissing(vector, from, count, at);
        }
    }

    private sealed class Uuids(string name, ReadOnlyMemory<Guid> values, ReadOnlyMemory<bool> missing) : Column(name, values.Length, missing)
    {
        internal override string SqlType => ColumnType.Uuid.SqlName();

        internal override DuckDBLogicalType NativeType() => NativeMethods.LogicalType.DuckDBCreateLogicalType(DuckDBType.Uuid);

        internal override unsafe void Copy(nint vector, int from, int count, int at)
        {
            var target = new Span<NativeUuid>((NativeUuid*)NativeMethods.Vectors.DuckDBVectorGetData(vector) + at, count);
            var source = values.Span.Slice(from, count);
            for (var i = 0; i < count; i++) target[i] = new NativeUuid(source[i]);
            CopyMissing(vector, from, count, at);
        }
    }

    private sealed class Utf8(string name, Texts values, ReadOnlyMemory<int>? indices) : Column(name, indices?.Length ?? values.Count, default)
    {
        internal override string SqlType => ColumnType.Text.SqlName();

        internal override DuckDBLogicalType NativeType() => NativeMethods.LogicalType.DuckDBCreateLogicalType(DuckDBType.Varchar);

        internal override unsafe void Copy(nint vector, int from, int count, int at)
        {
            for (var i = 0; i < count; i++)
            {
                var index = indices is { } chosen ? chosen.Span[from + i] : from + i;
                if (values.IsMissing(index))
                {
                    NativeMethods.Vectors.DuckDBVectorEnsureValidityWritable(vector);
                    NativeMethods.ValidityMask.DuckDBValiditySetRowValidity(NativeMethods.Vectors.DuckDBVectorGetValidity(vector), (ulong)(at + i), false);
                    continue;
                }
                var text = values[index];
                fixed (byte* bytes = &MemoryMarshal.GetReference(text))
                {
                    // An empty text has no address; any will do, for no byte of it is read.
                    byte none = 0;
                    NativeMethods.Vectors.DuckDBVectorAssignStringElementLength(vector, (ulong)(at + i), text.IsEmpty ? &none : bytes, text.Length);
                }
            }
        }
    }

    private sealed class Lists : Column
    {
        private readonly ReadOnlyMemory<int> _offsets;
        private readonly Column _elements;

        public Lists(string name, ReadOnlyMemory<int> offsets, Column elements) : base(name, offsets.Length - 1, default)
        {
            var (first, last) = offsets.IsEmpty ? (-1, -1) : (offsets.Span[0], offsets.Span[^1]);
            if (first != 0 || last != elements.Rows)
                throw new ArgumentException($"Offsets of column {name} run from {first} to {last} over {elements.Rows} elements.", nameof(offsets));
            (_offsets, _elements) = (offsets, elements);
        }

        internal override string SqlType => _elements.SqlType + "[]";

        internal override DuckDBLogicalType NativeType()
        {
            using var element = _elements.NativeType();
            return NativeMethods.LogicalType.DuckDBCreateListType(element);
        }

        internal override unsafe void Copy(nint vector, int from, int count, int at)
        {
            var offsets = _offsets.Span;
            var before = (ulong)NativeMethods.Vectors.DuckDBListVectorGetSize(vector);
            var (first, elements) = (offsets[from], offsets[from + count] - offsets[from]);
            NativeMethods.Vectors.DuckDBListVectorReserve(vector, before + (ulong)elements);
            NativeMethods.Vectors.DuckDBListVectorSetSize(vector, before + (ulong)elements);
            var entries = new Span<DuckDBListEntry>((DuckDBListEntry*)NativeMethods.Vectors.DuckDBVectorGetData(vector) + at, count);
            for (var i = 0; i < count; i++)
                entries[i] = new DuckDBListEntry(before + (ulong)(offsets[from + i] - first), (ulong)(offsets[from + i + 1] - offsets[from + i]));
            _elements.Copy(NativeMethods.Vectors.DuckDBListVectorGetChild(vector), first, elements, (int)before);
        }
    }
}

/// <summary>How DuckDB keeps a UUID: a 128-bit number whose top bit is flipped, so that signed order equals the order of its bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct NativeUuid
{
    private const ulong TopBit = 1UL << 63;

    private readonly ulong _lower;
    private readonly ulong _upper;

    public NativeUuid(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        _upper = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes) ^ TopBit;
        _lower = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
    }

    [SkipLocalsInit]
    public Guid ToGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, _upper ^ TopBit);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _lower);
        return new Guid(bytes, bigEndian: true);
    }
}
