using BatchRec.Extract;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Extract;

[Collection(PostgresTests.Name)]
public sealed class CopyMessagesTests(PostgresCluster cluster)
{
    // Rows of all lengths, empty and far longer than the buffer among them.
    private const string Rows = "SELECT i, repeat(chr(65 + i % 26), CASE WHEN i % 1000 = 0 THEN 20000 ELSE i * i % 89 END) FROM generate_series(1, 20000) i";

    [Fact]
    public void This_Npgsql_gives_many_messages_a_call() => Assert.True(CopyMessages.IsKnown);

    [Theory]
    [InlineData(4096, 100)]
    [InlineData(4096, 1 << 20)]
    [InlineData(1 << 20, 100)]
    [InlineData(1 << 20, 70_001)]
    public async Task Many_messages_a_call_are_the_bytes_of_a_message_a_call(int buffer, int target)
    {
        await using var connection = await OpenAsync(buffer);
        var one = await ReadAsync(connection, Rows, target, onlyPublic: true);
        var many = await ReadAsync(connection, Rows, target, onlyPublic: false);
        Assert.Equal(one.Bytes, many.Bytes);
        Assert.InRange(many.Calls, 1, one.Calls);
        if (buffer > target && target > 1000) Assert.InRange(many.Calls, 1, one.Calls / 10);
    }

    [Fact]
    public async Task Notices_between_rows_change_nothing_and_an_error_ends_them()
    {
        await using var connection = await OpenAsync(1 << 20);
        await ExecuteAsync(connection, """
            CREATE FUNCTION pg_temp.told(i int) RETURNS int LANGUAGE plpgsql AS
            $$ BEGIN IF i % 100 = 0 THEN RAISE NOTICE 'row %', i; END IF; IF i > 5000 THEN RAISE 'too far'; END IF; RETURN i; END $$
            """);
        var notices = 0;
        connection.Notice += (_, _) => notices++;
        const string Told = "SELECT pg_temp.told(i) FROM generate_series(1, {0}) i";
        Assert.Equal((await ReadAsync(connection, "SELECT i FROM generate_series(1, 5000) i", 4096, onlyPublic: true)).Bytes, (await ReadAsync(connection, Told.Replace("{0}", "5000"), 4096, onlyPublic: false)).Bytes);
        Assert.Equal(50, notices);
        var said = await Assert.ThrowsAsync<PostgresException>(() => ReadAsync(connection, Told.Replace("{0}", "6000"), 4096, onlyPublic: false));
        Assert.Equal("too far", said.MessageText);
        Assert.Equal(1, await ExecuteAsync(connection, "SELECT 1"));
    }

    private async Task<NpgsqlConnection> OpenAsync(int buffer)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(await cluster.CreateDatabaseAsync()) { ReadBufferSize = buffer, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static async Task<(byte[] Bytes, int Calls)> ReadAsync(NpgsqlConnection connection, string query, int target, bool onlyPublic)
    {
        await using var stream = await connection.BeginRawBinaryCopyAsync($"COPY ({query}) TO STDOUT (FORMAT binary)");
        var messages = new CopyMessages(stream, onlyPublic);
        var (bytes, room, calls) = (new MemoryStream(), new byte[target], 0);
        for (int read; (read = await messages.ReadAsync(room, default)) > 0; calls++) bytes.Write(room, 0, read);
        return (bytes.ToArray(), calls);
    }
}
