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
/// product in tiles that stay in the cache, without any selection. Rounds alternate, so that all meet the same machine. Our time has all that is done for the users;
/// packing the items is told apart.
/// </summary>
internal static class TopNSearch
{
    /// <summary>Users of a peer's round, and of the bare product's: they take long.</summary>
    private const int PeerUsers = 2_048, ProductUsers = 8_192;

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
            var contenders = Ours(users, items, d, n, threads);
            contenders.Add(new("oneDNN, product only", Fastest(ProductTiles.Select(tile => Product(users, items, d, tile)))));
            using var peer = arguments.Has("no-peers") ? null : StartPeer(users, items, d, n, threads);
            if (peer is not null)
            {
                contenders.Add(new("faiss IndexFlatIP", () => peer.Do($"faiss {PeerUsers}") / PeerUsers));
                contenders.Add(new("torch matmul + topk", Fastest(TorchChunks.Select<int, Func<double>>(chunk => () => peer.Do($"torch {PeerUsers} {chunk}") / PeerUsers))));
            }
            Compare(contenders, rounds);
        }
    }

    /// <param name="Seconds">one round's, a user</param>
    private sealed record Contender(string Name, Func<double> Seconds);

    private static List<Contender> Ours(float[] users, float[] items, int d, int n, int threads)
    {
        var ours = new List<Contender>();
        foreach (var kind in Enum.GetValues<ScanKind>().Reverse().Where(VectorSearch.IsSupported))
        {
            var clock = Stopwatch.StartNew();
            var search = new VectorSearch(items, d, [], kind);
            Console.WriteLine(Invariant($"{kind}: items packed in {clock.Elapsed.TotalMilliseconds:F0} ms"));
            ours.Add(new($"BatchRec {kind}", () =>
            {
                var round = Stopwatch.StartNew();
                search.Find(users, n, static (int _, ref int[] _) => [], static (_, _, _) => { }, threads, default);
                return round.Elapsed.TotalSeconds / (users.Length / d);
            }));
        }
        return ours;
    }

    private static Func<double> Product(float[] users, float[] items, int d, (int Users, int Items) tile)
    {
        var rows = torch.tensor(users.AsSpan(0, Math.Min(users.Length, ProductUsers * d)).ToArray(), [Math.Min(users.Length / d, ProductUsers), d]);
        var columns = torch.tensor(items, [items.Length / d, d]);
        return () =>
        {
            var clock = Stopwatch.StartNew();
            for (long user = 0; user < rows.size(0); user += tile.Users)
                for (long item = 0; item < columns.size(0); item += tile.Items)
                {
                    using var scope = torch.NewDisposeScope();
                    OneDnn.Linear(rows.narrow(0, user, Math.Min(tile.Users, rows.size(0) - user)), columns.narrow(0, item, Math.Min(tile.Items, columns.size(0) - item)));
                }
            return clock.Elapsed.TotalSeconds / rows.size(0);
        };
    }

    private static Func<double> Fastest(IEnumerable<Func<double>> ways) => ways.MinBy(way => Math.Min(way(), way()))!;

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

    private static void Compare(List<Contender> contenders, int rounds)
    {
        var seconds = contenders.ConvertAll(_ => new List<double>());
        for (var round = 0; round <= rounds; round++)
            for (var i = 0; i < contenders.Count; i++)
                if (contenders[i].Seconds() is var taken && round > 0) seconds[i].Add(taken);
        for (var i = 0; i < contenders.Count; i++)
        {
            var ratios = Enumerable.Range(0, contenders.Count).Where(other => contenders[other].Name.StartsWith("BatchRec", StringComparison.Ordinal)).Select(other => Median(seconds[i]) / Median(seconds[other]));
            Console.WriteLine(Invariant($"  {contenders[i].Name,-22} {1 / Median(seconds[i]),9:F0} users/s  {1e6 * Median(seconds[i]),7:F1} µs a user ({1e6 * seconds[i].Min():F1} to {1e6 * seconds[i].Max():F1}); its time over ours: {string.Join(", ", ratios.Select(ratio => Invariant($"{ratio:F2}")))}"));
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
