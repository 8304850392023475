using System.Diagnostics;
using System.Globalization;
using BatchRec.Train;
using TorchSharp;

namespace BatchRec.Benchmarks;

/// <summary>
/// How long a training takes to a validation NDCG@10 of .18 on ML-1M, leave-one-out, its validations included, against the plain model in python3-torch: its seconds an
/// epoch, measured before and after, × as many epochs as ours took. That flatters the peer, whose recipe learns less from an epoch, and which isn't validated.
/// </summary>
internal static class TrainToQuality
{
    private const double Wanted = .18;

    public static void Run(Arguments arguments)
    {
        var (seed, threads) = ((ulong)arguments.Number("seed", 1), arguments.Number("threads", Environment.ProcessorCount));
        var log = MovieLens.Read(arguments.Text("data", MovieLens.DefaultPath));
        var options = arguments.Over(new TrainOptions { MaxEpochs = 30, Dropout = 0.2, Patience = 0, MaxMinutes = 0, ValidationUsers = 0, Threads = threads });
        var (train, validation, _) = LeaveOneOut.Split(log);
        torch.set_num_threads(threads);
        using var plain = PlainPeer.Start(log, "plain", threads);

        // The first steps of a process are a warm-up.
        PlainPeer.UsersASecond(plain);
        var before = PlainPeer.UsersASecond(plain);
        var folder = Directory.CreateTempSubdirectory("ml1m-to-quality-").FullName;
        var clock = Stopwatch.StartNew();
        var result = Training.Run(train, validation, options, seed, folder, new EpochLines(), CancellationToken.None, goesOn: curve => Best(curve[^1]) < Wanted);
        var seconds = clock.Elapsed.TotalSeconds;
        Directory.Delete(folder, recursive: true);
        var after = PlainPeer.UsersASecond(plain);

        var (epochs, reached) = (result.Curve.Count, Best(result.Curve[^1]));
        if (!(reached >= Wanted)) throw new BatchRecException(string.Create(CultureInfo.InvariantCulture, $"After {epochs} epochs and {seconds:F0} s validation NDCG@10 is {reached:F4}, not {Wanted:.##}."));
        var theirs = 2 * log.UserCount / (before + after) * epochs;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"validation NDCG@10 {reached:F4} after {epochs} epochs and {seconds:F0} s; the peer, with {before:F0} users/s before and {after:F0} after: {theirs:F0} s for as many epochs"));
        new Measurement("train", $"trainings a second to validation NDCG@10 {Wanted:.##} on ML-1M against plain python3-torch with OpenBLAS for as many epochs", 1 / seconds, 1 / theirs, theirs / seconds, 6, 1).Keep();
    }

    /// <summary>Of the weights or of their average, where there is one.</summary>
    private static double Best(EpochResult epoch) => double.MaxNumber(epoch.Ndcg, epoch.AveragedNdcg);
}
