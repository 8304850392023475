using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Evaluate;
using Xunit;

namespace BatchRec.Tests.Recommend;

public class SeenItemsTests
{
    // One user, asked on day 20 after the first five events; the sixth is yet to come.
    private static readonly Sequences Log = InlineLog.OfEvents(
        9, ["view", "purchase"], [(5, 1, 1), (3, 2, 0), (5, 15, 0), (4, 18, 1), (3, 19, 0), (8, 21, 1)]);

    private static readonly Query Question = new(0, 5, InlineLog.At(20));

    [Fact]
    public void All_types_for_ever_is_what_nothing_configured_means() => Assert.Equal([3, 4, 5], Seen(new RecommendOptions()));

    [Fact]
    public void Only_the_named_types_exclude() => Assert.Equal([4, 5], Seen(new RecommendOptions { ExcludeSeen = ["PURCHASE"] }));

    [Fact]
    public void Only_events_within_the_window_exclude() =>
        Assert.Equal([4], Seen(new RecommendOptions { ExcludeSeen = ["purchase"], ExcludeSeenDays = 10 }));

    [Fact]
    public void A_window_of_no_days_excludes_nothing() => Assert.Empty(Seen(new RecommendOptions { ExcludeSeenDays = 0 }));

    [Fact]
    public void No_types_exclude_nothing() => Assert.Empty(Seen(new RecommendOptions { ExcludeSeen = [] }));

    [Fact]
    public void A_type_that_never_happened_excludes_nothing_and_is_reported()
    {
        Assert.Empty(Seen(new RecommendOptions { ExcludeSeen = ["cart"] }));
        Assert.Equal(["cart"], new EventTypeSet(Log, ["cart", "view"]).Unknown);
    }

    private static int[] Seen(RecommendOptions options)
    {
        int[] room = [];
        return SeenItems.Served(Log, options).Of(Log, Question, ref room).ToArray();
    }
}
