using System.Buffers.Binary;
using BatchRec.Interactions;
using BatchRec.Parquet;

namespace BatchRec.Extract;

/// <summary>One column of a batch of rows on its way from a COPY stream to DuckDB.</summary>
internal abstract class CopiedColumn
{
    private CopiedColumn(string name, string cast) => (Name, Cast) = (name, cast);

    public string Name { get; }

    /// <summary>How the wrapping SELECT casts the source's column to what is decoded here.</summary>
    public string Cast { get; }

    public static CopiedColumn Id(string name, IdKind kind) => kind switch
    {
        IdKind.BigInt => Long(name),
        IdKind.Uuid => new Uuids(name),
        _ => Text(name),
    };

    public static CopiedColumn Long(string name) => new Fixed<long>(name, $"{Sql.Name(name)}::bigint", BinaryPrimitives.ReadInt64BigEndian, Column.Long);

    /// <summary>NaN and the infinities count as missing.</summary>
    public static CopiedColumn Double(string name) => new Fixed<double>(name, $"{Sql.Name(name)}::float8", BinaryPrimitives.ReadDoubleBigEndian, Column.Double);

    public static CopiedColumn Bool(string name) => new Fixed<bool>(name, $"{Sql.Name(name)}::boolean", static field => field[0] != 0, Column.Bool);

    public static CopiedColumn Text(string name) => new Utf8(name);

    public abstract void Add(ReadOnlySpan<byte> field, bool isNull);

    public abstract Column ToColumn();

    public abstract void Clear();

    private delegate T Decode<T>(ReadOnlySpan<byte> field);

    private sealed class Fixed<T>(string name, string cast, Decode<T> decode, Func<string, ReadOnlyMemory<T>, ReadOnlyMemory<bool>, Column> column)
        : CopiedColumn(name, cast) where T : unmanaged
    {
        private T[] _values = new T[1024];
        private bool[] _missing = new bool[1024];
        private int _count;

        public override void Add(ReadOnlySpan<byte> field, bool isNull)
        {
            if (_count == _values.Length)
            {
                Array.Resize(ref _values, _count * 2);
                Array.Resize(ref _missing, _count * 2);
            }
            var value = isNull ? default : decode(field);
            var missing = isNull || value is double.NaN or double.PositiveInfinity or double.NegativeInfinity;
            _values[_count] = missing ? default : value;
            _missing[_count++] = missing;
        }

        public override Column ToColumn() => column(Name, _values.AsMemory(0, _count), _missing.AsMemory(0, _count));

        public override void Clear() => _count = 0;
    }

    private sealed class Uuids(string name) : CopiedColumn(name, $"{Sql.Name(name)}::uuid")
    {
        private readonly List<Guid> _values = [];

        // Only ids are UUIDs here, and rows without an id have been skipped.
        public override void Add(ReadOnlySpan<byte> field, bool isNull) => _values.Add(new Guid(field, bigEndian: true));

        public override Column ToColumn() => Column.Uuid(Name, _values.ToArray());

        public override void Clear() => _values.Clear();
    }

    private sealed class Utf8(string name) : CopiedColumn(name, $"{Sql.Name(name)}::text")
    {
        private readonly Texts _values = new();

        public override void Add(ReadOnlySpan<byte> field, bool isNull)
        {
            if (isNull) _values.AddMissing();
            else _values.Add(field);
        }

        public override Column ToColumn() => Column.Text(Name, _values);

        public override void Clear() => _values.Clear();
    }
}
