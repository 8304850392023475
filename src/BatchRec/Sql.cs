using System.Collections.Concurrent;

namespace BatchRec;

/// <summary>The statements below <c>sql/</c>, embedded in this assembly under their path: <c>publish/flip.sql</c>.</summary>
public static class Sql
{
    private static readonly ConcurrentDictionary<string, string> Texts = new();

    public static string Read(string path) => Texts.GetOrAdd(path, static path =>
    {
        using var stream = typeof(Sql).Assembly.GetManifestResourceStream(path)
            ?? throw new ArgumentException($"There is no sql/{path} in this build.", nameof(path));
        return new StreamReader(stream).ReadToEnd();
    });

    /// <summary>Paths of all statements in a folder, sorted by name: migrations run in that order.</summary>
    public static IReadOnlyList<string> Paths(string folder) =>
        [.. typeof(Sql).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
