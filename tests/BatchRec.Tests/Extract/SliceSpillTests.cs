using BatchRec.Extract;
using BatchRec.Interactions;
using Xunit;

namespace BatchRec.Tests.Extract;

/// <summary>What doesn't fit in memory is sorted by DuckDB, on disk: an order of the same rows that we haven't written ourselves.</summary>
[Collection(PostgresTests.Name)]
public sealed class SliceSpillTests(PostgresCluster cluster)
{
    // Out of order, with users and instants that tie, duplicates, missing positions and values, and ids of both signs.
    private const string Rows = """
        INSERT INTO interaction
        SELECT {0}, {1}, (ARRAY['view', 'buy', 'a type of event that is longer than twelve bytes'])[1 + i % 3],
               timestamptz '2026-03-01 00:00+00' + (i * 7919 % 5000) * interval '40 seconds', nullif(i % 4, 0) / 2.0, nullif(i % 5, 0)
        FROM generate_series(1, 30000) i
        """;

    [Theory]
    [InlineData("bigint", "i * 31 % 61 - 30", "i * 17 % 13 - 6")]
    [InlineData("bigint", "(i * 31 % 61 - 30) * 150000000000000000", "i * 17 % 13")]
    [InlineData("uuid", "md5((i % 61)::text)::uuid", "md5((i * 17 % 13)::text)::uuid")]
    [InlineData("text", "'user ' || i % 61", "md5((i * 17 % 13)::text)")]
    public async Task Rows_that_do_not_fit_in_memory_give_the_same_files(string type, string user, string item)
    {
        await using var shop = await Shop.OpenAsync(cluster, type);
        await shop.Execute(Rows.Replace("{0}", user).Replace("{1}", item));
        await shop.Execute("INSERT INTO interaction SELECT * FROM interaction WHERE value = 1.5");
        shop.Options = new ExtractOptions { Slices = 1 };
        var inMemory = await shop.Extract("2026-03-10");
        shop.Options = new ExtractOptions { Slices = 1, MemoryMiB = 1 };
        var spilled = await shop.Extract("2026-03-10");

        Assert.Equal(0, InteractionLog.Open(inMemory).Facts.Spilled);
        Assert.InRange(InteractionLog.Open(spilled).Facts.Spilled, 1, int.MaxValue);
        Assert.Equal(3, inMemory.Manifest.Files.Count);
        Assert.InRange(inMemory.Manifest.Rows, 1, 30_000);
        Assert.Equal(inMemory.Manifest.Files, spilled.Manifest.Files);
    }
}
