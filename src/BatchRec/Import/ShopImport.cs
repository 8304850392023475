using System.Diagnostics;
using BatchRec.Interactions;

namespace BatchRec.Import;

/// <summary>What to import, and how forgivingly.</summary>
public sealed record ImportRequest
{
    public required Layout Layout { get; init; }

    /// <summary>The log's file, or the folder of a data set whose files have their usual names.</summary>
    public required string Path { get; init; }

    /// <summary>The items' file; null for the usual one beside the log, where there is one.</summary>
    public string? ItemsPath { get; init; }

    /// <summary>IANA zone of times without one; null for the layout's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Event type of lines without one; null for the layout's.</summary>
    public string? EventType { get; init; }

    /// <summary>Share of malformed lines, 0 to 1, above which nothing is imported.</summary>
    public double MaxBadShare { get; init; } = 0.01;
}

/// <param name="Bad">Malformed lines, of the log and of the items' file.</param>
/// <param name="LeftOut">Well-formed lines that the layout's rules leave out.</param>
public sealed record ImportReport(ShopSummary Shop, IReadOnlyList<string> Bad, IReadOnlyList<string> LeftOut, TimeSpan Duration);

/// <summary>Imports a data set into <c>shop.interaction</c> and <c>shop.item</c>.</summary>
public static class ShopImport
{
    /// <summary>The table that interactions are loaded into.</summary>
    public const string Interactions = "shop.interaction";

    /// <summary>Clocks of shops run ahead; an hour or two of that is no fault of the log.</summary>
    private static readonly TimeSpan FutureTolerance = TimeSpan.FromDays(1);

    private const int RowsAReport = 50_000;

    /// <summary>Reads the files twice: once to check every line and find the kinds of the ids, once to load.</summary>
    /// <param name="progress">Told the number of rows loaded now and then.</param>
    /// <exception cref="BatchRecException">A file is missing, damaged, or has too many malformed lines.</exception>
    public static async Task<ImportReport> RunAsync(
        string connectionString, ImportRequest request, TimeProvider clock, IProgress<long>? progress, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var layout = request.Layout;
        var logPath = LogPath(layout, request.Path);
        var itemsPath = request.ItemsPath ?? Layout.Beside(logPath, layout.ItemsFile);
        var time = new LogTime(Zone(request.TimeZone ?? layout.TimeZone), clock.GetUtcNow().UtcDateTime + FutureTolerance);
        LogReader Log() => new(logPath, layout, request.EventType ?? layout.EventType, time);

        using var log = Log();
        using var items = itemsPath is null ? null : new ItemReader(itemsPath, layout);
        var (userKind, itemKind) = Survey(log, items, ct);
        Judge(logPath, log.Lines, log.Bad, request.MaxBadShare);
        if (items is not null) Judge(itemsPath!, items.Lines, items.Bad, request.MaxBadShare);
        if (log.Lines == log.Bad.Count + log.LeftOut.Count)
            throw new BatchRecException($"{logPath} has no interactions: {log.Lines:N0} lines, {string.Join("; ", [.. log.Bad.Sentences(), .. log.LeftOut.Sentences()])}.");

        await using var load = await ShopLoad.BeginAsync(connectionString, userKind, itemKind, ct);
        using (var again = Log()) CopyLog(again, load, progress, ct);
        if (itemsPath is not null)
        {
            using var again = new ItemReader(itemsPath, layout);
            CopyItems(again, load);
        }
        var shop = await load.SwapInAsync(ct);
        return new ImportReport(shop, [.. log.Bad.Sentences(), .. Items(items?.Bad)], [.. log.LeftOut.Sentences(), .. Items(items?.LeftOut)], watch.Elapsed);
    }

    private static (IdKind User, IdKind Item) Survey(LogReader log, ItemReader? items, CancellationToken ct)
    {
        var (users, catalogue) = (new IdKindInference(), new IdKindInference());
        while (log.Read())
        {
            users.See(log.User);
            catalogue.See(log.Item);
            if (log.Lines % RowsAReport == 0) ct.ThrowIfCancellationRequested();
        }
        while (items is not null && items.Read()) catalogue.See(items.Id);
        return (users.Kind, catalogue.Kind);
    }

    private static void Judge(string path, long lines, SkippedLines bad, double maxBadShare)
    {
        if (bad.Count <= maxBadShare * lines) return;
        throw new BatchRecException(
            $"{path}: {bad.Count:N0} of {lines:N0} lines are malformed, more than {maxBadShare:0.##%}: {string.Join("; ", bad.Sentences())}. "
            + "Mend the file, or allow more with --max-bad (a share: 0.05 is 5 %).");
    }

    private static void CopyLog(LogReader log, ShopLoad load, IProgress<long>? progress, CancellationToken ct)
    {
        using var copy = load.CopyInteractions();
        var rows = 0L;
        while (log.Read())
        {
            copy.Write(log.User, log.Item, log.EventType, log.OccurredAt, log.Value, log.Position);
            if (++rows % RowsAReport != 0) continue;
            ct.ThrowIfCancellationRequested();
            progress?.Report(rows);
        }
        copy.Complete();
    }

    private static void CopyItems(ItemReader items, ShopLoad load)
    {
        using var copy = load.CopyItems();
        while (items.Read()) copy.Write(items.Id, items.Title, items.Category, items.Price, items.Available);
        copy.Complete();
    }

    private static IEnumerable<string> Items(SkippedLines? skipped) => skipped?.Sentences().Select(sentence => "items: " + sentence) ?? [];

    private static string LogPath(Layout layout, string path)
    {
        if (!Directory.Exists(path)) return path;
        if (layout.LogFile is null) throw new BatchRecException($"{path} is a folder; name the file with the log, as csv or csv.gz.");
        return Layout.FindIn(path, layout.LogFile)
            ?? throw new BatchRecException($"{Path.GetFullPath(path)} has neither {layout.LogFile}.csv.gz nor {layout.LogFile}.csv, the log of {layout.Name}. Check the folder, or name the file.");
    }

    private static TimeZoneInfo Zone(string name) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw new BatchRecException($"There is no time zone '{name}' on this machine. Use an IANA name such as Europe/London, and install the package tzdata if that one is missing.");
}
