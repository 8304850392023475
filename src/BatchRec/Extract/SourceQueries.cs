namespace BatchRec.Extract;

/// <summary>The queries of one pipeline, which are the user's: read when a night begins, not when the program is built.</summary>
public sealed record SourceQueries(SourceQuery Interactions, SourceQuery? Items, SourceQuery? Users)
{
    /// <summary>Reads <c>interactions.sql</c>, and <c>items.sql</c> and <c>users.sql</c> where they are there.</summary>
    /// <exception cref="BatchRecException">A file can't be read, holds no single statement, or doesn't use <c>@from</c> and <c>@until</c>.</exception>
    public static SourceQueries Read(SourceOptions options, string pipeline)
    {
        var folder = Path.Combine(options.SqlFolder, pipeline);
        var interactions = SourceQuery.Read(Path.Combine(folder, "interactions.sql"));
        if (!interactions.HasRange)
        {
            throw new BatchRecException(
                $"{interactions.Path} doesn't use both @from and @until, so that every slice of a night would read everything. "
                + "Add: WHERE <time> >= @from AND <time> < @until");
        }
        return new SourceQueries(interactions, Optional(Path.Combine(folder, "items.sql")), Optional(Path.Combine(folder, "users.sql")));
    }

    private static SourceQuery? Optional(string path) => File.Exists(path) ? SourceQuery.Read(path) : null;
}
