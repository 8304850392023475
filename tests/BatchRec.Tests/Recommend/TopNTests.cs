using BatchRec.Recommend;
using Xunit;

namespace BatchRec.Tests.Recommend;

public class TopNTests
{
    private const float None = float.NegativeInfinity;

    [Fact]
    public void The_best_come_first_and_ties_by_item_index() =>
        Assert.Equal([3, 1, 4, 0], Select(4, [2, 5, 1, 9, 5]));

    [Fact]
    public void Items_without_a_score_are_never_selected() => Assert.Equal([2], Select(3, [None, None, -7, None]));

    [Fact]
    public void Both_zeros_are_one_score() => Assert.Equal([0, 1, 2], Select(3, [-0f, 0f, -0f]));

    [Fact]
    public void Infinite_scores_come_first() => Assert.Equal([1, 0], Select(2, [3, float.PositiveInfinity, 2]));

    [Fact]
    public void A_list_longer_than_the_catalogue_holds_all_of_it() => Assert.Equal([1, 0], Select(100, [1, 2]));

    [Fact]
    public void Nothing_is_left_when_everything_is_excluded()
    {
        Assert.Empty(Select(3, [1, 2, 3], excluded: [0, 1, 2]));
        Assert.Empty(Select(3, [1, 2, 3], unavailable: [true, true, true]));
        Assert.Empty(Select(3, []));
    }

    [Fact]
    public void Excluded_and_unavailable_items_leave_their_places_to_the_next() =>
        Assert.Equal([4, 1], Select(2, [5, 2, 4, 3, 3], excluded: [0, 3, 3, 99], unavailable: [false, false, true, false, false]));

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(16)]
    public void A_score_that_is_not_a_number_is_a_fault_that_names_the_item(int item)
    {
        var scores = new float[17];
        scores[item] = float.NaN;
        Assert.Contains($"item index {item} ", Assert.Throws<BatchRecException>(() => Select(3, scores)).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    public void It_agrees_with_a_full_sort(int n)
    {
        var random = new Random(n);
        var top = new TopN(n);
        Func<int, int, float>[] kinds =
        [
            (_, _) => random.NextSingle() - 0.5f, // any
            (_, _) => random.Next(5), // many ties
            (_, _) => 1, // all equal
            (i, _) => i, // rising: each beats all before
            (i, count) => count - i, // falling
            (_, _) => random.Next(3) == 0 ? None : random.Next(50) - 25,
        ];
        foreach (var kind in kinds)
        {
            foreach (var count in (int[])[1, 7, 8, 9, 200, 1_001])
            {
                var scores = Enumerable.Range(0, count).Select(i => kind(i, count)).ToArray();
                int[] excluded = [.. Enumerable.Range(0, count).Where(_ => random.Next(4) == 0)];
                bool[] unavailable = [.. Enumerable.Range(0, count).Select(_ => random.Next(10) == 0)];
                var expected = Enumerable.Range(0, count).Except(excluded).Where(i => !unavailable[i] && scores[i] > None)
                    .OrderByDescending(i => scores[i]).ThenBy(i => i).Take(n);
                Assert.Equal(expected, Select(top, n, scores, excluded, unavailable));
            }
        }
    }

    [Fact]
    public void The_scores_of_the_selected_come_along()
    {
        var (items, best) = (new int[2], new float[2]);
        Assert.Equal(2, new TopN(2).Select([1, 8, 4], [], [], items, best));
        Assert.Equal([8f, 4f], best);
    }

    private static int[] Select(int n, float[] scores, int[]? excluded = null, bool[]? unavailable = null) =>
        Select(new TopN(n), n, scores, excluded ?? [], unavailable ?? []);

    private static int[] Select(TopN top, int n, float[] scores, int[] excluded, bool[] unavailable)
    {
        var (items, best) = (new int[n], new float[n]);
        return items[..top.Select(scores, excluded, unavailable, items, best)];
    }
}
