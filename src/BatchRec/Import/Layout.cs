namespace BatchRec.Import;

/// <summary>
/// What the columns of a known data set are called and mean. Where a role has several names, the first that the header has is read;
/// a role without names, or whose names the header lacks, is null in the shop's tables.
/// </summary>
public sealed record Layout
{
    public required string Name { get; init; }

    /// <summary>Name of the log's file in the data set's folder, without <c>.csv</c> or <c>.csv.gz</c>; null when it has no usual name.</summary>
    public string? LogFile { get; init; }

    /// <summary>Name of the items' file beside the log, likewise.</summary>
    public string? ItemsFile { get; init; }

    /// <summary>Name of the users' file beside the log, likewise.</summary>
    public string? UsersFile { get; init; }

    public required string[] User { get; init; }

    public required string[] Item { get; init; }

    public required string[] Time { get; init; }

    public string[] Event { get; init; } = [];

    public string[] Value { get; init; } = [];

    public string[] Position { get; init; } = [];

    public required string[] ItemId { get; init; }

    public string[] Title { get; init; } = [];

    public string[] Category { get; init; } = [];

    public string[] Price { get; init; } = [];

    public string[] Available { get; init; } = [];

    /// <summary>Event type where the log has no column for it.</summary>
    public string EventType { get; init; } = "interaction";

    /// <summary>IANA zone of times without one.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Whether the order of the file's rows orders events of equal time: then a row's number is its position.</summary>
    public bool RowsAreOrdered { get; init; } = true;

    /// <summary>Further columns that <see cref="LeaveOut"/> reads.</summary>
    public string[] AlsoNeeded { get; init; } = [];

    /// <summary>Says why the current row, well-formed, is no interaction; null when it is one.</summary>
    public Func<CsvFile, string?> LeaveOut { get; init; } = static _ => null;

    /// <summary>The same for a row of the items' file.</summary>
    public Func<string, string?> LeaveOutItem { get; init; } = static _ => null;

    /// <summary>The data set's file of that name beside the log, packed or not; null where there is none, or the layout knows no such name.</summary>
    public static string? Beside(string logPath, string? name) => name is null ? null : FindIn(Path.GetDirectoryName(Path.GetFullPath(logPath))!, name);

    internal static string? FindIn(string folder, string name) =>
        new[] { name + ".csv.gz", name + ".csv" }.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    public static readonly Layout Csv = new()
    {
        Name = "csv",
        User = ["user_id", "user", "session_id"], Item = ["item_id", "item"], Time = ["time", "timestamp"],
        Event = ["event", "event_type"], Value = ["value"], Position = ["position"],
        ItemId = ["item_id"], Title = ["title", "name"], Category = ["category", "attribute_ids"], Price = ["price"], Available = ["available"],
    };

    /// <summary>MovieLens 1M and 100K (Harper &amp; Konstan 2015) as csv. The published order of a user's events is a stable sort of the
    /// file by timestamp, so the row's number breaks ties.</summary>
    private static Layout MovieLens(string name) => new()
    {
        Name = name, LogFile = "ratings", ItemsFile = "movies", UsersFile = "users",
        User = ["user_id"], Item = ["movie_id"], Time = ["timestamp"], Value = ["rating"], EventType = "rating",
        ItemId = ["movie_id"], Title = ["title"], Category = ["genres"],
    };

    public static readonly IReadOnlyList<Layout> All = [MovieLens("ml-1m"), MovieLens("ml-100k"), OnlineRetail.Layout, Csv];
}
