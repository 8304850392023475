using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BatchRec.Interactions;

namespace BatchRec.Parquet;

/// <summary>
/// Writes a Parquet file row group by row group from columns that are sorted already: integers as packed differences, texts and UUIDs by dictionary,
/// nothing compressed. What is sorted packs so well that a compressor would find little, at many times the cost.
/// The same rows give the same bytes.
/// </summary>
/// <remarks>
/// Why not Parquet.Net, which the tests read these files with (6.1.0, day files of 150,000 rows, SHA-256 included, medians of five):
/// <code>
///                   CPU time per million rows      bytes a row       allocated a million rows
///                    here      Parquet.Net      here  Parquet.Net      here     Parquet.Net
/// bigint ids        .038 s        .085 s         10.3     11.4          1 MB       45 MB
/// uuid ids          .083 s        .18 s          16.2     41.1         32 MB      122 MB
/// text ids          .081 s        .26 s          17.8     18.8         32 MB      137 MB
/// </code>
/// It makes dictionaries of texts alone, from UTF-16, and finds a column's least and greatest text in UTF-16's order where Parquet's is that of the bytes,
/// which can't be switched off: DuckDB then skips row groups that hold what it looks for. Speed alone decides nothing where ids are bigint: with either,
/// extracting five million rows took 4 s of CPU time.
/// Format: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
/// </remarks>
internal sealed class ParquetWriter : IDisposable
{
    /// <summary>Rows of a full row group.</summary>
    public const int GroupRows = 122_880;

    private const int Plain = 0, Rle = 3, DeltaBinaryPacked = 5, RleDictionary = 8;
    private const int DataPage = 0, DictionaryPage = 2;

    private static readonly byte[] Magic = "PAR1"u8.ToArray();

    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IReadOnlyList<ParquetField> _fields;
    private readonly List<Group> _groups = [];
    private readonly ArrayBufferWriter<byte> _page, _header;
    private readonly long[] _codes;

