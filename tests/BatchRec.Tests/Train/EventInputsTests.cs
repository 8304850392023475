using BatchRec.Interactions;
using BatchRec.Tests.Evaluate;
using BatchRec.Tests.Torch;
using BatchRec.Train;
using Xunit;
using static BatchRec.Tests.Evaluate.InlineLog;

namespace BatchRec.Tests.Train;

[Collection(LibtorchCollection.Name)]
public sealed class EventInputsTests : IDisposable
{
    private static readonly TrainOptions All = Histories.Small with { EventTypes = true, TimeGaps = true, QueryGap = true };

    private readonly string _folder = Directory.CreateTempSubdirectory("inputs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Types_are_known_by_name_and_new_ones_share_a_row()
    {
        var trained = OfEvents(3, ["view", "purchase"], [(0, 1, 0), (1, 2, 1)]);
        var later = OfEvents(3, ["cart", "PURCHASE", "view"], [(0, 1, 0), (1, 2, 1), (2, 3, 2)]);
        var inputs = new EventInputs(All, Vocabulary.Of(trained), later);
        Assert.Equal([0, 2, 1], [inputs.Type(0), inputs.Type(1), inputs.Type(2)]);
        Assert.False(new EventInputs(All, Vocabulary.Of(OfItems(2, [0, 1])), later).HasTypes);
    }

    [Fact]
    public void Gaps_are_bucketed_by_powers_of_two_and_begin_with_each_user()
    {
        var log = Of(2, [(0, 0), (1, 0), (0, 1 / 86_400.0), (1, 1)], [(0, 5)]);
        var inputs = new EventInputs(All, Vocabulary.Of(log), log);
        // Nothing before; at the same instant; a second; 86,399 seconds, of which 2^16 is the power of two.
        Assert.Equal([0, 0, 1, 17], Enumerable.Range(0, 4).Select(at => inputs.Gap(at, 0)));
        Assert.Equal(0, inputs.Gap(4, 4));
        Assert.Equal(17, inputs.Wait(4, At(6)));
        Assert.Equal(0, inputs.Wait(4, At(5)));
        Assert.Equal(EventInputs.TimeRows - 1, inputs.Wait(4, long.MaxValue / 2));
    }

    [Fact]
    public void In_training_a_question_is_asked_in_a_night_between_two_events_and_at_once_where_there_is_none()
    {
        // At noon of day 0, of day 3, and an hour later.
        var log = Of(2, [(0, 0.5), (1, 3.5), (0, 3.5 + 1 / 24.0)]);
        var inputs = new EventInputs(All, Vocabulary.Of(log), log);
        var waits = Enumerable.Range(0, 300).Select(seed => inputs.WaitBefore(1, 0, Randomness.At((ulong)seed))).ToArray();
        // Midnights half a day, one and a half, two and a half days later: 43,200, 129,600 and 216,000 seconds.
        Assert.Equal([16, 17, 18], waits.Distinct().Order());
        Assert.All(waits.CountBy(wait => wait), pair => Assert.InRange(pair.Value, 60, 140));
        Assert.Equal(0, inputs.WaitBefore(2, 1, Randomness.At(1)));
    }

    [Fact]
    public void Values_are_bucketed_by_the_training_log_and_missing_ones_share_a_row()
    {
        var trained = Valued(1, 2, 2, 3, float.NaN);
        var vocabulary = Vocabulary.Of(trained, All with { EventValues = true }, []);
        var inputs = new EventInputs(All, vocabulary, Valued(float.NaN, -5, 1, 2, 3, 1e12f, float.PositiveInfinity));
        Assert.Equal([0, 1, 1, 2, 3, 3, 0], Enumerable.Range(0, 7).Select(at => inputs.Value(at)));
        Assert.Equal(4, vocabulary.ValueRows);
    }

    [Theory]
    [InlineData(float.NaN, "Train:EventValues: no event has a value, so there is nothing to tell.")]
    [InlineData(7, "Train:EventValues: all events have the same value, which tells nothing.")]
    public void Values_that_tell_nothing_are_left_out_with_a_note(float value, string note)
    {
        var notes = new List<string>();
        var vocabulary = Vocabulary.Of(Valued(value, value), All with { EventValues = true }, notes);
        Assert.Equal([note], notes);
        Assert.False(new EventInputs(All, vocabulary, Valued(value, value)).HasValues);
    }

    private static Sequences Valued(params float[] values) => new()
    {
        UserCount = 1, ItemCount = 1, Offsets = [0, values.Length], Items = new int[values.Length], Times = new long[values.Length], Events = new byte[values.Length],
        EventTypes = ["rating"], Values = values,
    };

    [Theory]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, false, false)]
    [InlineData(false, false, true, false)]
    [InlineData(false, false, false, true)]
    public void What_only_the_type_the_gap_the_wait_or_the_value_tells_is_learnt(bool types, bool gaps, bool waits, bool valued)
    {
        // Item 0 is followed by item 1 after a view, soon after the event before, with a night between and where it was liked; and else by item 2.
        var log = OfEvents(3, ["view", "cart"], [.. Enumerable.Range(0, 60).Select(user => user % 2 == 0
            ? new (int, double, byte)[] { (0, 1, 1), (0, 1.1, 0), (1, 9, 0) }
            : [(0, 1, 1), (0, 5.1, 1), (2, 5.2, 0)])]);
        for (var at = 0; at < log.EventCount; at++) log.Values[at] = at % 6 == 1 ? 5 : at % 6 == 4 ? 1 : float.NaN;
        var options = Histories.Small with { EventTypes = types, TimeGaps = gaps, QueryGap = waits, EventValues = valued, MaxEpochs = 40, Dropout = 0 };
        var result = Training.Refit(log, options, 1, 40, averaged: false, _folder, null, CancellationToken.None);
        using var model = new SasrecRecommender(result.Model, 3);
        Query[] queries = [new(0, 2, At(8)), new(1, 5, At(5.1))];
        var scores = new float[6];
        model.Score(log, queries, scores);
        Assert.True(scores[1] > scores[2], "The first user's next item is 1.");
        Assert.True(scores[5] > scores[4], "The second user's next item is 2.");
    }
}
