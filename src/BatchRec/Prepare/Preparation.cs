using System.Text;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;

namespace BatchRec.Prepare;

/// <summary>
/// Day files → users' sequences in buckets, and the id maps. Only the buckets of users with events in days that have changed since
/// the previous night are rebuilt: from what they had outside those days, and what these days hold now.
/// </summary>
public static class Preparation
{
    internal const string UserIdsFile = "user-ids.parquet", ItemIdsFile = "item-ids.parquet";

    /// <param name="interactions">Tonight's log.</param>
    /// <param name="previousSequences">Of an earlier night: its ids keep their indices. Null: there is none.</param>
    /// <param name="previousInteractions">
    /// The log that <paramref name="previousSequences"/> were made from; null: it is gone, so all buckets are rebuilt.
    /// </param>
    /// <param name="untouchedItems">Items of the catalogue that nobody has touched get an index too.</param>
    /// <exception cref="BatchRecException">A file is missing, truncated or changed, or the disk is full.</exception>
    public static PreparationFacts Run(
        Artefact interactions, Artefact? previousSequences, Artefact? previousInteractions, bool untouchedItems,
        PrepareOptions options, ArtefactDraft draft, CancellationToken cancellation)
    {
        var log = InteractionLog.Open(interactions);
        var before = previousSequences is null ? null : PreparationFacts.Of(previousSequences);
        if (before is not null && (before.UserIdKind, before.ItemIdKind) != (log.Facts.UserIdKind, log.Facts.ItemIdKind))
            (before, previousSequences) = (null, null);
        var buckets = before?.UsersPerBucket == options.UsersPerBucket && IsMadeFrom(previousSequences!, previousInteractions) ? previousSequences : null;

        using var duck = new DuckDb(new DuckDbLimits { TempFolder = draft.WorkFolder });
        var users = Ids(duck, previousSequences, UserIdsFile, log.Facts.UserIdKind);
        var items = Ids(duck, previousSequences, ItemIdsFile, log.Facts.ItemIdKind);
        var eventTypes = new IdMap(IdKind.Text);
        foreach (var name in before?.EventTypes ?? []) eventTypes.GetOrAdd(Encoding.UTF8.GetBytes(name));

        var changes = DayChanges.Between(buckets is null ? null : InteractionLog.Open(previousInteractions!), log);
        var touched = BucketsOf(duck, changes.Before, users, options.UsersPerBucket, cancellation);
        var events = DayEvents.Count(duck, changes.Now, users, items, eventTypes, cancellation);
        if (untouchedItems && log.Items is not null) AddCatalogue(duck, interactions.PathOf(log.Items), items);
        var (rows, reused, read) = (0L, 0, 0);
        var (count, most) = (UserBuckets.Count(users.Count, options.UsersPerBucket), ((long)MemoryBudget.Half(options.MemoryMiB) << 20) / EventColumns.Bytes);
        for (var bucket = 0; bucket < count; bucket++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (first, end) = (FirstOf(bucket), FirstOf(bucket + 1));
            if (end > read)
            {
                var last = bucket + 1;
                while (last < count && events.CountOf(first, FirstOf(last + 1)) <= most) last++;
                events.Read(duck, first, read = FirstOf(last), cancellation);
            }
            var file = buckets?.Manifest.Files.FirstOrDefault(file => file.Name == UserBuckets.FileOf(bucket));
            if (file is not null && !touched.Contains(bucket) && events.CountOf(first, end) == 0)
            {
                draft.Reuse(file);
                rows += file.Rows;
                reused++;
                continue;
            }
            var kept = new EventColumns(file?.Rows ?? 0);
            if (file is not null) UserBuckets.Read(duck, buckets!.PathOf(file), kept);
            rows += UserBuckets.Write(duck, draft, bucket, events.MergeInto(kept, changes, first, end));
        }

        Share(duck, draft, users, UserIdsFile);
        Share(duck, draft, items, ItemIdsFile);
        if (log.Items is { } catalogue) draft.Reuse(catalogue);
        if (log.Users is { } people) draft.Reuse(people);
        draft.Rows = rows;
        draft.Parent(interactions);
        if (previousSequences is not null) draft.Parent(previousSequences);
        var facts = new PreparationFacts
        {
            UserIdKind = users.Kind, ItemIdKind = items.Kind, Users = users.Count, Items = items.Count,
            EventTypes = [.. Enumerable.Range(0, eventTypes.Count).Select(eventTypes.TextOf)],
            UsersPerBucket = options.UsersPerBucket, AsOf = log.Facts.AsOf, BucketsReused = reused,
        };
        facts.WriteTo(draft);
        return facts;

        int FirstOf(int bucket) => (int)Math.Min(users.Count, (long)bucket * options.UsersPerBucket);
    }

    private static bool IsMadeFrom(Artefact sequences, Artefact? interactions) =>
        interactions is not null && sequences.Manifest.Parents.Values.Contains(interactions.Sha256);

    private static IdMap Ids(DuckDb duck, Artefact? previous, string file, IdKind kind) =>
        previous is null ? new IdMap(kind) : IdMap.Load(duck, previous.PathOf(file), kind);

    private static void AddCatalogue(DuckDb duck, string path, IdMap items)
    {
        var indices = new int[Chunks.MaxRows];
        using var rows = ParquetFile.Read(duck, path, InteractionLog.ItemId);
        while (rows.Next()) items.GetOrAdd(rows, 0, indices);
    }

    private static void Share(DuckDb duck, ArtefactDraft draft, IdMap ids, string file)
    {
        var path = Path.Combine(draft.WorkFolder, file);
        ids.Save(duck, path);
        draft.Share(file, path, ids.Count);
    }

    /// <summary>The buckets of users who had events in these days.</summary>
    private static HashSet<int> BucketsOf(
        DuckDb duck, IReadOnlyList<InteractionLog.DayFile> days, IdMap users, int usersPerBucket, CancellationToken cancellation)
    {
        var (buckets, indices) = (new HashSet<int>(), new int[Chunks.MaxRows]);
        foreach (var some in days.Chunk(InteractionLog.DaysAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            using var rows = ParquetFile.Read(duck, [.. some.Select(day => day.Path)], InteractionLog.UserId);
            while (rows.Next())
            {
                users.Find(rows, 0, indices);
                foreach (var user in indices.AsSpan(0, rows.Rows)) buckets.Add(user / usersPerBucket);
            }
        }
        return buckets;
    }
}
