using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// Item-based neighbours: cosine of binary item columns, |users of both| / √(|users of one| · |users of the other|), summed over the
/// latest distinct items of the history (Sarwar et al. 2001, "Item-based collaborative filtering recommendation algorithms").
/// </summary>
/// <remarks>
/// No item is its own neighbour. A query sums over the latest 50 distinct items: on ML-1M, leave-one-out, HR@10 / NDCG@10 are .082 / .042 so, .070 / .037 over whole
/// histories, and a long history costs no more than a short one. The fit takes the latest 3,000 of each user: n items cost n² additions,
/// and one crawler would otherwise cost more than all the shop's people.
/// </remarks>
public sealed class ItemKnn : Baseline
{
    private const int MostItemsOfQuery = 50;
    private const int MostItemsOfUser = 3_000;

    private readonly SparseRows cosines;

    private ItemKnn(SparseRows cosines) => this.cosines = cosines;

    public static ItemKnn Fit(Sequences train)
    {
        var (offsets, items) = DistinctItems(train);
        var (userOffsets, users) = UsersOfItems(train.ItemCount, offsets, items);
        return new ItemKnn(SparseRows.Build(train.ItemCount, Neighbours.Most(train.ItemCount), (item, row) =>
        {
            foreach (var user in users.AsSpan(userOffsets[item]..userOffsets[item + 1]))
                foreach (var other in items.AsSpan(offsets[user]..offsets[user + 1]))
                    if (other != item) row.Add(other, 1);
            var own = userOffsets[item + 1] - userOffsets[item];
            row.Scale((other, both) => (float)(both / Math.Sqrt((double)own * (userOffsets[other + 1] - userOffsets[other]))));
        }));
    }

    public override string Name => "item-knn";

    public override int ItemCount => cosines.RowCount;

    protected internal override void Score(Sequences log, Query query, Span<float> scores)
    {
        Sum(log, query, scores);
        SparseRows.ZerosToNoEvidence(scores);
    }

    /// <summary>The scores, with 0 where there is no evidence.</summary>
    internal void Sum(Sequences log, Query query, Span<float> sums)
    {
        sums.Clear();
        foreach (var item in LatestDistinct(History(log, query), ItemCount, MostItemsOfQuery)) cosines.AddTo(sums, item, 1);
    }

    /// <summary>The latest distinct items below itemCount, ascending.</summary>
    private static int[] LatestDistinct(ReadOnlySpan<int> history, int itemCount, int most)
    {
        var distinct = new HashSet<int>();
        for (var i = history.Length - 1; i >= 0 && distinct.Count < most; i--)
            if (history[i] < itemCount) distinct.Add(history[i]);
        int[] items = [.. distinct];
        Array.Sort(items);
        return items;
    }

    /// <summary>The columns of each user's binary row: (users + 1) offsets, items.</summary>
    private static (int[] Offsets, int[] Items) DistinctItems(Sequences train)
    {
        var (offsets, items) = (new int[train.UserCount + 1], new List<int>((int)train.EventCount));
        for (var u = 0; u < train.UserCount; u++)
        {
            items.AddRange(LatestDistinct(train.ItemsOf(u), train.ItemCount, MostItemsOfUser));
            offsets[u + 1] = items.Count;
        }
        return (offsets, [.. items]);
    }

    /// <summary>The same matrix by columns: (items + 1) offsets, users.</summary>
    private static (int[] Offsets, int[] Users) UsersOfItems(int itemCount, int[] offsets, int[] items)
    {
        var columns = new int[itemCount + 1];
        foreach (var item in items) columns[item + 1]++;
        for (var item = 0; item < itemCount; item++) columns[item + 1] += columns[item];
        var (next, users) = (columns[..^1], new int[items.Length]);
        for (var u = 0; u < offsets.Length - 1; u++)
            foreach (var item in items.AsSpan(offsets[u]..offsets[u + 1])) users[next[item]++] = u;
        return (columns, users);
    }
}
