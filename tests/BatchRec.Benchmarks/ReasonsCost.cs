using System.Diagnostics;
using System.Globalization;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Train;

namespace BatchRec.Benchmarks;

/// <summary>What it costs to say what of a history speaks for each item of a list: processor time a user, on unit vectors, histories of 50 distinct items.</summary>
internal static class ReasonsCost
{
    private const int History = 50;

    public static void Run(Arguments arguments)
    {
        var (rounds, users, items, d) = (arguments.Number("rounds", 5), arguments.Number("users", 20_000), arguments.Number("items", 100_000), arguments.Number("dimensions", 64));
        var (places, each) = (arguments.Number("places", 20), arguments.Number("because", 2));
        var space = new ItemSpace(new Vocabulary(items, [.. Enumerable.Range(0, items)]), TestVectors.Of("gaussian", items, d, seed: 2), d);
        var random = new Random(1);
        var log = new Sequences
        {
            UserCount = users, ItemCount = items, Offsets = [.. Enumerable.Range(0, users + 1).Select(user => (long)user * History)], EventTypes = ["view"],
            Items = [.. Enumerable.Range(0, users * History).Select(_ => random.Next(items))], Times = new long[users * History], Events = new byte[users * History], Values = new float[users * History],
        };
        var lists = Enumerable.Range(0, users * places).Select(_ => random.Next(items)).ToArray();
        var (reasons, because) = (new Reasons(space, each), new int[users * places * each]);
        var taken = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            var (clock, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            Parallel.For(0, users, () => new Reasons.Room(), (user, _, room) =>
            {
                reasons.Of(log, new Query(user, log.Offsets[user + 1], 0), lists.AsSpan(user * places, places), because.AsSpan(user * places * each, places * each), room);
                return room;
            }, _ => { });
            var processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds * 1e6 / users;
            if (round > 0) taken.Add(processor);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}{(round == 0 ? " (warm-up)" : "")}: {processor:0.0} µs of processor time a user, {clock.Elapsed.TotalSeconds * 1e6 / users:0.0} µs by the clock"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"reasons: {places} places, {each} each, {History} items of history, {d} dimensions: median {Measurement.Median(taken):0.0} µs of processor time a user"));
    }
}
