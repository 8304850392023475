using System.Buffers.Binary;

namespace BatchRec.Extract;

/// <summary>
/// Decodes PostgreSQL's binary COPY format from a stream: a signature, then per row a count of fields and per field a length and
/// big-endian bytes (<see href="https://www.postgresql.org/docs/current/sql-copy.html"/>). Fields are spans into the buffer.
/// </summary>
/// <remarks>
/// <code>while (await rows.FillAsync(token)) while (rows.TryNext()) … rows.Field(0) …</code>
/// </remarks>
internal sealed class BinaryRows(CopyMessages stream, int fields)
{
    private const int Batch = 1 << 18;

    private static readonly byte[] Signature = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8];

    private readonly (int Start, int Length)[] _fields = new (int, int)[fields];
    private byte[] _buffer = new byte[1 << 20];
    private int _from;
    private int _until;
    private bool _begun;
    private bool _ended;

    /// <summary>Brings at least a part of the next row; false after the last one.</summary>
    /// <exception cref="InvalidDataException">The stream ends within a row.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (_ended) return false;
        _buffer.AsSpan(_from, _until - _from).CopyTo(_buffer);
        (_from, _until) = (0, _until - _from);
        if (_until == _buffer.Length) Array.Resize(ref _buffer, checked(_buffer.Length * 2));
        // As little as a message may come a call: a batch is gathered.
        var (before, enough) = (_until, Math.Min(_until + Batch, _buffer.Length));
        int read;
        do
        {
            read = await stream.ReadAsync(_buffer.AsMemory(_until), cancellation);
            _until += read;
        }
        while (read > 0 && _until < enough);
        if (_until == before) throw new InvalidDataException("PostgreSQL's COPY stream ends within a row.");
        return true;
    }

    /// <summary>Moves to the next row; false where the buffer doesn't hold all of it.</summary>
    public bool TryNext()
    {
        if (!_begun && !TryBegin()) return false;
        var filled = _buffer.AsSpan(0, _until);
        var at = _from;
        if (_ended || filled.Length - at < sizeof(short)) return false;
        var count = BinaryPrimitives.ReadInt16BigEndian(filled[at..]);
        if (count == -1)
        {
            _ended = true;
            return false;
        }
        if (count != fields) throw new InvalidDataException($"PostgreSQL's COPY stream has a row of {count} fields where {fields} were asked for.");

        at += sizeof(short);
        foreach (ref var field in _fields.AsSpan())
        {
            if (filled.Length - at < sizeof(int)) return false;
            var length = BinaryPrimitives.ReadInt32BigEndian(filled[at..]);
            at += sizeof(int);
            field = (at, length);
            if (length > filled.Length - at) return false;
            if (length > 0) at += length;
        }
        _from = at;
        return true;
    }

    public bool IsNull(int field) => _fields[field].Length < 0;

    /// <summary>The field's bytes, empty for null; valid until the next <see cref="FillAsync"/>.</summary>
    public ReadOnlySpan<byte> Field(int field) => _buffer.AsSpan(_fields[field].Start, Math.Max(0, _fields[field].Length));

    public long Long(int field) => BinaryPrimitives.ReadInt64BigEndian(Field(field));

    private bool TryBegin()
    {
        var header = Signature.Length + 2 * sizeof(int);
        if (_until - _from < header) return false;
        if (!_buffer.AsSpan(_from).StartsWith(Signature)) throw new InvalidDataException("PostgreSQL's COPY stream doesn't begin with PGCOPY.");
        var extension = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_from + Signature.Length + sizeof(int)));
        if (_until - _from < header + extension) return false;
        _from += header + extension;
        return _begun = true;
    }
}
