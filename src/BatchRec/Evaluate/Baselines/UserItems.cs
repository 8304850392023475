using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>The binary users × items matrix, by rows and by columns.</summary>
internal sealed class UserItems
{
    /// <summary>n items of a user cost n² additions: one crawler would otherwise cost more than all the shop's people.</summary>
    private const int MostItemsOfUser = 3_000;

    private readonly int[] offsets, items, columns, users;

    private UserItems(int itemCount, int[] offsets, int[] items)
    {
        (this.offsets, this.items) = (offsets, items);
        columns = new int[itemCount + 1];
        foreach (var item in items) columns[item + 1]++;
        for (var item = 0; item < itemCount; item++) columns[item + 1] += columns[item];
        (var next, users) = (columns[..^1], new int[items.Length]);
        for (var u = 0; u < offsets.Length - 1; u++)
            foreach (var item in ItemsOf(u)) users[next[item]++] = u;
    }

    /// <summary>Each user's latest 3,000 distinct items.</summary>
    public static UserItems Of(Sequences log)
    {
        var (offsets, items) = (new int[log.UserCount + 1], new List<int>((int)log.EventCount));
        for (var u = 0; u < log.UserCount; u++)
        {
            items.AddRange(LatestDistinct(log.ItemsOf(u), log.ItemCount, MostItemsOfUser));
            offsets[u + 1] = items.Count;
        }
        return new UserItems(log.ItemCount, offsets, [.. items]);
    }

    /// <summary>Distinct items of the user, ascending.</summary>
    public ReadOnlySpan<int> ItemsOf(int user) => items.AsSpan(offsets[user]..offsets[user + 1]);

    /// <summary>Users who have the item, ascending.</summary>
    public ReadOnlySpan<int> UsersOf(int item) => users.AsSpan(columns[item]..columns[item + 1]);

    /// <summary>The latest distinct items below itemCount, ascending.</summary>
    public static int[] LatestDistinct(ReadOnlySpan<int> history, int itemCount, int most)
    {
        var distinct = new HashSet<int>();
        for (var i = history.Length - 1; i >= 0 && distinct.Count < most; i--)
            if (history[i] < itemCount) distinct.Add(history[i]);
        int[] latest = [.. distinct];
        Array.Sort(latest);
        return latest;
    }
}
