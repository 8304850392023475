using System.Numerics;
using BatchRec.Interactions;
using BatchRec.Train.Features;

namespace BatchRec.Train;

/// <summary>
/// What the model is told of a log's events beside their items, as rows of small tables: the event's type, its value, the time since the user's event before, and the
/// time that passes until the night that asks. Times are log-bucketed, since an hour more matters after a minute and not after a year.
/// </summary>
internal sealed class EventInputs
{
    /// <summary>Rows of a table of times: 0 for "at once" or "nothing before", then a row for each power of two in seconds, up to 2^30 (34 years).</summary>
    public const int TimeRows = 32;

    private const long Second = 1_000_000;

    private readonly Sequences _log;
    private readonly byte[] _typeRows;
    private readonly double[] _valueEdges;

    public EventInputs(TrainOptions options, Vocabulary vocabulary, Sequences log)
    {
        _log = log;
        _typeRows = Array.ConvertAll(log.EventTypes, vocabulary.RowOfEventType);
        _valueEdges = vocabulary.ValueEdges;
        (HasTypes, HasGaps, HasValues, HasWaits) = (vocabulary.UsesEventTypes(options), options.TimeGaps, vocabulary.ValueEdges.Length > 0, options.QueryGap);
    }

    public bool HasTypes { get; }

    public bool HasGaps { get; }

    public bool HasValues { get; }

    public bool HasWaits { get; }

    /// <summary>Room for what is told of so many events.</summary>
    public EventBlock Block(int events) => new(new int[HasTypes ? events : 0], new int[HasGaps ? events : 0], new int[HasValues ? events : 0]);

    /// <param name="at">absolute index of the event</param>
    /// <param name="from">where the user's history begins</param>
    /// <param name="place">of the event in the block</param>
    public void Tell(long at, long from, EventBlock block, int place)
    {
        if (HasTypes) block.Types[place] = Type(at);
        if (HasGaps) block.Gaps[place] = Gap(at, from);
        if (HasValues) block.Values[place] = Value(at);
    }

    /// <param name="at">absolute index of the event</param>
    public int Type(long at) => _typeRows[_log.Events[at]];

    /// <summary>0 where the event has none, else a row for each bucket.</summary>
    /// <param name="at">absolute index of the event</param>
    public int Value(long at) => float.IsFinite(_log.Values[at]) ? 1 + NumberBuckets.Of(_log.Values[at], _valueEdges) : 0;

    /// <param name="from">where the user's history begins</param>
    public int Gap(long at, long from) => at == from ? 0 : TimeRow(_log.Times[at] - _log.Times[at - 1]);

    /// <param name="asked">microseconds since 1970, UTC</param>
    public int Wait(long at, long asked) => TimeRow(asked - _log.Times[at]);

    /// <summary>
    /// As if asked in one of the nights between an event and a target, each as likely as the other: that is all that a night knows, and the target's own time
    /// it never does. At once where no night lies between.
    /// </summary>
    public int WaitBefore(long target, long at, Randomness random)
    {
        var day = Math.DivRem(_log.Times[at], Sequences.MicrosecondsPerDay).Quotient;
        var nights = (int)Math.Min(int.MaxValue, _log.Times[target] / Sequences.MicrosecondsPerDay - day);
        return nights <= 0 ? 0 : Wait(at, (day + 1 + random.Below(nights)) * Sequences.MicrosecondsPerDay);
    }

    private static int TimeRow(long microseconds) =>
        microseconds < Second ? 0 : Math.Min(TimeRows - 1, 1 + BitOperations.Log2((ulong)(microseconds / Second)));
}
