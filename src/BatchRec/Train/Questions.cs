using BatchRec.Interactions;

namespace BatchRec.Train;

/// <summary>
/// After which event of a user's history a target is asked: what training asks should be what is asked of the model later. Events of one instant have no order
/// among themselves, so that <c>basket</c> asks for all of a basket after the one before; and <c>night</c> asks as a night does, for all of a day after the days before.
/// </summary>
internal sealed class Questions
{
    public const string Next = "next", Basket = "basket", Night = "night";

    private readonly Sequences _log;
    private readonly bool _ofNext;

    // Microseconds within which nothing is asked.
    private readonly long _unit;

    public Questions(Sequences log, string targets) => (_log, _ofNext, _unit) = (log, targets == Next, targets == Night ? Sequences.MicrosecondsPerDay : 1);

    /// <summary>Whether the user's history has a target at all.</summary>
    public bool HasTarget(int user)
    {
        var (from, until) = (_log.Offsets[user], _log.Offsets[user + 1]);
        return until - from >= 2 && (_ofNext || UnitOf(from) < UnitOf(until - 1));
    }

    /// <param name="target">absolute index, not a history's first</param>
    /// <param name="before">the same of the event before; -1 where that is not asked</param>
    /// <returns>absolute index of the event after which the target is asked; -1 where all before is of its own basket or day</returns>
    public long AskedAfter(long target, long before) => _ofNext || UnitOf(target - 1) < UnitOf(target) ? target - 1 : before;

    private long UnitOf(long at) => Math.DivRem(_log.Times[at], _unit).Quotient;
}
