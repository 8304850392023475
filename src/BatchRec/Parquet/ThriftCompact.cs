using System.Buffers;
using System.Text;

namespace BatchRec.Parquet;

/// <summary>Structs in Thrift's compact protocol, as Parquet's headers and footer are written: fields in ascending order of their numbers.</summary>
/// <remarks>https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md</remarks>
internal sealed class ThriftCompact(ArrayBufferWriter<byte> output)
{
    private const int I32 = 5, I64 = 6, Binary = 8, List = 9, Struct = 12;

    private readonly Stack<int> _outer = [];
    private int _last;

    public void Int(int field, int value)
    {
        Field(field, I32);
        Varint(output, ZigZag(value));
    }

    public void Long(int field, long value)
    {
        Field(field, I64);
        Varint(output, ZigZag(value));
    }

    public void Text(int field, string value)
    {
        Field(field, Binary);
        Bytes(value);
    }

    public void Ints(int field, params ReadOnlySpan<int> values)
    {
        Field(field, List);
        ListHeader(values.Length, I32);
        foreach (var value in values) Varint(output, ZigZag(value));
    }

    public void Texts(int field, params ReadOnlySpan<string> values)
    {
        Field(field, List);
        ListHeader(values.Length, Binary);
        foreach (var value in values) Bytes(value);
    }

    public void Nested(int field, Action content)
    {
        Field(field, Struct);
        Whole(content);
    }

    public void Structs<T>(int field, IReadOnlyCollection<T> items, Action<T> content)
    {
        Field(field, List);
        ListHeader(items.Count, Struct);
        foreach (var item in items) Whole(() => content(item));
    }

    /// <summary>A struct with its end.</summary>
    public void Whole(Action content)
    {
        _outer.Push(_last);
        _last = 0;
        content();
        Byte(0);
        _last = _outer.Pop();
    }

    public static ulong ZigZag(long value) => (ulong)(value << 1 ^ value >> 63);

    /// <summary>Seven bits a byte, the lowest first.</summary>
    public static void Varint(ArrayBufferWriter<byte> output, ulong value)
    {
        var room = output.GetSpan(10);
        var count = 0;
        for (; value >= 0x80; value >>= 7) room[count++] = (byte)(value | 0x80);
        room[count++] = (byte)value;
        output.Advance(count);
    }

    private void Field(int field, int type)
    {
        Byte((byte)(field - _last << 4 | type));
        _last = field;
    }

    private void ListHeader(int count, int type)
    {
        if (count < 15)
        {
            Byte((byte)(count << 4 | type));
            return;
        }
        Byte((byte)(0xF0 | type));
        Varint(output, (ulong)count);
    }

    private void Bytes(string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        Varint(output, (ulong)utf8.Length);
        output.Write(utf8);
    }

    private void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
