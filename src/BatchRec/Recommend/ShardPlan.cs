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

    /// <summary>A shard that new users have made so many times as large as the others are on average is cut anew, with all of them.</summary>
    private const int MostTimesTheMean = 2;

    /// <param name="users">those with a history, ascending</param>
    /// <param name="kept">null: no list is</param>
    public static ShardPlan Of(int[] users, int shards, KeptLists? kept)
    {
        if (kept?.FirstUsers.Count == shards)
        {
            var own = Cut(users, kept.FirstUsers);
            if (own.Max(part => (long)part.Length) * shards <= (long)MostTimesTheMean * users.Length + shards)
                return new ShardPlan(kept.FirstUsers, [.. own.Select((part, shard) => Part(part, kept, kept.Shards[shard]))]);
        }
        var first = EqualParts(users, shards);
        return new ShardPlan(first, [.. Cut(users, first).Select(part => new ShardPart(part, null))]);
    }

    private static List<int[]> Cut(int[] users, IReadOnlyList<int> first)
    {
        return [.. first.Select((user, shard) => users[PlaceOf(user)..(shard + 1 < first.Count ? PlaceOf(first[shard + 1]) : users.Length)])];

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
        return shard.Gone == 0 && replaced.Length * 2L <= users.Length ? new ShardPart(replaced, shard.Base) : new ShardPart(users, null);
    }
}

/// <summary>What a shard needs.</summary>
/// <param name="Users">whose lists are written, ascending</param>
/// <param name="Base">the earlier night's file that goes on, with what is written as its delta; null: what is written is the shard</param>
internal sealed record ShardPart(int[] Users, ManifestFile? Base)
{
    /// <summary>The earlier night's file goes on as it is.</summary>
    public bool IsDone => Base is not null && Users.Length == 0;
}
