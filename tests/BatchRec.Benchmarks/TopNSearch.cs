using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using BatchRec.Recommend.Search;
using BatchRec.Torch.Accelerated;
using BatchRec.Train;
using TorchSharp;

namespace BatchRec.Benchmarks;

/// <summary>
/// Exact top-N lists over a whole catalogue: ours by each kind of scan, faiss's exact index and torch's product with topk (ops/bench/top_n.py), and oneDNN's bare
/// product in tiles that stay in the cache, without any selection. Rounds alternate, so that all meet the same machine; on one that others use too, compare processor
/// time. Our time has all that is done for the users; packing the items is told apart.
/// </summary>
internal static class TopNSearch
{
    /// <summary>Users of a peer's round, and of the bare product's: they take long.</summary>
    private const int PeerUsers = 2_048, ProductUsers = 8_192;

    private const string BareProduct = "oneDNN's bare product", Faiss = "faiss IndexFlatIP", Torch = "torch matmul + topk";

    private static readonly (ScanKind Ours, string Peer, double Bar)[] Bars =
        [(FastestBytes, Faiss, 6), (FastestBytes, Torch, 9), (FastestBytes, BareProduct, 1.2), (ScanKind.Float512, BareProduct, .85)];

    private static ScanKind FastestBytes => VectorSearch.IsSupported(ScanKind.Quad512) ? ScanKind.Quad512 : ScanKind.Byte512;

    private static readonly (int Users, int Items)[] ProductTiles = [(128, 2_048), (256, 4_096), (512, 2_048), (1_024, 4_096), (512, 100_000)];
    private static readonly int[] TorchChunks = [32, 128, 512];

    public static void Run(Arguments arguments)
    {
        var (rounds, threads) = (arguments.Number("rounds", 7), arguments.Number("threads", Environment.ProcessorCount));
        var (userCount, itemCount, d, n) = (arguments.Number("users", 20_000), arguments.Number("items", 100_000), arguments.Number("dimensions", 64), arguments.Number("n", 100));
        torch.set_num_threads(threads);
        foreach (var kind in arguments.Text("vectors", "gaussian,unit,clustered").Split(','))
        {
            var (users, items) = (TestVectors.Of(kind, userCount, d, seed: 1), TestVectors.Of(kind, itemCount, d, seed: 2));
            Console.WriteLine($"{kind}: top {n} of {itemCount:N0} items for {userCount:N0} users, {d} dimensions, {threads} threads; load {File.ReadAllText("/proc/loadavg").Trim()}");
            var contenders = Ours(arguments.Text("kinds", "Quad512,Byte512,Float512,Float").Split(',').Select(Enum.Parse<ScanKind>), users, items, d, n, threads);
            if (!arguments.Has("no-product")) contenders.Add(new(BareProduct, Fastest(ProductTiles.Select(tile => Product(users, items, d, tile)))));
            using var peer = arguments.Has("no-peers") ? null : StartPeer(users, items, d, n, threads);
            if (peer is not null)
            {
                contenders.Add(new(Faiss, () => Taken.By(peer, $"faiss {PeerUsers}", PeerUsers)));
                contenders.Add(new(Torch, Fastest(TorchChunks.Select<int, Func<Taken>>(chunk => () => Taken.By(peer, $"torch {PeerUsers} {chunk}", PeerUsers)))));
            }
            Compare($"users/s, {kind}, top {n} of {itemCount:N0} items, {d} dimensions, {threads} threads", contenders, rounds);
        }
    }

    /// <param name="Round">seconds a user</param>
    private sealed record Contender(string Name, Func<Taken> Round);

