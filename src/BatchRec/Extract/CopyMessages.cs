using System.Buffers.Binary;
using System.Reflection;
using Npgsql;

namespace BatchRec.Extract;

/// <summary>
/// A COPY's bytes, many messages a call. PostgreSQL sends a message a row, and <see cref="NpgsqlRawCopyStream"/> gives one a call, at a quarter of what an
/// extraction takes. Messages that stand whole in Npgsql's buffer behind one that it gave are taken from there.
/// </summary>
/// <remarks>
/// Npgsql has no other way to them, so its fields are read by their names. An Npgsql that names them otherwise is read a message a call.
/// Whatever isn't a whole CopyData (a part of one, an error, the end) is left to Npgsql.
/// </remarks>
internal sealed class CopyMessages
{
    private const int HeaderBytes = sizeof(byte) + sizeof(int);

    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly FieldInfo? BufferOf = typeof(NpgsqlRawCopyStream).GetField("_readBuf", Hidden), Remainder = typeof(NpgsqlRawCopyStream).GetField("_leftToReadInDataMsg", Hidden);
    private static readonly FieldInfo? Bytes = BufferOf?.FieldType.GetField("Buffer", Hidden), Filled = BufferOf?.FieldType.GetField("FilledBytes", Hidden);
    private static readonly PropertyInfo? Position = BufferOf?.FieldType.GetProperty("ReadPosition", Hidden);

    private readonly Stream _stream;
    private readonly object? _buffer;

    /// <param name="onlyPublic">A message a call, as if Npgsql's fields had other names.</param>
    public CopyMessages(Stream stream, bool onlyPublic = false)
    {
        _stream = stream;
        if (IsKnown && !onlyPublic && stream is NpgsqlRawCopyStream) _buffer = BufferOf!.GetValue(stream);
    }

    /// <summary>Whether this Npgsql's fields are those that are read.</summary>
    public static bool IsKnown => Bytes?.FieldType == typeof(byte[]) && Filled?.FieldType == typeof(int) && Remainder?.FieldType == typeof(int)
        && Position is { CanRead: true, CanWrite: true } && Position.PropertyType == typeof(int);

    /// <returns>Bytes read; 0: the stream has ended.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> target, CancellationToken cancellation)
    {
        var read = await _stream.ReadAsync(target, cancellation);
        return read == 0 || _buffer is null ? read : read + TakeBuffered(_buffer, target.Span[read..]);
    }

    private int TakeBuffered(object buffer, Span<byte> target)
    {
        // The rest of a message that the target had no room for is Npgsql's to give.
        if ((int)Remainder!.GetValue(_stream)! > 0) return 0;
        var from = (int)Position!.GetValue(buffer)!;
        var messages = ((byte[])Bytes!.GetValue(buffer)!).AsSpan(0, (int)Filled!.GetValue(buffer)!)[from..];
        var (at, taken) = (0, 0);
        while (messages.Length - at > HeaderBytes && messages[at] == (byte)'d')
        {
            // The length counts itself.
            var length = BinaryPrimitives.ReadInt32BigEndian(messages[(at + 1)..]) - sizeof(int);
            if (length <= 0 || length > messages.Length - at - HeaderBytes || length > target.Length - taken) break;
            messages.Slice(at + HeaderBytes, length).CopyTo(target[taken..]);
            (at, taken) = (at + HeaderBytes + length, taken + length);
        }
        if (at > 0) Position.SetValue(buffer, from + at);
        return taken;
    }
}
