using BatchRec.Extract;
using BatchRec.Propose;
using Dapper;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Propose;

/// <summary>Shops as people build them: the proposed queries are run as a night would run them.</summary>
[Collection(PostgresTests.Name)]
public sealed class SourceProposalTests(PostgresCluster cluster)
{
    private async Task<(SourceProposal? Proposal, NpgsqlDataSource Source)> ProposeAsync(string sql)
    {
        var source = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        await using (var connection = await source.OpenConnectionAsync()) await connection.ExecuteAsync(sql + "; ANALYZE");
        return (await SourceProposal.FindAsync(source, default) is [var likeliest, ..] ? likeliest : null, source);
    }

    private static async Task<int> CheckAsync(SourceProposal proposal, NpgsqlDataSource source)
    {
        var queries = new SourceQueries(
            SourceQuery.Parse("interactions.sql", proposal.Interactions), proposal.Items is { } items ? SourceQuery.Parse("items.sql", items) : null, null);
        await Extraction.CheckAsync(source, queries, new SourceOptions(), default);
        await using var connection = await source.OpenConnectionAsync();
        return (await connection.QueryAsync(queries.Interactions.Between("'-infinity'", "'infinity'"))).Count();
    }

    [Fact]
    public async Task Orders_of_an_ordinary_shop()
    {
        var (proposal, source) = await ProposeAsync("""
            CREATE TABLE products (id integer PRIMARY KEY, name varchar(80), category text, price numeric, active boolean);
            CREATE TABLE customers (id integer PRIMARY KEY, name text, created_at timestamptz);
            CREATE TABLE order_lines (order_no integer, line_no integer, customer_id integer, product_id integer, quantity integer, ordered_at timestamp);
            INSERT INTO products SELECT i, 'Product ' || i, 'things', i, true FROM generate_series(1, 20) i;
            INSERT INTO order_lines SELECT i, 1, i % 7, 1 + i % 20, 2, timestamp '2026-01-01' + i * interval '1 hour' FROM generate_series(1, 300) i
            """);
        await using var _ = source;
        Assert.Equal("\"public\".\"order_lines\"", proposal!.Table.Qualified);
        Assert.Equal(300, await CheckAsync(proposal, source));
        Assert.Contains("\"customer_id\"::bigint AS user_id", proposal.Interactions);
        Assert.Contains("\"quantity\"::float8 AS value", proposal.Interactions);
        Assert.Contains("\"line_no\"::bigint AS position", proposal.Interactions);
        Assert.Contains("\"id\"::bigint AS item_id, \"name\"::text AS title, \"category\"::text AS category, \"price\"::float8 AS price, \"active\"::boolean AS available", proposal.Items);
    }

    [Theory]
    [InlineData("order_id", "id")]
    [InlineData("order_no", "order_no")]
    public async Task Orders_with_their_lines_in_another_table(string own, string its)
    {
        var (proposal, source) = await ProposeAsync($"""
            CREATE TABLE products (id integer PRIMARY KEY, name text);
            CREATE TABLE orders ({its} integer PRIMARY KEY, customer_id integer, ordered_at timestamptz);
            CREATE TABLE order_lines ({own} integer, line_no integer, product_id integer, quantity integer);
            INSERT INTO products SELECT i, 'Product ' || i FROM generate_series(1, 20) i;
            INSERT INTO orders SELECT i, i % 7, timestamptz '2026-01-01 00:00Z' + i * interval '1 hour' FROM generate_series(1, 100) i;
            INSERT INTO order_lines SELECT i, l, 1 + (i + l) % 20, 2 FROM generate_series(1, 100) i, generate_series(1, 3) l
            """);
        await using var _ = source;
        Assert.Equal("order_lines", proposal!.Table.Name);
        Assert.Equal(300, await CheckAsync(proposal, source));
        Assert.Contains("head.\"customer_id\"::bigint AS user_id, line.\"product_id\"::bigint AS item_id", proposal.Interactions);
        Assert.Contains($"FROM \"public\".\"order_lines\" AS line JOIN \"public\".\"orders\" AS head ON line.\"{own}\" = head.\"{its}\"", proposal.Interactions);
        Assert.Contains("\"id\"::bigint AS item_id", proposal.Items);
    }

