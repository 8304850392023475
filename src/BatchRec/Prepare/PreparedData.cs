using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;

namespace BatchRec.Prepare;

/// <summary>What prepare has made, in memory: what train, evaluate and recommend work on.</summary>
public sealed class PreparedData
{
    private PreparedData(Sequences sequences, IdMap users, IdMap items, ItemCatalogue catalogue, long asOf) =>
        (Sequences, Users, Items, Catalogue, AsOf) = (sequences, users, items, catalogue, asOf);

    public Sequences Sequences { get; }

    /// <summary>UserIndex of every user of any night so far.</summary>
    public IdMap Users { get; }

    /// <summary>ItemIndex of every item of any night so far.</summary>
    public IdMap Items { get; }

    public ItemCatalogue Catalogue { get; }

    /// <summary>The events lie before this instant (microseconds since 1970, UTC).</summary>
    public long AsOf { get; }

    /// <param name="withUsers">Whether what <c>users.sql</c> yields is needed.</param>
    /// <exception cref="BatchRecException">A file is missing, truncated or changed.</exception>
    public static PreparedData Load(Artefact sequences, bool withUsers = false)
    {
        var facts = PreparationFacts.Of(sequences);
        using var duck = new DuckDb();
        var items = IdMap.Load(duck, sequences.PathOf(Preparation.ItemIdsFile), facts.ItemIdKind);
        var users = IdMap.Load(duck, sequences.PathOf(Preparation.UserIdsFile), facts.UserIdKind);
        var catalogue = sequences.Manifest.Files.FirstOrDefault(file => file.Name == InteractionLog.ItemsFile) is { } file
            ? ItemCatalogue.Load(duck, sequences.PathOf(file), items)
            : ItemCatalogue.Empty;
        var people = withUsers && sequences.Manifest.Files.FirstOrDefault(file => file.Name == InteractionLog.UsersFile) is { } of
            ? Attributes.Load(duck, sequences.PathOf(of), users, InteractionLog.UserId)
            : Attributes.None;
        return new PreparedData(LoadSequences(duck, sequences, facts, catalogue.Attributes, people), users, items, catalogue, facts.AsOf);
    }

    /// <summary>Names of the columns that <c>items.sql</c> and <c>users.sql</c> have yielded; none where there is no such query.</summary>
    public static (IReadOnlyList<string> Items, IReadOnlyList<string> Users) ColumnsOf(Artefact sequences)
    {
        using var duck = new DuckDb();
        return (ColumnsOf(InteractionLog.ItemsFile), ColumnsOf(InteractionLog.UsersFile));

        IReadOnlyList<string> ColumnsOf(string name) => sequences.Manifest.Files.FirstOrDefault(file => file.Name == name) is { } file
            ? [.. ParquetFile.Schema(duck, sequences.PathOf(file)).Select(column => column.Name)]
            : [];
    }

    private static Sequences LoadSequences(DuckDb duck, Artefact artefact, PreparationFacts facts, Attributes items, Attributes users)
    {
        var events = new EventColumns(artefact.Manifest.Rows);
        for (var bucket = 0; bucket < UserBuckets.Count(facts.Users, facts.UsersPerBucket); bucket++)
            UserBuckets.Read(duck, artefact.PathOf(UserBuckets.FileOf(bucket)), events);
        if (events.Count != artefact.Manifest.Rows)
        {
            throw new BatchRecException(
                $"{artefact.Folder}: the buckets hold {events.Count:N0} events where the manifest says {artefact.Manifest.Rows:N0}. "
                + "Remove the folder and run the night again: batchrec run --full");
        }

        var offsets = new long[facts.Users + 1];
        foreach (var user in events.Users.AsSpan(0, events.Count)) offsets[user + 1]++;
        for (var user = 0; user < facts.Users; user++) offsets[user + 1] += offsets[user];
        return new Sequences
        {
            UserCount = facts.Users, ItemCount = facts.Items, Offsets = offsets, Items = events.Items, Times = events.Times,
            Events = events.Events, Values = events.Values, EventTypes = [.. facts.EventTypes], ItemAttributes = items, UserAttributes = users,
        };
    }
}
