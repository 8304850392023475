using BatchRec.Runs;

namespace BatchRec.Recommend;

/// <summary>
/// How the users with a history are cut into shards: ranges of their indices. A night that keeps lists keeps the ranges of the night before; of a shard most of whose lists
/// stand the file is kept too, and only a delta is written.
/// </summary>
/// <param name="FirstUsers">of each shard; it reaches up to the next one's</param>
internal sealed record ShardPlan(IReadOnlyList<int> FirstUsers, IReadOnlyList<ShardPart> Parts)
{
    /// <summary>Fact of a top-n artefact: <see cref="FirstUsers"/>.</summary>
    public const string FirstUsersFact = "firstUsers";

    /// <param name="users">those with a history, ascending</param>
    /// <param name="kept">null: no list is</param>
    public static ShardPlan Of(int[] users, int shards, KeptLists? kept)
    {
        var before = kept?.FirstUsers.Count == shards ? kept : null;
        var first = before?.FirstUsers ?? EqualParts(users, shards);
        return new ShardPlan(first, [.. Enumerable.Range(0, shards).Select(shard =>
        {
            int[] own = users[PlaceOf(first[shard])..(shard + 1 < shards ? PlaceOf(first[shard + 1]) : users.Length)];
            return before is null ? new ShardPart(own, null) : Part(own, before, before.Shards[shard]);
        })]);

        int PlaceOf(int user)
        {
            var at = Array.BinarySearch(users, user);
            return at < 0 ? ~at : at;
        }
    }

    private static int[] EqualParts(int[] users, int shards)
    {
        var first = new int[shards];
        for (var shard = 1; shard < shards; shard++)
        {
            var place = (int)((long)users.Length * shard / shards);
            first[shard] = place < users.Length ? users[place] : int.MaxValue;
        }
        return first;
    }

    private static ShardPart Part(int[] users, KeptLists kept, KeptShard shard)
    {
        int[] replaced = [.. users.Where(user => kept.FileOf(user) != shard.File)];
        // A row that nothing replaces stays: so the file of a shard goes when one of its users does. And when half of it is in the delta: it is read each night.
        return shard.Base.Shared && kept.Files[shard.File].Gone == 0 && replaced.Length * 2L <= users.Length ? new ShardPart(replaced, shard.Base) : new ShardPart(users, null);
    }
}

/// <summary>What a shard needs.</summary>
/// <param name="Users">whose lists are written, ascending</param>
/// <param name="Base">the earlier night's file that goes on, with what is written as its delta; null: what is written is the shard</param>
internal sealed record ShardPart(int[] Users, ManifestFile? Base);
