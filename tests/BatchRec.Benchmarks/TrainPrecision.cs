using System.Diagnostics;
using BatchRec.Torch.Accelerated;
using BatchRec.Train;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Benchmarks;

/// <summary><c>Train:HeadPrecision</c>: bf16 against fp32, of the head alone and of whole epochs of ML-1M, with the model of <see cref="TrainStep"/>.</summary>
internal static class TrainPrecision
{
    private const int Targets = 4096, Width = 64;

    public static void Run(Arguments arguments)
    {
        if (!HeadPrecision.IsBf16Supported) throw new BatchRecException("This processor has no AVX512_BF16: there is nothing to measure.");
        var (rounds, heads, threads) = (arguments.Number("rounds", 3), arguments.Number("heads", 15), arguments.Number("threads", Environment.ProcessorCount));
        set_num_threads(threads);
        foreach (var items in new[] { 3_416, 20_000 }) Head(items, heads);

        var path = arguments.Text("data", MovieLens.DefaultPath);
        var log = File.Exists(path) ? MovieLens.Read(path) : TrainStep.Synthetic();
        var vocabulary = Vocabulary.Of(log);
        using var rounded = new Epochs(log, vocabulary, PlainPeer.Options with { HeadPrecision = HeadPrecision.Rounded }, seed: 1);
        using var single = new Epochs(log, vocabulary, PlainPeer.Options, seed: 1);
        Measurement.Interleaved("train-bf16", "users/s over whole epochs of ML-1M, full cross-entropy, bf16 head against fp32", null, rounds,
            rounded.Users, () => rounded.Next().Seconds, single.Users, () => single.Next().Seconds).Keep();
    }

    /// <summary>Loss and both gradients.</summary>
    private static void Head(int items, int rounds)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (users, table, targets) = (randn(Targets, Width) / 4.0, randn(items, Width), (rand([Targets]) * items).to(ScalarType.Int32));
        Measurement.Interleaved("train-bf16", $"targets/s, the head alone over {items} items, bf16 against fp32", null, rounds, Targets, () => Seconds(true), Targets, () => Seconds(false)).Keep();

        double Seconds(bool bf16)
        {
            using var inner = NewDisposeScope();
            var clock = Stopwatch.StartNew();
            CrossEntropyHead.Gradients(users, table, targets, bf16);
            return clock.Elapsed.TotalSeconds;
        }
    }
}
