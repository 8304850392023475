using System.Numerics.Tensors;
using BatchRec.Interactions;
using BatchRec.Train;

namespace BatchRec.Recommend;

/// <summary>
/// Which items of a user's history speak most for each item of the list: those whose vectors are closest to its own (cosine), among the latest
/// <see cref="HistoryItems"/> distinct ones. A cheap account after the fact, the same for whatever made the list: it names what the model uses alike, which is
/// what a reader sees as "because of". It doesn't claim that the item would be missing without them, nor does it say where the model looked
/// (<see cref="SasrecRecommender.Attention"/> does, for one user at a time).
/// </summary>
/// <param name="space">The published model's vectors, or the holdout model's where a baseline made the lists; null: nothing can be said.</param>
/// <param name="each">Items of the history for each item of a list, at most.</param>
public sealed class Reasons(ItemSpace? space, int each)
{
    /// <summary>Below it, two items have next to nothing to do with each other, and a reason would be made up.</summary>
    public const double LeastSimilarity = 0.2;

    private const int HistoryItems = 50;

    public int Each => each;

    /// <summary>One thread's room.</summary>
    public sealed class Room
    {
        internal int[] History { get; } = new int[HistoryItems];
        internal HashSet<int> Seen { get; } = [];
    }

    /// <summary>The history's items that speak for an item, the most similar first, ties the more recent first: D multiply-adds a pair.</summary>
    /// <param name="because">(items × <see cref="Each"/>) -1 where fewer speak for it</param>
    public void Of(Sequences log, Query query, ReadOnlySpan<int> items, Span<int> because, Room room)
    {
        Of(space is null ? [] : Latest(log, query, room), items, because);
    }

    /// <param name="history">distinct items that have a vector, the latest first</param>
    /// <inheritdoc cref="Of(Sequences, Query, ReadOnlySpan{int}, Span{int}, Room)"/>
    public void Of(ReadOnlySpan<int> history, ReadOnlySpan<int> items, Span<int> because)
    {
        because.Fill(-1);
        if (space is null) return;
        Span<float> best = stackalloc float[each];
        for (var i = 0; i < items.Length; i++)
        {
            if (!space.Knows(items[i])) continue;
            var vector = space.UnitVectorOf(items[i]);
            var chosen = because.Slice(i * each, each);
            var count = 0;
            foreach (var item in history)
            {
                // Where repeats are recommended, an item is no reason for itself.
                if (item == items[i]) continue;
                var similarity = TensorPrimitives.Dot(vector, space.UnitVectorOf(item));
                if (similarity < LeastSimilarity || (count == each && similarity <= best[count - 1])) continue;
                var place = count < each ? count++ : count - 1;
                for (; place > 0 && similarity > best[place - 1]; place--) (best[place], chosen[place]) = (best[place - 1], chosen[place - 1]);
                (best[place], chosen[place]) = (similarity, item);
            }
        }
    }

    /// <summary>The latest distinct items that have a vector, the latest first.</summary>
    private ReadOnlySpan<int> Latest(Sequences log, Query query, Room room)
    {
        var count = 0;
        room.Seen.Clear();
        for (var at = query.End - 1; at >= log.Offsets[query.User] && count < HistoryItems; at--)
            if (space!.Knows(log.Items[at]) && room.Seen.Add(log.Items[at])) room.History[count++] = log.Items[at];
        return room.History.AsSpan(0, count);
    }
}
