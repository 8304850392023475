using System.Runtime.ExceptionServices;

namespace BatchRec.Recommend;

/// <summary>Loops over blocks or rows on several threads.</summary>
internal static class Blocks
{
    /// <summary><see cref="Parallel"/>.For that throws what its body threw: a fault that a person can mend must be known as one.</summary>
    /// <param name="room">One thread's room to work in.</param>
    public static void For<TRoom>(int from, int until, int threads, Func<TRoom> room, Action<int, TRoom> body, CancellationToken cancellation)
    {
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
            Parallel.For(from, until, options, room, (index, _, own) => { body(index, own); return own; }, _ => { });
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.Flatten().InnerExceptions[0]);
        }
    }
}
