using System.Globalization;
using System.Text;
using BatchRec.Interactions;

namespace BatchRec.Import;

/// <summary>
/// A log read from files straight into memory, for what needs no database: csv of any known layout, with or without times, or lines of a user
/// and his items in order, separated by blanks.
/// </summary>
/// <param name="Sequences">Users and items by their ids, ascending: the order of the file doesn't matter, but where it is the order of time.</param>
/// <param name="HasTimes">False: times are the events' places.</param>
/// <param name="TestFrom">(users) absolute position from which a user's events come from the second file; null: there was one file</param>
/// <param name="Skipped">Lines that are no interactions, as sentences.</param>
public sealed record LogFile(Sequences Sequences, bool HasTimes, long[]? TestFrom, IReadOnlyList<string> Skipped)
{
    /// <summary>Share of malformed lines above which a file isn't read.</summary>
    private const double MaxBadShare = 0.01;

    private readonly record struct Event(string User, string Item, bool Test, long Time, long Position, byte Type, float Value);

    /// <param name="layout">How the columns are called; <see cref="Layout.Csv"/> looks for any known layout.</param>
    /// <param name="testPath">Events to be asked for, which come after those of the first file; or null.</param>
    /// <param name="itemsPath">What is known of the items, a csv with a column an attribute; or null.</param>
    /// <param name="usersPath">Of the users, likewise.</param>
    /// <exception cref="BatchRecException">A file is missing, damaged, of no known layout, or has too many malformed lines.</exception>
    public static LogFile Read(Layout layout, string path, string? testPath, string? itemsPath = null, string? usersPath = null)
    {
        var (events, types, skipped) = (new List<Event>(), new List<string>(), new List<string>());
        var timed = Read(layout, path, test: false, events, types, skipped);
        if (testPath is not null && Read(layout, testPath, test: true, events, types, skipped) != timed)
            throw new BatchRecException($"Of {path} and {testPath} only one has times. Give both files times, or neither.");
        var (users, items) = (Indices(events.Select(one => one.User)), Indices(events.Select(one => one.Item)));
        return Of(events, users, items, types, skipped, timed, testPath is not null,
            itemsPath is null ? Attributes.None : AttributesFile.Read(itemsPath, Names(known => known.ItemId), items, [
                (ItemCatalogue.Title, Names(known => known.Title)), (ItemCatalogue.Category, Names(known => known.Category)), (ItemCatalogue.Price, Names(known => known.Price))], skipped),
            usersPath is null ? Attributes.None : AttributesFile.Read(usersPath, Names(known => known.User), users, [], skipped));

        string[] Names(Func<Layout, string[]> role) => layout == Layout.Csv ? [.. role(layout).Concat(Layout.All.SelectMany(role)).Distinct()] : role(layout);
    }

