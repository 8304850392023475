using System.Collections.Concurrent;
using BatchRec.Runs;
using Dapper;

namespace BatchRec;

/// <summary>The statements below <c>sql/</c>, embedded in this assembly under their path: <c>publish/flip.sql</c>.</summary>
public static class Sql
{
    private static readonly ConcurrentDictionary<string, string> Texts = new();

    // Here, because whoever sends a statement to PostgreSQL has read it here.
    static Sql() => SqlMapper.AddTypeHandler(new RunIdColumn());

    public static string Read(string path) => Texts.GetOrAdd(path, static path =>
    {
        using var stream = typeof(Sql).Assembly.GetManifestResourceStream(path)
            ?? throw new ArgumentException($"There is no sql/{path} in this build.", nameof(path));
        return new StreamReader(stream).ReadToEnd();
    });

    /// <summary>A statement with its <c>{places}</c> filled, in the order given: for what takes no parameters, such as names and COPY's options.</summary>
    public static string Fill(string path, params ReadOnlySpan<(string Place, string Text)> places)
    {
        var sql = Read(path);
        foreach (var (place, text) in places) sql = sql.Replace($"{{{place}}}", text, StringComparison.Ordinal);
        return sql;
    }

    /// <summary>A quoted identifier.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    /// <summary>A quoted text, for PostgreSQL (<c>standard_conforming_strings</c>) and DuckDB.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''")}'";

    /// <summary>Paths of all statements in a folder, sorted by name: migrations run in that order.</summary>
    public static IReadOnlyList<string> Paths(string folder) =>
        [.. typeof(Sql).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
