using DuckDB.NET.Native;

namespace BatchRec.Parquet;

/// <summary>The types that BatchRec's files have, under DuckDB's names for them.</summary>
public enum ColumnType
{
    Long,
    Int,
    Byte,
    Float,
    Double,
    Bool,
    Text,
    Uuid,
}

internal static class ColumnTypes
{
    public static string SqlName(this ColumnType type) => type switch
    {
        ColumnType.Long => "BIGINT",
        ColumnType.Int => "INTEGER",
        ColumnType.Byte => "UTINYINT",
        ColumnType.Float => "FLOAT",
        ColumnType.Double => "DOUBLE",
        ColumnType.Bool => "BOOLEAN",
        ColumnType.Text => "VARCHAR",
        ColumnType.Uuid => "UUID",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    public static DuckDBType Native(this ColumnType type) => type switch
    {
        ColumnType.Long => DuckDBType.BigInt,
        ColumnType.Int => DuckDBType.Integer,
        ColumnType.Byte => DuckDBType.UnsignedTinyInt,
        ColumnType.Float => DuckDBType.Float,
        ColumnType.Double => DuckDBType.Double,
        ColumnType.Bool => DuckDBType.Boolean,
        ColumnType.Text => DuckDBType.Varchar,
        ColumnType.Uuid => DuckDBType.Uuid,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
