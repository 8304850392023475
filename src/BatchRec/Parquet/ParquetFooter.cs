using System.Buffers;

namespace BatchRec.Parquet;

/// <summary>A Parquet file's FileMetaData: the fields, where each row group's columns stand, and which format this is.</summary>
/// <remarks>https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift; the numbers are its fields'.</remarks>
internal sealed class ParquetFooter(IReadOnlyList<ParquetField> fields, IReadOnlyList<ParquetWriter.Group> groups, long rows)
{
    private const int Required = 0, Optional = 1, Utf8 = 0, Uncompressed = 0, Rle = 3, Plain = 0;

    public void WriteTo(ArrayBufferWriter<byte> output)
    {
        var thrift = new ThriftCompact(output);
        thrift.Whole(() =>
        {
            thrift.Int(1, 1);
            thrift.Structs<ParquetField?>(2, [null, .. fields], field => Element(thrift, field));
            thrift.Long(3, rows);
            thrift.Structs(4, groups, group => RowGroup(thrift, group));
            thrift.Structs(5, [ParquetFile.Format], pair =>
            {
                thrift.Text(1, pair.Key);
                thrift.Text(2, pair.Value);
            });
            thrift.Text(6, "batchrec");
        });
    }

    /// <param name="field">null: the root.</param>
    private void Element(ThriftCompact thrift, ParquetField? field)
    {
        if (field is null)
        {
            thrift.Text(4, "schema");
            thrift.Int(5, fields.Count);
            return;
        }
        thrift.Int(1, TypeOf(field));
        if (field.Type == ColumnType.Uuid) thrift.Int(2, 16);
        thrift.Int(3, field.Optional ? Optional : Required);
        thrift.Text(4, field.Name);
        if (field.Type == ColumnType.Text) thrift.Int(6, Utf8);
        if (field.Type is ColumnType.Text or ColumnType.Uuid) thrift.Nested(10, () => thrift.Nested(field.Type == ColumnType.Text ? 1 : 14, () => { }));
    }

    private void RowGroup(ThriftCompact thrift, ParquetWriter.Group group)
    {
        thrift.Structs(1, [.. fields.Zip(group.Chunks)], column => Chunk(thrift, column.First, column.Second, group.Rows));
        thrift.Long(2, group.Chunks.Sum(chunk => chunk.Bytes));
        thrift.Long(3, group.Rows);
    }

    private static void Chunk(ThriftCompact thrift, ParquetField field, ParquetWriter.Chunk chunk, int rows)
    {
        thrift.Long(2, chunk.Dictionary ?? chunk.Data);
        thrift.Nested(3, () =>
        {
            thrift.Int(1, TypeOf(field));
            if (chunk.Dictionary is null) thrift.Ints(2, chunk.Encoding, Rle);
            else thrift.Ints(2, chunk.Encoding, Rle, Plain);
            thrift.Texts(3, field.Name);
            thrift.Int(4, Uncompressed);
            thrift.Long(5, rows);
            thrift.Long(6, chunk.Bytes);
            thrift.Long(7, chunk.Bytes);
            thrift.Long(9, chunk.Data);
            if (chunk.Dictionary is { } dictionary) thrift.Long(11, dictionary);
        });
    }

    private static int TypeOf(ParquetField field) => field.Type switch
    {
        ColumnType.Long => 2,
        ColumnType.Float => 4,
        ColumnType.Text => 6,
        ColumnType.Uuid => 7,
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Type, "This writer doesn't write it."),
    };
}