    [Fact]
    public async Task Lines_are_joined_by_a_key_of_their_orders_and_by_nothing_else()
    {
        var (proposal, source) = await ProposeAsync("""
            CREATE TABLE products (id uuid PRIMARY KEY, name text, created_by_user_id integer, created_at timestamptz);
            CREATE TABLE product_images (product_id uuid, url text);
            CREATE TABLE "Orders" ("Id" integer PRIMARY KEY, order_date date, user_agent text, customer_id integer);
            CREATE TABLE order_items (order_item_id integer, order_date date, "OrderId" bigint, product_id uuid, line_total numeric);
            INSERT INTO products SELECT gen_random_uuid(), 'Product', 1, now() FROM generate_series(1, 5);
            INSERT INTO product_images SELECT id, '' FROM products, generate_series(1, 100);
            INSERT INTO "Orders" SELECT i, date '2026-01-01', 'agent', i % 3 FROM generate_series(1, 20) i;
            INSERT INTO order_items SELECT i, date '2026-01-01', i, (SELECT id FROM products LIMIT 1), 5 FROM generate_series(1, 20) i
            """);
        await using var _ = source;
        Assert.Equal("order_items", proposal!.Table.Name);
        Assert.Equal(20, await CheckAsync(proposal, source));
        Assert.Contains("ON line.\"OrderId\" = head.\"Id\"", proposal.Interactions);
        Assert.Contains("head.\"customer_id\"::bigint AS user_id, line.\"product_id\" AS item_id", proposal.Interactions);
        Assert.DoesNotContain("position", proposal.Interactions[proposal.Interactions.IndexOf("SELECT head", StringComparison.Ordinal)..]);
    }

    [Fact]
    public async Task What_import_has_loaded_is_proposed_only_where_there_is_nothing_else()
    {
        var (proposal, source) = await ProposeAsync("""
            CREATE SCHEMA shop;
            CREATE TABLE shop.interaction (user_id bigint, item_id bigint, event_type text, occurred_at timestamptz, value float8, position bigint);
            INSERT INTO shop.interaction SELECT i, i, 'view', now(), 1, 1 FROM generate_series(1, 50) i;
            CREATE TABLE bought (customer_id bigint, product_id bigint, sold_at timestamptz);
            CREATE VIEW purchases AS SELECT customer_id, product_id, sold_at FROM bought
            """);
        await using var _ = source;
        Assert.Equal("bought", proposal!.Table.Name);
        await using var connection = await source.OpenConnectionAsync();
        await connection.ExecuteAsync("DROP TABLE bought CASCADE");
        Assert.Equal("interaction", (await SourceProposal.FindAsync(source, default))[0].Table.Name);
    }

    [Fact]
    public async Task Events_with_uuids_and_a_type()
    {
        var (proposal, source) = await ProposeAsync("""
            CREATE SCHEMA tracking;
            CREATE TABLE tracking.events (user_id uuid, item_id uuid, event_type text, created_at timestamptz);
            INSERT INTO tracking.events SELECT gen_random_uuid(), gen_random_uuid(), 'view', now() FROM generate_series(1, 5)
            """);
        await using var _ = source;
        Assert.Equal(5, await CheckAsync(proposal!, source));
        Assert.Contains("\"event_type\"::text AS event_type", proposal!.Interactions);
        Assert.Contains("NULL::float8 AS value", proposal.Interactions);
        Assert.Null(proposal.Items);
    }

    [Fact]
    public async Task A_date_and_texts_and_the_larger_of_two_tables()
    {
        var (proposal, source) = await ProposeAsync("""
            CREATE TABLE "Old Ratings" ("UserId" text, "MovieId" text, rating real, "Date" date);
            CREATE TABLE wishes (user_id text, movie_id text, created_at date);
            INSERT INTO "Old Ratings" SELECT 'u' || i, 'm' || i, 4, date '2026-01-01' FROM generate_series(1, 9) i;
            INSERT INTO wishes VALUES ('u', 'm', date '2026-01-01')
            """);
        await using var _ = source;
        Assert.Equal("Old Ratings", proposal!.Table.Name);
        Assert.Equal(9, await CheckAsync(proposal, source));
    }

    [Fact]
    public async Task Where_no_table_is_a_log_nothing_is_proposed()
    {
        var (proposal, source) = await ProposeAsync("CREATE TABLE products (id bigint, name text); CREATE TABLE users (id bigint, created_at timestamptz)");
        await using var _ = source;
        Assert.Null(proposal);
    }
}
