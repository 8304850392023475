using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Evaluate;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Recommend;

public class ReasonsTests
{
    // Items 0 to 4 of five; the model doesn't know 5. Cosines with item 0: .96 of 1, .6 of 2, 0 of 3, -1 of 4.
    private static readonly ItemSpace Space = new(new Vocabulary(6, [0, 1, 2, 3, 4]), [5, 0, 24, 7, 3, 4, 0, 2, -1, 0], 2);

    private static int[] Of(int item, int each, params int[] history)
    {
        var log = InlineLog.OfItems(6, history);
        var because = new int[each];
        new Reasons(Space, each).Of(log, new Query(0, history.Length, InlineLog.At(9)), [item], because, new Reasons.Room());
        return because;
    }

    [Fact]
    public void The_most_similar_come_first_however_old_they_are() => Assert.Equal([1, 2], Of(0, 2, 2, 1, 3, 2, 4));

    [Fact]
    public void Items_that_have_next_to_nothing_to_do_with_it_are_no_reason() => Assert.Equal([2, -1, -1], Of(0, 3, 2, 3, 4, 5));

    [Fact]
    public void Where_there_is_no_room_the_best_stay() => Assert.Equal([1], Of(0, 1, 1, 2));

    [Fact]
    public void An_item_that_the_user_has_had_is_no_reason_for_itself() => Assert.Equal([1, 2], Of(0, 2, 0, 1, 2));

    [Fact]
    public void What_the_model_does_not_know_has_no_reason_and_without_a_model_nothing_has()
    {
        Assert.Equal([-1, -1], Of(5, 2, 0, 1, 2));
        int[] because = [7, 7];
        new Reasons(null, 2).Of(InlineLog.OfItems(6, [0, 1]), new Query(0, 2, InlineLog.At(9)), [0], because, new Reasons.Room());
        Assert.Equal([-1, -1], because);
    }

    [Fact]
    public void Later_events_and_all_but_the_latest_fifty_items_say_nothing()
    {
        int[] history = [.. Enumerable.Repeat(0, 3), .. Enumerable.Range(0, 50).Select(i => 10 + i), 1];
        var vectors = Enumerable.Range(0, 60).SelectMany(item => (float[])[1, item / 100f]).ToArray();
        var space = new ItemSpace(new Vocabulary(60, [.. Enumerable.Range(0, 60)]), vectors, 2);
        var because = new int[5];
        var reasons = new Reasons(space, 5);
        reasons.Of(InlineLog.OfItems(60, history), new Query(0, history.Length - 1, InlineLog.At(99)), [0], because, new Reasons.Room());
        Assert.Equal([10, 11, 12, 13, 14], because);
        reasons.Of(InlineLog.OfItems(60, history), new Query(0, 2, InlineLog.At(99)), [0], because, new Reasons.Room());
        Assert.Equal([-1, -1, -1, -1, -1], because);
    }
}
