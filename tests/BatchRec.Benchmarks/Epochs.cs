using System.Diagnostics;
using BatchRec.Interactions;
using BatchRec.Train;

namespace BatchRec.Benchmarks;

/// <summary>Our epochs, one after the other.</summary>
internal sealed class Epochs(Sequences log, Vocabulary vocabulary, TrainOptions options, ulong seed) : IDisposable
{
    private readonly Batches batches = new(log, vocabulary, options, seed);
    private readonly Learner learner = new(vocabulary, options, seed);
    private int epoch;
    private long step;

    public int Users => batches.UserCount;

    /// <returns>how long it took, and the mean loss a target</returns>
    public (double Seconds, double Loss) Next()
    {
        var clock = Stopwatch.StartNew();
        var (next, loss, targets) = (batches.Of(epoch++), 0.0, 0L);
        for (var i = 0; i < batches.Count; i++)
        {
            var batch = next[i];
            loss += learner.Step(batch, step++, options.LearningRate) * batch.Targets.Length;
            targets += batch.Targets.Length;
        }
        return (clock.Elapsed.TotalSeconds, loss / targets);
    }

    public void Dispose() => learner.Dispose();
}
