using System.Buffers;
using System.Buffers.Binary;

namespace BatchRec.Parquet;

/// <summary>Parquet's encodings of integers in as few bits as they need. Packed values stand one after the other from the lowest bit on.</summary>
/// <remarks>https://parquet.apache.org/docs/file-format/data-pages/encodings/</remarks>
internal static class Packed
{
    private const int Block = 128, Miniblocks = 4, Miniblock = Block / Miniblocks;

    /// <summary>DELTA_BINARY_PACKED: differences of neighbours, above the least of their block.</summary>
    public static void Deltas(ArrayBufferWriter<byte> output, ReadOnlySpan<long> values)
    {
        ThriftCompact.Varint(output, Block);
        ThriftCompact.Varint(output, Miniblocks);
        ThriftCompact.Varint(output, (ulong)values.Length);
        ThriftCompact.Varint(output, ThriftCompact.ZigZag(values.IsEmpty ? 0 : values[0]));
        Span<long> deltas = stackalloc long[Block];
        for (var from = 1; from < values.Length; from += Block)
        {
            // Differences may wrap around; so does the reader's sum.
            var count = Math.Min(Block, values.Length - from);
            var least = long.MaxValue;
            for (var i = 0; i < count; i++)
            {
                deltas[i] = unchecked(values[from + i] - values[from + i - 1]);
                least = Math.Min(least, deltas[i]);
            }
            deltas[count..].Fill(least);
            ThriftCompact.Varint(output, ThriftCompact.ZigZag(least));
            var widths = output.GetSpan(Miniblocks + Block * sizeof(long));
            var at = Miniblocks;
            for (var mini = 0; mini < Miniblocks; mini++)
            {
                var part = deltas.Slice(mini * Miniblock, Miniblock);
                var any = 0UL;
                foreach (ref var delta in part) any |= (ulong)(delta = unchecked(delta - least));
                widths[mini] = (byte)(64 - ulong.LeadingZeroCount(any));
                at += Pack(part, widths[mini], widths[at..]);
            }
            output.Advance(at);
        }
    }

    /// <summary>The hybrid of runs and packed groups of eight: one run where all are the same, else one packed run.</summary>
    /// <param name="values">below 2^<paramref name="width"/></param>
    public static void Hybrid(ArrayBufferWriter<byte> output, ReadOnlySpan<long> values, int width)
    {
        if (values.IsEmpty) return;
        if (values.IndexOfAnyExcept(values[0]) < 0)
        {
            ThriftCompact.Varint(output, (ulong)values.Length << 1);
            for (var shift = 0; shift < width; shift += 8)
            {
                output.GetSpan(1)[0] = (byte)(values[0] >> shift);
                output.Advance(1);
            }
            return;
        }
        var groups = (values.Length + 7) / 8;
        ThriftCompact.Varint(output, (ulong)groups << 1 | 1);
        Span<long> last = stackalloc long[8];
        var whole = values.Length / 8 * 8;
        var room = output.GetSpan(groups * width + sizeof(ulong));
        var at = Pack(values[..whole], width, room);
        if (whole < values.Length)
        {
            values[whole..].CopyTo(last);
            at += Pack(last, width, room[at..]);
        }
        output.Advance(at);
    }

    /// <param name="values">a multiple of eight, so that they end with a byte</param>
    /// <returns>bytes written</returns>
    private static int Pack(ReadOnlySpan<long> values, int width, Span<byte> target)
    {
        if (width == 0) return 0;
        var (held, bits, at) = (0UL, 0, 0);
        foreach (var value in values)
        {
            held |= (ulong)value << bits;
            bits += width;
            if (bits < 64) continue;
            BinaryPrimitives.WriteUInt64LittleEndian(target[at..], held);
            at += sizeof(ulong);
            bits -= 64;
            held = bits == 0 ? 0 : (ulong)value >> width - bits;
        }
        for (; bits > 0; bits -= 8, held >>= 8) target[at++] = (byte)held;
        return at;
    }
}
