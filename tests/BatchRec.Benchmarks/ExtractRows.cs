using System.Diagnostics;
using System.Globalization;
using BatchRec.Extract;
using BatchRec.Generate;
using BatchRec.Runs;

namespace BatchRec.Benchmarks;

/// <summary>
/// The first night's extraction, from SQL rows to a sealed artefact of sorted Parquet, against the same rows copied out by psql and thrown away: what the server
/// alone takes.
/// </summary>
internal static class ExtractRows
{
    public static void Run(Arguments arguments)
    {
        var (rounds, events) = (arguments.Number("rounds", 5), arguments.Number("events", 5_000_000));
        var readers = arguments.Number("threads", Environment.ProcessorCount);
        var until = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        ShopGeneration.RunAsync(BenchDatabase.ConnectionString, new GenerateRequest { Users = events / 50, Items = events / 500, Events = events, Until = until }, null, default).GetAwaiter().GetResult();
        using var database = BenchDatabase.Open();
        BenchDatabase.Execute(database, "VACUUM (ANALYZE) shop.interaction");

        var asOf = new DateTimeOffset(until);
        var queries = SourceQueries.Read(new SourceOptions { SqlFolder = "sql/source" }, "default") with { Items = null, Users = null };
        var folder = Directory.CreateTempSubdirectory("bench-extract-");
        var bounds = Enumerable.Range(0, readers + 1).Select(i => until.AddDays(-90 + 90.0 * i / readers)).ToArray();
        var processor = new List<double>();
        Measurement.Interleaved("extract", $"rows/s of {events:N0}, {readers} connections, sealed Parquet against psql COPY binary to /dev/null", .7, rounds, events, Ours, events, Peer).Keep();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"extract: processor time of our process alone: {Measurement.Median(processor[1..]):F3} s per million rows"));
        folder.Delete(recursive: true);

        double Ours()
        {
            var run = RunId.New(DateTimeOffset.UtcNow);
            var store = new ArtefactStore(folder.FullName, "bench", TimeProvider.System);
            var (before, clock) = (Environment.CpuUsage.TotalTime, Stopwatch.StartNew());
            var made = store.GetOrCreateAsync(run, Artefact.Interactions, (draft, stop) => Extraction.RunAsync(
                database, queries, new SourceOptions(), new ExtractOptions { Slices = readers }, asOf, null, full: true, draft, null, stop), default).GetAwaiter().GetResult();
            var seconds = clock.Elapsed.TotalSeconds;
            processor.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds / (events / 1e6));
            if (made.Manifest.Rows != events) throw new BatchRecException($"{made.Manifest.Rows:N0} rows were extracted where {events:N0} stand in the table.");
            Directory.Delete(Path.Combine(folder.FullName, "bench"), recursive: true);
            return seconds;
        }

        double Peer() => Psql.Run([.. Enumerable.Range(0, readers).Select(i => (
            $"COPY (SELECT user_id, item_id, event_type, occurred_at, value, position FROM shop.interaction WHERE occurred_at >= '{bounds[i]:yyyy-MM-dd HH:mm:ss}Z' AND occurred_at < '{bounds[i + 1]:yyyy-MM-dd HH:mm:ss}Z') TO STDOUT (FORMAT binary)", (string?)null))]);
    }
}
