using System.Data;
using BatchRec.Interactions;
using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>Reads what readers read: for <c>batchrec recommend USER</c>.</summary>
public static class PublishedLists
{
    /// <summary>The first items of a user's list, or of the default list where the user has none; without what is not available now.</summary>
    /// <param name="user">The user's id as a person writes it.</param>
    /// <exception cref="BatchRecException">Nothing is published, or the text can't be a user's id.</exception>
    public static async Task<PublishedList> ForAsync(NpgsqlDataSource results, string pipeline, string user, int count, CancellationToken cancellation)
    {
        var tables = await ResultTables.FindAsync(results, pipeline, cancellation)
            ?? throw new BatchRecException($"Pipeline {pipeline} has published nothing yet. `batchrec run` makes and publishes lists; `batchrec status` shows where a run stands.");
        await using var connection = await results.OpenConnectionAsync(cancellation);
        try
        {
            // One snapshot for both questions.
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
            var own = await connection.QuerySingleAsync<bool>(tables.Fill("publish/has_row.sql"), new { user }, transaction);
            var items = (await connection.QueryAsync<PublishedItem>(tables.Fill("publish/lists_for.sql"), new { user, count }, transaction)).AsList();
            return new PublishedList(user, own, items, await ItemTitles.OfAsync(results, tables, [.. items.SelectMany(item => item.Because).Distinct()], cancellation));
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.InvalidTextRepresentation or PostgresErrorCodes.NumericValueOutOfRange)
        {
            throw new BatchRecException($"'{user}' can't be a user of pipeline {pipeline}: its user ids are {tables.UserId.SqlName()}.", fault);
        }
    }
}

/// <param name="Own">False: the user has no list of their own, and gets the default one.</param>
/// <param name="Titles">Of the items that its items come because of, by id.</param>
public sealed record PublishedList(string User, bool Own, IReadOnlyList<PublishedItem> Items, IReadOnlyDictionary<string, string> Titles);

public sealed record PublishedItem
{
    public required int Rank { get; init; }
    public required string ItemId { get; init; }

    /// <summary>Null where the source names none.</summary>
    public string? Title { get; init; }

    public required float Score { get; init; }

    /// <summary>Who recommends it: a model, a baseline, <c>fallback</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Items of the history that speak for it, the strongest first; empty: none do, or the list was made without.</summary>
    public required string[] Because { get; init; }

    public required string RunId { get; init; }
    public required DateTimeOffset GeneratedAt { get; init; }
}
