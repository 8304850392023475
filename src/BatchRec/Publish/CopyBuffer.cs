using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using BatchRec.Extract;
using BatchRec.Interactions;
using BatchRec.Parquet;

namespace BatchRec.Publish;

/// <summary>
/// Rows in the binary format of PostgreSQL's COPY, big-endian: a count of fields, then each field's length and bytes. Arrays are what array_send
/// gives and array_recv takes: dimensions, flags, the element type's OID, length, lower bound, then each element's length and bytes.
/// </summary>
/// <remarks>
/// https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". Written here rather than value by value through Npgsql's importer, because
/// the checksum wants the very bytes, and ids of three types then need no array of their own a row.
/// </remarks>
internal sealed class CopyBuffer
{
    private const int RealOid = 700, TextOid = 25;
    private byte[] _bytes = new byte[1 << 20];
    private int _field;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>The bytes of the last field, without their length.</summary>
    public ReadOnlySpan<byte> LastField => _bytes.AsSpan(_field, Length - _field);

    public void Clear() => Length = 0;

    public void Header()
    {
        ReadOnlySpan<byte> signature = [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0];
        signature.CopyTo(Room(signature.Length));
        Int(0); // flags
        Int(0); // length of the header's extension
    }

    public void Trailer() => Short(-1);

    public void Row(short fields) => Short(fields);

    public void Missing() => Int(-1);

    public void Text(ReadOnlySpan<byte> utf8)
    {
        Begin();
        utf8.CopyTo(Room(utf8.Length));
        End();
    }

    public void Text(string value) => Text(Encoding.UTF8.GetBytes(value));

    public void Bool(bool value)
    {
        Begin();
        Room(1)[0] = value ? (byte)1 : (byte)0;
        End();
    }

    public void Instant(DateTimeOffset value)
    {
        Begin();
        Long(PostgresTime.Microseconds(value) - PostgresTime.Epoch);
        End();
    }

    public void Id(IdKind kind, Chunks rows, int column, int row)
    {
        Begin();
        switch (kind)
        {
            case IdKind.BigInt: Long(rows.Longs(column)[row]); break;
            case IdKind.Uuid: Uuid(rows.Uuids(column)[row]); break;
            default: rows.Utf8(column, row).CopyTo(Room(rows.Utf8(column, row).Length)); break;
        }
        End();
    }

    public void Ids(IdKind kind, Chunks.ListOf ids)
    {
        switch (kind)
        {
            case IdKind.BigInt:
                BeginArray(ElementOid(kind), ids.Count);
                Longs(ids.Longs());
                End();
                break;
            case IdKind.Uuid:
                BeginArray(ElementOid(kind), ids.Count);
                foreach (var id in ids.Uuids())
                {
                    Int(16);
                    Uuid(id);
                }
                End();
                break;
            default:
                Texts(ids);
                break;
        }
    }

    /// <summary>An array of two dimensions, filled up with nulls; a missing one where all rows are empty.</summary>
    /// <param name="ids">of all rows, one after the other</param>
    /// <param name="counts">(rows) ids of each</param>
    /// <returns>false where it is missing</returns>
    public bool IdRows(IdKind kind, Chunks.ListOf ids, ReadOnlySpan<int> counts)
    {
        if (ids.Count == 0)
        {
            Missing();
            return false;
        }
        var width = 0;
        foreach (var count in counts) width = Math.Max(width, count);
        Begin();
        Int(2); // dimensions
        Int(ids.Count < width * counts.Length ? 1 : 0); // flags: whether there are nulls
        Int(ElementOid(kind));
        foreach (var length in (ReadOnlySpan<int>)[counts.Length, width])
        {
            Int(length);
            Int(1); // lower bound
        }
        var at = 0;
        foreach (var count in counts)
        {
            for (var i = 0; i < count; i++) Element(kind, ids, at++);
            for (var i = count; i < width; i++) Missing();
        }
        End();
        return true;
    }

    public void Texts(Chunks.ListOf texts)
    {
        BeginArray(TextOid, texts.Count);
        // Most neighbours come from the same source: the first of them is written, and then copied.
        for (var i = 0; i < texts.Count;)
        {
            var (run, from) = (texts.Alike(i), Length);
            var text = texts.Utf8(i);
            Int(text.Length);
            text.CopyTo(Room(text.Length));
            var element = Length - from;
            Room(checked(element * (run - 1)));
            var all = _bytes.AsSpan(from, element * run);
            for (var done = element; done < all.Length; done *= 2) all[..Math.Min(done, all.Length - done)].CopyTo(all[done..]);
            i += run;
        }
        End();
    }

    public void Reals(ReadOnlySpan<float> values)
    {
        BeginArray(RealOid, values.Length);
        var room = Room(checked(values.Length * 2 * sizeof(int)));
        ref var at = ref MemoryMarshal.GetReference(room);
        foreach (var value in values)
        {
            Unsafe.WriteUnaligned(ref at, BinaryPrimitives.ReverseEndianness(sizeof(float)));
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref at, sizeof(int)), BinaryPrimitives.ReverseEndianness(BitConverter.SingleToInt32Bits(value)));
            at = ref Unsafe.Add(ref at, 2 * sizeof(int));
        }
        End();
    }

    // Room for all of an array at once: asked for element by element, it would cost more than the elements.
    private void Longs(ReadOnlySpan<long> values)
    {
        var room = Room(checked(values.Length * (sizeof(int) + sizeof(long))));
        ref var at = ref MemoryMarshal.GetReference(room);
        foreach (var value in values)
        {
            Unsafe.WriteUnaligned(ref at, BinaryPrimitives.ReverseEndianness(sizeof(long)));
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref at, sizeof(int)), BinaryPrimitives.ReverseEndianness(value));
            at = ref Unsafe.Add(ref at, sizeof(int) + sizeof(long));
        }
    }

    private void Element(IdKind kind, Chunks.ListOf ids, int index)
    {
        switch (kind)
        {
            case IdKind.BigInt:
                Int(sizeof(long));
                Long(ids.Longs()[index]);
                break;
            case IdKind.Uuid:
                Int(16);
                Uuid(ids.UuidAt(index));
                break;
            default:
                var text = ids.Utf8(index);
                Int(text.Length);
                text.CopyTo(Room(text.Length));
                break;
        }
    }

    private static int ElementOid(IdKind kind) => kind switch { IdKind.BigInt => 20, IdKind.Uuid => 2950, _ => TextOid };

    private void Begin()
    {
        Int(0);
        _field = Length;
    }

    private void End() => BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_field - sizeof(int)), Length - _field);

    private void BeginArray(int elementOid, int count)
    {
        Begin();
        Int(count > 0 ? 1 : 0); // dimensions: an empty array has none
        Int(0); // flags: no nulls
        Int(elementOid);
        if (count == 0) return;
        Int(count);
        Int(1); // lower bound
    }

    private void Short(short value) => BinaryPrimitives.WriteInt16BigEndian(Room(sizeof(short)), value);

    private void Int(int value) => BinaryPrimitives.WriteInt32BigEndian(Room(sizeof(int)), value);

    private void Long(long value) => BinaryPrimitives.WriteInt64BigEndian(Room(sizeof(long)), value);

    private void Uuid(Guid value) => value.TryWriteBytes(Room(16), bigEndian: true, out _);

    private Span<byte> Room(int bytes)
    {
        if (Length + bytes > _bytes.Length) Array.Resize(ref _bytes, checked(Math.Max(_bytes.Length * 2, Length + bytes)));
        Length += bytes;
        return _bytes.AsSpan(Length - bytes, bytes);
    }
}
