using System.Diagnostics;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;
using BatchRec.Runs;
using BatchRec.Schema;
using Microsoft.Extensions.Logging.Abstractions;

namespace BatchRec.Benchmarks;

/// <summary>
/// Lists of 100 items from the shards' Parquet into an indexed and analysed table, against psql's COPY FROM of the same rows in binary: two connections each.
/// </summary>
internal static class PublishRows
{
    private const int Connections = 2, ItemsAList = 100;

    public static void Run(Arguments arguments)
    {
        var (rounds, users) = (arguments.Number("rounds", 5), arguments.Number("users", 100_000));
        using var database = BenchDatabase.Open();
        Migrations.ApplyAsync(database, default).GetAwaiter().GetResult();
        var options = new PublishOptions { Connections = Connections };
        var tables = ResultTables.EnsureAsync(database, "default", IdKind.BigInt, IdKind.BigInt, options, NullLogger.Instance, default).GetAwaiter().GetResult();
        var folder = Directory.CreateTempSubdirectory("bench-publish-");
        var lists = Lists(folder.FullName, users);
        var run = RunId.New(DateTimeOffset.UtcNow);
        var names = TableNames.Of(run, 1);
        var files = Enumerable.Range(0, Connections).Select(part => Path.Combine(folder.FullName, $"part-{part}.copy")).ToArray();

        Ours();
        Psql.Run([.. files.Select((file, part) => ((string, string?))($"COPY (SELECT * FROM {tables.Schema}.{Sql.Name(names.Table)} WHERE user_id % {Connections} = {part}) TO STDOUT (FORMAT binary)", file))]);
        Measurement.Interleaved("publish", $"rows/s of {users:N0} lists of {ItemsAList}, {Connections} connections, with key and ANALYZE, against psql COPY FROM binary", .9, rounds, users, Ours, users, Theirs).Keep();
        folder.Delete(recursive: true);

        double Ours()
        {
            Empty();
            var clock = Stopwatch.StartNew();
            var loaded = RowsLoad.CopyAsync(database, tables, names.Table, run, lists, options, _ => { }, default).GetAwaiter().GetResult();
            Finish();
            if (loaded.Users != users) throw new BatchRecException($"{loaded.Users:N0} lists were loaded where {users:N0} were made.");
            return clock.Elapsed.TotalSeconds;
        }

        double Theirs()
        {
            Empty();
            var clock = Stopwatch.StartNew();
            Psql.Run([.. files.Select(file => ((string, string?))($"\\copy {tables.Schema}.{Sql.Name(names.Table)} FROM '{file}' (FORMAT binary)", null))]);
            Finish();
            return clock.Elapsed.TotalSeconds;
        }

        void Empty()
        {
            BenchDatabase.Execute(database, $"DROP TABLE IF EXISTS {tables.Schema}.{Sql.Name(names.Table)}");
            BenchDatabase.Execute(database, tables.Fill("publish/create_table.sql", [.. names.Places]));
        }

        void Finish()
        {
            BenchDatabase.Execute(database, tables.Fill("publish/index_table.sql", [.. names.Places]));
            BenchDatabase.Execute(database, tables.Fill("publish/analyze.sql", [.. names.Places]));
        }
    }

    private static TopNLists Lists(string folder, int users)
    {
        var random = new Random(1);
        var shards = new List<Shard>();
        for (var part = 0; part < Connections; part++)
        {
            var ids = Enumerable.Range(0, users).Where(user => user % Connections == part).Select(user => (long)user).ToArray();
            var count = ids.Length * ItemsAList;
            var (items, scores) = (new long[count], new float[count]);
            for (var i = 0; i < count; i++) (items[i], scores[i]) = (random.Next(100_000), random.NextSingle());
            var offsets = Enumerable.Range(0, ids.Length + 1).Select(list => list * ItemsAList).ToArray();
            var path = Path.Combine(folder, $"{TopNLists.ShardPrefix}{part:D5}.parquet");
            ParquetFile.Write(path, ParquetFile.Lz4, Column.Long(TopNLists.UserIdColumn, ids), Column.List(TopNLists.ItemIdsColumn, offsets, Column.Long("item_id", items)),
                Column.List(TopNLists.ScoresColumn, offsets, Column.Float("score", scores)), Column.List(TopNLists.SourcesColumn, offsets, Column.Text("source", Texts.Of(["model"]), new int[count])));
            shards.Add(new Shard(path, ids.Length));
        }
        return new TopNLists { Shards = shards, CatalogueItems = 100_000, GeneratedAt = DateTimeOffset.UtcNow };
    }
}
