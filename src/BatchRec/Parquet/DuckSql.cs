namespace BatchRec.Parquet;

/// <summary>Fills the places of a DuckDB statement that take no parameters: names, paths, options.</summary>
internal static class DuckSql
{
    /// <summary>Puts each value in the place of <c>{name}</c>.</summary>
    public static string Fill(string sql, params ReadOnlySpan<(string Name, string Value)> places)
    {
        foreach (var (name, value) in places) sql = sql.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        return sql;
    }

    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    public static string Literal(string value) => $"'{value.Replace("'", "''")}'";
}
