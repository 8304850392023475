using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Recommend;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>What was read and sent.</summary>
/// <param name="Users">Lists.</param>
/// <param name="Rows">Items over all lists.</param>
/// <param name="Digest">Sum over lists of the first 60 bits of SHA-256 of the binary row, as <c>verify.sql</c> has it.</param>
/// <param name="NotFinite">Scores that are NaN or infinite.</param>
/// <param name="Comparable">Lists of two items or more that are not the fallback list.</param>
/// <param name="Constant">Those of them whose scores are all the same.</param>
/// <param name="Items">The distinct items in any list.</param>
internal sealed record LoadedRows(long Users, long Rows, UInt128 Digest, long NotFinite, long Comparable, long Constant, DistinctItems Items);

/// <summary>Shards → a standalone table, by binary COPY over several connections.</summary>
internal static class RowsLoad
{
    // What fits into the cache of a core, where it is encoded, hashed and sent from.
    private const int SendAt = 1 << 16;

    private static readonly byte[] Fallback = Encoding.UTF8.GetBytes(DefaultList.Source);

    public static async Task<LoadedRows> CopyAsync(
        NpgsqlDataSource results, ResultTables tables, string table, RunId run, TopNLists lists, PublishOptions options, Action<long> progress, CancellationToken cancellation)
    {
        var loaded = new LoadedRows[lists.Shards.Count];
        await Parallel.ForAsync(0, loaded.Length, new ParallelOptions { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancellation }, async (shard, stop) =>
        {
            await using var session = await ResultSession.OpenAsync(results, tables, options, stop);
            await using var transaction = await session.Connection.BeginTransactionAsync(stop);
            loaded[shard] = Copy(session.Connection, tables, table, run, lists, lists.Shards[shard], progress, stop);
            await transaction.CommitAsync(stop);
        });
        return loaded.Aggregate(Sum);
    }

    /// <summary>Synchronous: chunks are spans over DuckDB's memory, which no await may cross.</summary>
    private static LoadedRows Copy(
        NpgsqlConnection connection, ResultTables tables, string table, RunId run, TopNLists lists, Shard shard, Action<long> progress, CancellationToken cancellation)
    {
        using var duck = new DuckDb();
        var explained = ParquetFile.Schema(duck, shard.Path).Any(column => column.Name == TopNLists.BecauseColumn);
        using var chunks = new ShardRows(duck, shard,
            [TopNLists.UserIdColumn, TopNLists.ItemIdsColumn, TopNLists.ScoresColumn, TopNLists.SourcesColumn, .. explained ? [TopNLists.BecauseColumn, TopNLists.BecauseCountsColumn] : Array.Empty<string>()]);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var digest = new byte[SHA256.HashSizeInBytes];
        var sum = new LoadedRows(0, 0, 0, 0, 0, 0, new DistinctItems(tables.ItemId));
        var buffer = new CopyBuffer();
        using var stream = connection.BeginRawBinaryCopy(tables.Fill("publish/copy_rows.sql", ("table", Sql.Name(table))));
        try
        {
            buffer.Header();
            while (chunks.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                var rows = chunks.Chunk;
                for (var row = 0; row < rows.Rows; row++)
                {
                    if (chunks.IsReplaced(row)) continue;
                    var items = rows.List(1, row);
                    var scores = rows.List(2, row).Floats();
                    var sources = rows.List(3, row);
                    if (rows.IsMissing(0, row) || items.Count != scores.Length || items.Count != sources.Count)
                        throw new BatchRecException($"{chunks.Path}: list {chunks.NumberOf(row)} has {(rows.IsMissing(0, row) ? "no user" : $"{items.Count} items, {scores.Length} scores and {sources.Count} sources")}. Re-run the step that makes it: batchrec run --from recommend");
                    buffer.Row(8);
                    buffer.Text(run.Value);
                    buffer.Text("default"u8);
                    buffer.Id(tables.UserId, rows, 0, row);
                    hash.AppendData(buffer.LastField);
                    buffer.Ids(tables.ItemId, items);
                    hash.AppendData(buffer.LastField);
                    buffer.Reals(scores);
                    hash.AppendData(buffer.LastField);
                    buffer.Texts(sources);
                    hash.AppendData(buffer.LastField);
                    buffer.Instant(lists.GeneratedAt);
                    if (!explained) buffer.Missing();
                    else if (Because(buffer, tables.ItemId, rows, row, items.Count, chunks.Path)) hash.AppendData(buffer.LastField);

                    hash.GetHashAndReset(digest);
                    sum.Items.Add(items);
                    // A fallback list may well be of items that nobody has touched lately.
                    var comparable = scores.Length > 1 && !sources.Utf8(0).SequenceEqual(Fallback);
                    sum = sum with
                    {
                        Users = sum.Users + 1, Rows = sum.Rows + items.Count, Digest = sum.Digest + (BinaryPrimitives.ReadUInt64BigEndian(digest) >> 4),
                        NotFinite = sum.NotFinite + NotFinite(scores), Comparable = sum.Comparable + (comparable ? 1 : 0),
                        Constant = sum.Constant + (comparable && scores.IndexOfAnyExcept(scores[0]) < 0 ? 1 : 0),
                    };
                    if (buffer.Length < SendAt) continue;
                    stream.Write(buffer.Written);
                    buffer.Clear();
                }
                progress(rows.Rows);
            }
            buffer.Trailer();
            stream.Write(buffer.Written);
        }
        catch
        {
            // Disposing a raw copy completes it.
            stream.Cancel();
            throw;
        }
        return sum;
    }

    /// <returns>false where nothing speaks for any item of the list</returns>
    private static bool Because(CopyBuffer buffer, IdKind kind, Chunks rows, int row, int items, string path)
    {
        var ids = rows.List(4, row);
        var counts = rows.List(5, row).Ints();
        var sum = 0;
        foreach (var count in counts) sum += Math.Max(count, 0);
        if (sum != ids.Count || counts.Length > items)
            throw new BatchRecException($"{path}: a list of {items} items has reasons for {counts.Length} of them, {sum} by their counts and {ids.Count} in all. Re-run the step that makes it: batchrec run --from recommend");
        return buffer.IdRows(kind, ids, counts);
    }

    private static int NotFinite(ReadOnlySpan<float> scores)
    {
        var count = 0;
        foreach (var score in scores)
            if (!float.IsFinite(score)) count++;
        return count;
    }

    private static LoadedRows Sum(LoadedRows a, LoadedRows b)
    {
        a.Items.UnionWith(b.Items);
        return new LoadedRows(
            a.Users + b.Users, a.Rows + b.Rows, a.Digest + b.Digest, a.NotFinite + b.NotFinite, a.Comparable + b.Comparable, a.Constant + b.Constant, a.Items);
    }
}
