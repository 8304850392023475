using BatchRec.Interactions;
using BatchRec.Tests.Evaluate;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Train;

public class BatchesTests
{
    [Fact]
    public void A_batch_pads_on_the_right_to_a_multiple_of_eight_and_has_a_target_for_every_event_but_the_last()
    {
        var batch = Assert.Single(Epoch(InlineLog.OfItems(9, [5, 6, 7], [8, 5]), new TrainOptions(), 0));

        Assert.Equal((2, 8), (batch.Rows, batch.Length));
        // Vocabulary rows: 5 -> 0, 6 -> 1, 7 -> 2, 8 -> 3. The shorter history stands first.
        Assert.Equal([3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], batch.Items);
        Assert.Equal([0, 8, 9], batch.Positions);
        Assert.Equal([0, 1, 2], batch.Targets);
    }

    [Fact]
    public void An_epoch_holds_every_target_of_short_histories_once_and_no_user_without_one()
    {
        var log = Histories.Rings(users: 50, items: 12, length: 7);
        var withSingles = InlineLog.OfItems(12, [.. Enumerable.Range(0, 50).SelectMany(user => new[] { log.ItemsOf(user).ToArray(), [3] })]);
        var options = new TrainOptions { BatchSize = 4 };

        var batches = Epoch(withSingles, options, 3);

        Assert.Equal(13, batches.Length);
        Assert.Equal(50, batches.Sum(batch => batch.Rows));
        Assert.Equal(50 * 6, batches.Sum(batch => batch.Targets.Length));
    }

    [Fact]
    public void A_long_history_gives_another_window_in_every_epoch()
    {
        var log = InlineLog.OfItems(1000, Enumerable.Range(0, 1000).ToArray());
        var options = new TrainOptions { MaxLength = 10 };

        var windows = Enumerable.Range(0, 200).Select(epoch => Assert.Single(Epoch(log, options, epoch))).ToArray();

        Assert.All(windows, window => Assert.Equal(Enumerable.Range(window.Items[0] + 1, 10), window.Targets));
        Assert.True(windows.Select(window => window.Items[0]).Distinct().Count() > 100);
        Assert.True(windows.Max(window => window.Targets[^1]) > 950 && windows.Min(window => window.Items[0]) < 50);
    }

    [Fact]
    public void A_user_with_100_000_events_trains_on_one_window()
    {
        var log = InlineLog.OfItems(7, Enumerable.Range(0, 100_000).Select(i => i % 7).ToArray(), [1, 2]);
        var batch = Assert.Single(Epoch(log, new TrainOptions(), 0));
        Assert.Equal((2, 200, 201), (batch.Rows, batch.Length, batch.Targets.Length));
    }

    [Fact]
    public void The_same_seed_and_epoch_give_the_same_batches_and_others_give_others()
    {
        var log = Histories.Rings(users: 100, items: 12, length: 9);
        var options = new TrainOptions { BatchSize = 8 };
        int[] Order(ulong seed, int epoch) => [.. Epoch(log, options, epoch, seed).SelectMany(batch => batch.Items)];

        Assert.Equal(Order(1, 2), Order(1, 2));
        Assert.NotEqual(Order(1, 2), Order(1, 3));
        Assert.NotEqual(Order(1, 2), Order(2, 2));
    }

    [Fact]
    public void Histories_of_like_length_share_a_batch()
    {
        var log = InlineLog.OfItems(3, [.. Enumerable.Range(0, 64).Select(user => Enumerable.Repeat(user % 3, 2 + user).ToArray())]);
        var batches = Epoch(log, new TrainOptions { BatchSize = 8 }, 0);
        Assert.All(batches, batch => Assert.True(batch.Length * batch.Rows < batch.Targets.Length + 8 * 16, $"{batch.Targets.Length} targets in {batch.Rows} × {batch.Length}"));
    }

    private static Batch[] Epoch(Sequences log, TrainOptions options, int epoch, ulong seed = 1)
    {
        var batches = new Batches(log, Vocabulary.Of(log), options, seed);
        var cut = batches.Of(epoch);
        return [.. Enumerable.Range(0, batches.Count).Select(i => cut[i])];
    }
}