    /// <returns>whether it has times</returns>
    private static bool Read(Layout layout, string path, bool test, List<Event> events, List<string> types, List<string> skipped)
    {
        if (HoldsSequences(path))
        {
            ReadSequences(path, test, events, types);
            return false;
        }
        var known = layout == Layout.Csv ? LayoutOf(path) : layout;
        var time = new LogTime(TimeZoneInfo.FindSystemTimeZoneById(known.TimeZone), DateTime.MaxValue);
        using var log = new LogReader(path, known, known.EventType, time, orderIsEnough: true);
        while (log.Read())
            events.Add(new Event(
                log.User.ToString(), log.Item.ToString(), test, (log.OccurredAt - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, log.Position ?? 0, TypeOf(log.EventType), (float)(log.Value ?? double.NaN)));
        if (log.Bad.Count > MaxBadShare * log.Lines)
            throw new BatchRecException($"{path}: {log.Bad.Count:N0} of {log.Lines:N0} lines are malformed, more than {MaxBadShare:0.##%}: {string.Join("; ", log.Bad.Sentences())}. Mend the file.");
        if (log.Lines == log.Bad.Count + log.LeftOut.Count) throw new BatchRecException($"{path} has no interactions ({log.Lines:N0} lines). Check the path.");
        skipped.AddRange(log.Bad.Sentences().Select(line => $"Malformed, left out: {line}").Concat(log.LeftOut.Sentences().Select(line => $"Left out: {line}")));
        return log.HasTimes;

        byte TypeOf(string name)
        {
            var type = types.IndexOf(name);
            if (type >= 0) return (byte)type;
            if (types.Count == byte.MaxValue) throw new BatchRecException($"{path} has more than {byte.MaxValue} event types. Is its column event another one?");
            types.Add(name);
            return (byte)(types.Count - 1);
        }
    }

    /// <summary>The first layout whose columns the header has; csv's own where none does, so that its fault tells what is missing.</summary>
    private static Layout LayoutOf(string path)
    {
        using var file = CsvFile.Open(path);
        return Layout.All.FirstOrDefault(layout => file.Find(layout.User) >= 0 && file.Find(layout.Item) >= 0 && layout.AlsoNeeded.All(name => file.Find(name) >= 0)) ?? Layout.Csv;
    }

    /// <summary>Whether the first line is numbers separated by blanks.</summary>
    private static bool HoldsSequences(string path)
    {
        using var lines = Lines(path);
        return lines.ReadLine() is { } first && first.Contains(' ') && first.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(id => long.TryParse(id, out _));
    }

    private static void ReadSequences(string path, bool test, List<Event> events, List<string> types)
    {
        if (types.Count == 0) types.Add(Layout.Csv.EventType);
        using var lines = Lines(path);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            var ids = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (ids.Length == 1) throw new BatchRecException($"{path}, line {number}: a user without items. Write a user and the items in order, separated by blanks.");
            for (var place = 1; place < ids.Length; place++) events.Add(new Event(ids[0], ids[place], test, place - 1, place - 1, 0, float.NaN));
        }
    }

    private static StreamReader Lines(string path)
    {
        if (!File.Exists(path)) throw new BatchRecException($"There is no file {Path.GetFullPath(path)}. Check the path.");
        return new StreamReader(CsvFile.Unpacked(path), Encoding.UTF8);
    }

    private static LogFile Of(
        List<Event> events, Dictionary<string, int> users, Dictionary<string, int> items, List<string> types, List<string> skipped, bool timed, bool tested,
        Attributes itemAttributes, Attributes userAttributes)
    {
        // As everywhere: by time, then by position where the log has an order of its own, then by item. What is to be asked for comes last.
        var ordered = events.Select(one => (User: users[one.User], one.Test, one.Time, one.Position, Item: items[one.Item], one.Type, one.Value)).Distinct().Order().ToArray();
        var (offsets, testFrom) = (new long[users.Count + 1], tested ? new long[users.Count] : null);
        foreach (var one in ordered) offsets[one.User + 1]++;
        for (var user = 0; user < users.Count; user++) offsets[user + 1] += offsets[user];
        if (testFrom is not null)
        {
            offsets.AsSpan(0, users.Count).CopyTo(testFrom);
            foreach (var one in ordered) testFrom[one.User] += one.Test ? 0 : 1;
        }
        return new LogFile(new Sequences
        {
            UserCount = users.Count, ItemCount = items.Count, Offsets = offsets, Items = Array.ConvertAll(ordered, one => one.Item), Times = Array.ConvertAll(ordered, one => one.Time),
            Events = Array.ConvertAll(ordered, one => one.Type), Values = Array.ConvertAll(ordered, one => one.Value), EventTypes = [.. types],
            ItemAttributes = itemAttributes, UserAttributes = userAttributes,
        }, timed, testFrom, skipped);
    }

    /// <summary>Ids to their place in ascending order: of numbers where all of them are, of text else.</summary>
    private static Dictionary<string, int> Indices(IEnumerable<string> ids)
    {
        var kind = new IdKindInference();
        var distinct = ids.ToHashSet();
        foreach (var id in distinct) kind.See(id);
        var sorted = kind.Kind == IdKind.BigInt ? distinct.OrderBy(id => long.Parse(id, CultureInfo.InvariantCulture)) : distinct.Order(StringComparer.Ordinal);
        return sorted.Select((id, index) => (id, index)).ToDictionary(pair => pair.id, pair => pair.index);
    }
}
