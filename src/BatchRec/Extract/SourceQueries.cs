namespace BatchRec.Extract;

/// <summary>The queries of one pipeline, which are the user's: read when a night begins, not when the program is built.</summary>
public sealed record SourceQueries(SourceQuery Interactions, SourceQuery? Items, SourceQuery? Users)
{
    private const string Log = "interactions.sql";

    /// <summary>Reads <c>interactions.sql</c>, and <c>items.sql</c> and <c>users.sql</c> where they are there.</summary>
    /// <exception cref="BatchRecException">A file can't be read, holds no single statement, or doesn't use <c>@from</c> and <c>@until</c>.</exception>
    public static SourceQueries Read(SourceOptions options, string pipeline)
    {
        var folder = Path.Combine(options.SqlFolder, pipeline);
        var interactions = SourceQuery.Read(Path.Combine(folder, Log));
        if (!interactions.HasRange)
        {
            throw new BatchRecException(
                $"{interactions.Path} doesn't use both @from and @until, so that every slice of a night would read everything. "
                + "Add: WHERE <time> >= @from AND <time> < @until");
        }
        return new SourceQueries(interactions, Optional(Path.Combine(folder, "items.sql")), Optional(Path.Combine(folder, "users.sql")));
    }

    /// <summary>Whether the pipeline's <c>interactions.sql</c> says a table's name at all: where it doesn't, no night reads that table.</summary>
    public static bool Name(SourceOptions options, string pipeline, string table)
    {
        var path = Path.Combine(options.SqlFolder, pipeline, Log);
        return File.Exists(path) && File.ReadAllText(path).Contains(table, StringComparison.OrdinalIgnoreCase);
    }

    private static SourceQuery? Optional(string path) => File.Exists(path) ? SourceQuery.Read(path) : null;
}