    /// <param name="room">for pages as they are encoded; one file after the other uses it.</param>
    /// <exception cref="IOException">The file can't be made.</exception>
    public ParquetWriter(string path, Room room, params IReadOnlyList<ParquetField> fields)
    {
        (_page, _header, _codes) = (room.Page, room.Header, room.Codes);
        _page.ResetWrittenCount();
        (_file, _fields) = (new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0), fields);
        Write(Magic);
    }

    public long Rows { get; private set; }

    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
    }

    /// <summary>Begins a row group of up to <see cref="GroupRows"/>; its columns follow, in the order of the fields.</summary>
    public void Begin(int rows)
    {
        _groups.Add(new Group(rows, []));
        Rows += rows;
    }

    public void Longs(ReadOnlySpan<long> values) => Longs(values, []);

    /// <param name="missing">True where there is no value; empty: the field is not optional.</param>
    public void Longs(ReadOnlySpan<long> values, ReadOnlySpan<bool> missing)
    {
        Levels(missing);
        Packed.Deltas(_page, missing.Contains(true) ? Present(values, missing) : values);
        Column(DeltaBinaryPacked, values.Length);
    }

    /// <inheritdoc cref="Longs(ReadOnlySpan{long}, ReadOnlySpan{bool})"/>
    public void Floats(ReadOnlySpan<float> values, ReadOnlySpan<bool> missing)
    {
        Levels(missing);
        _page.Write(MemoryMarshal.AsBytes(missing.Contains(true) ? Present(values, missing) : values));
        Column(Plain, values.Length);
    }

    /// <summary>Row i is the text or the UUID of index <paramref name="indices"/>[i] in <paramref name="ids"/>.</summary>
    public void Ids(ReadOnlySpan<long> indices, IdMap ids)
    {
        var codes = _codes.AsSpan(0, indices.Length);
        var (places, chosen) = (new int[ids.Count], new List<int>());
        for (var row = 0; row < indices.Length; row++)
        {
            ref var place = ref places[indices[row]];
            if (place == 0)
            {
                chosen.Add((int)indices[row]);
                place = chosen.Count;
            }
            codes[row] = place - 1;
        }
        foreach (var id in chosen) Value(ids, id);
        var dictionary = Page(DictionaryPage, Plain, chosen.Count);
        var width = 32 - BitOperations.LeadingZeroCount((uint)Math.Max(0, chosen.Count - 1));
        _page.Write([(byte)width]);
        Packed.Hybrid(_page, codes, width);
        Column(RleDictionary, indices.Length, dictionary);
    }

    /// <summary>Writes what readers look for first, without waiting for the disk.</summary>
    /// <returns>SHA-256 of the file, lower-case hex</returns>
    public string Finish()
    {
        _header.ResetWrittenCount();
        new ParquetFooter(_fields, _groups, Rows).WriteTo(_header);
        var length = _header.WrittenCount;
        BinaryPrimitives.WriteInt32LittleEndian(_header.GetSpan(sizeof(int)), length);
        _header.Advance(sizeof(int));
        _header.Write(Magic);
        Write(_header.WrittenSpan);
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <summary>1 where there is a value, 0 where not: of an optional field alone.</summary>
    private void Levels(ReadOnlySpan<bool> missing)
    {
        if (missing.IsEmpty) return;
        for (var row = 0; row < missing.Length; row++) _codes[row] = missing[row] ? 0 : 1;
        _header.ResetWrittenCount();
        Packed.Hybrid(_header, _codes.AsSpan(0, missing.Length), width: 1);
        BinaryPrimitives.WriteInt32LittleEndian(_page.GetSpan(sizeof(int)), _header.WrittenCount);
        _page.Advance(sizeof(int));
        _page.Write(_header.WrittenSpan);
    }

    private static T[] Present<T>(ReadOnlySpan<T> values, ReadOnlySpan<bool> missing)
    {
        var present = new T[missing.Count(false)];
        for (var (row, at) = (0, 0); row < values.Length; row++)
            if (!missing[row]) present[at++] = values[row];
        return present;
    }

    private void Value(IdMap ids, int index)
    {
        if (ids.Kind == IdKind.Uuid)
        {
            ids.UuidOf(index).TryWriteBytes(_page.GetSpan(16), bigEndian: true, out _);
            _page.Advance(16);
            return;
        }
        var text = ids.Utf8Of(index);
        BinaryPrimitives.WriteInt32LittleEndian(_page.GetSpan(sizeof(int)), text.Length);
        _page.Advance(sizeof(int));
        _page.Write(text);
    }

    private void Column(int encoding, int rows, (long Offset, long Bytes)? dictionary = null)
    {
        var data = Page(DataPage, encoding, rows);
        _groups[^1].Chunks.Add(new Chunk(encoding, data.Offset, dictionary?.Offset, data.Bytes + (dictionary?.Bytes ?? 0)));
    }

    private (long Offset, long Bytes) Page(int type, int encoding, int values)
    {
        var (offset, size) = (_file.Position, _page.WrittenCount);
        _header.ResetWrittenCount();
        var header = new ThriftCompact(_header);
        header.Whole(() =>
        {
            header.Int(1, type);
            header.Int(2, size);
            header.Int(3, size);
            header.Nested(type == DataPage ? 5 : 7, () =>
            {
                header.Int(1, values);
                header.Int(2, encoding);
                if (type != DataPage) return;
                header.Int(3, Rle);
                header.Int(4, Rle);
            });
        });
        Write(_header.WrittenSpan);
        Write(_page.WrittenSpan);
        _page.ResetWrittenCount();
        return (offset, _file.Position - offset);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _file.Write(bytes);
        _hash.AppendData(bytes);
    }

    internal sealed class Room
    {
        public ArrayBufferWriter<byte> Page { get; } = new();

        public ArrayBufferWriter<byte> Header { get; } = new();

        public long[] Codes { get; } = new long[GroupRows];
    }

    /// <summary>A row group as the footer tells of it.</summary>
    internal sealed record Group(int Rows, List<Chunk> Chunks);

    /// <summary>One column of a row group.</summary>
    /// <param name="Bytes">with headers and dictionary</param>
    internal sealed record Chunk(int Encoding, long Data, long? Dictionary, long Bytes);
}

/// <param name="Optional">Values may be missing.</param>
internal sealed record ParquetField(string Name, ColumnType Type, bool Optional = false);
