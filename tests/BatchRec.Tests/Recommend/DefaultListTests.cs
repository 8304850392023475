using BatchRec.Recommend;
using BatchRec.Tests.Evaluate;
using Xunit;

namespace BatchRec.Tests.Recommend;

public class DefaultListTests
{
    // On day 20, over 7 days: item 1 twice, items 0 and 2 once; before: item 2 twice, item 3 three times; item 4 only on day 20.
    private static readonly BatchRec.Interactions.Sequences Log = InlineLog.Of(
        6, [(2, 1), (2, 2), (3, 3), (3, 4), (3, 5)], [(1, 14), (1, 15), (0, 16), (2, 17), (4, 20)]);

    [Fact]
    public void Recent_events_count_first_then_all_then_the_index()
    {
        var list = DefaultList.Of(Log, InlineLog.At(20), days: 7, length: 10, unavailable: []);
        Assert.Equal([1, 2, 0, 3], list.Items);
        Assert.Equal([0.5f, 0.25f, 0.25f, 0f], list.Scores);
    }

    [Fact]
    public void What_is_not_available_is_left_out() =>
        Assert.Equal([2, 0], DefaultList.Of(Log, InlineLog.At(20), 7, 2, [false, true, false, false, false, false]).Items);

    [Fact]
    public void An_empty_log_has_an_empty_list() => Assert.Empty(DefaultList.Of(InlineLog.OfItems(3), InlineLog.At(20), 7, 10, []).Items);
}