    /// <param name="Seconds">by the clock</param>
    /// <param name="Processor">of all threads</param>
    private readonly record struct Taken(double Seconds, double Processor)
    {
        public static Taken By(Action work, int users)
        {
            var (clock, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            work();
            return new Taken(clock.Elapsed.TotalSeconds / users, (Environment.CpuUsage.TotalTime - before).TotalSeconds / users);
        }

        public static Taken By(Peer peer, string work, int users)
        {
            var answer = peer.Do(work);
            return new Taken(answer[0] / users, answer[1] / users);
        }
    }

    private static List<Contender> Ours(IEnumerable<ScanKind> kinds, float[] users, float[] items, int d, int n, int threads)
    {
        var ours = new List<Contender>();
        foreach (var kind in kinds.Where(VectorSearch.IsSupported))
        {
            var clock = Stopwatch.StartNew();
            var search = new VectorSearch(items, d, [], kind);
            Console.WriteLine(Invariant($"{kind}: items packed in {clock.Elapsed.TotalMilliseconds:F0} ms"));
            ours.Add(new(NameOf(kind), () => Taken.By(
                () => search.Find(users, n, static (int _, ref int[] _) => [], static (_, _, _) => { }, threads, default), users.Length / d)));
        }
        return ours;
    }

    private static Func<Taken> Product(float[] users, float[] items, int d, (int Users, int Items) tile)
    {
        var rows = torch.tensor(users.AsSpan(0, Math.Min(users.Length, ProductUsers * d)).ToArray(), [Math.Min(users.Length / d, ProductUsers), d]);
        var columns = torch.tensor(items, [items.Length / d, d]);
        return () => Taken.By(() =>
        {
            for (long user = 0; user < rows.size(0); user += tile.Users)
                for (long item = 0; item < columns.size(0); item += tile.Items)
                {
                    using var scope = torch.NewDisposeScope();
                    OneDnn.Linear(rows.narrow(0, user, Math.Min(tile.Users, rows.size(0) - user)), columns.narrow(0, item, Math.Min(tile.Items, columns.size(0) - item)));
                }
        }, (int)rows.size(0));
    }

    private static Func<Taken> Fastest(IEnumerable<Func<Taken>> ways) => ways.MinBy(way => Math.Min(way().Processor, way().Processor))!;

    private static Peer StartPeer(float[] users, float[] items, int d, int n, int threads)
    {
        var (userFile, itemFile) = (Path.GetTempFileName(), Path.GetTempFileName());
        File.WriteAllBytes(userFile, MemoryMarshal.AsBytes<float>(users.AsSpan(0, Math.Min(users.Length, PeerUsers * d))));
        File.WriteAllBytes(itemFile, MemoryMarshal.AsBytes<float>(items));
        var peer = Peer.Start("top_n.py", "python3-torch python3-faiss", userFile, itemFile, $"{d}", $"{n}", $"{threads}");
        File.Delete(userFile);
        File.Delete(itemFile);
        return peer;
    }

    private static void Compare(string measure, List<Contender> contenders, int rounds)
    {
        var taken = contenders.ToDictionary(contender => contender.Name, _ => new List<Taken>());
        for (var round = 0; round <= rounds; round++)
            foreach (var contender in contenders)
                if (contender.Round() is var one && round > 0) taken[contender.Name].Add(one);
        foreach (var (name, own) in taken)
            Console.WriteLine(Invariant($"  {name,-22} {1e6 * Median(own, one => one.Seconds),7:F1} µs a user by the clock ({1e6 * own.Min(one => one.Seconds):F1} to {1e6 * own.Max(one => one.Seconds):F1}), {1e6 * Median(own, one => one.Processor),7:F1} µs of processors"));
        foreach (var (kind, peer, bar) in Bars)
        {
            if (!taken.TryGetValue(NameOf(kind), out var ours) || !taken.TryGetValue(peer, out var theirs)) continue;
            var (our, their) = (1 / Median(ours, one => one.Seconds), 1 / Median(theirs, one => one.Seconds));
            new Measurement("recommend", $"{measure}, {NameOf(kind)} against {peer}", our, their, our / their, bar, rounds).Keep();
            Console.WriteLine(Invariant($"    in processor time: ratio {Median(theirs, one => one.Processor) / Median(ours, one => one.Processor):F2}"));
        }
    }

    private static string NameOf(ScanKind kind) => $"BatchRec {kind}";

    private static double Median(List<Taken> taken, Func<Taken, double> time) => Measurement.Median([.. taken.Select(time)]);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
