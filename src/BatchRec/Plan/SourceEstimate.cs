using System.Text.Json;
using BatchRec.Extract;
using Npgsql;

namespace BatchRec.Plan;

/// <summary>How much the source holds, by PostgreSQL's planner. No row is read: the numbers are as good as the tables' last ANALYZE.</summary>
/// <param name="Events">Interactions before the night's instant.</param>
/// <param name="Read">Those of them that the night would read: all, or those from the overlap's first day on.</param>
/// <param name="Since">Those at or after the live run's instant; 0 where nothing is live.</param>
/// <param name="Users">Distinct users.</param>
/// <param name="Items">Distinct items.</param>
public sealed record SourceEstimate(long Events, long Read, long Since, long Users, long Items)
{
    /// <param name="liveAsOf">The instant of the run that is live; null: nothing is.</param>
    /// <param name="full">The whole log is read, whatever is live.</param>
    /// <exception cref="BatchRecException">PostgreSQL refuses the query, or the connection.</exception>
    /// <exception cref="NpgsqlException">The server can't be reached.</exception>
    public static async Task<SourceEstimate> ReadAsync(
        NpgsqlDataSource source, SourceQuery query, SourceOptions sourceOptions, ExtractOptions options, DateTimeOffset asOf, DateTimeOffset? liveAsOf, bool full,
        CancellationToken cancellation)
    {
        await using var snapshot = await SourceSnapshot.OpenAsync(source, sourceOptions.TimeZone, cancellation);
        await using var connection = await snapshot.JoinAsync(cancellation);
        var until = PostgresTime.Literal(PostgresTime.Microseconds(asOf));

        Task<long> RowsAsync(string from) => ExplainAsync(Sql.Fill("plan/explain.sql", ("query", query.Between(from, until))));
        Task<long> DistinctAsync(string column) =>
            ExplainAsync(Sql.Fill("plan/explain_distinct.sql", ("column", column), ("query", query.Between(PostgresTime.MinusInfinity, until))));
        var events = await RowsAsync(PostgresTime.MinusInfinity);
        var (read, since) = (events, 0L);
        if (liveAsOf is { } live && live <= asOf)
        {
            var watermark = PostgresTime.Microseconds(live);
            since = await RowsAsync(PostgresTime.Literal(watermark));
            if (!full) read = await RowsAsync(PostgresTime.Literal((PostgresTime.DayOf(watermark) - options.OverlapDays) * PostgresTime.MicrosecondsPerDay));
        }
        return new SourceEstimate(events, read, since, await DistinctAsync("user_id"), await DistinctAsync("item_id"));

        async Task<long> ExplainAsync(string sql)
        {
            try
            {
                await using var command = new NpgsqlCommand(sql, connection);
                using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync(cancellation))!);
                return (long)plan.RootElement[0].GetProperty("Plan").GetProperty("Plan Rows").GetDouble();
            }
            catch (PostgresException fault)
            {
                throw SourceSnapshot.Refused(query, sql, fault);
            }
        }
    }
}
