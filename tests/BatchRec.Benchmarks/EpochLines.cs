using System.Globalization;
using BatchRec.Train;

namespace BatchRec.Benchmarks;

/// <summary>A line an epoch. (<see cref="Progress{T}"/> would report from other threads, out of order.)</summary>
internal sealed class EpochLines : IProgress<TrainProgress>
{
    public void Report(TrainProgress value)
    {
        if (value.ValidationNdcg is { } ndcg)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"epoch {value.Epoch}/{value.Epochs} loss {value.Loss:F4} validation NDCG@10 {ndcg:F4} {value.Seconds:F0} s"));
    }
}
