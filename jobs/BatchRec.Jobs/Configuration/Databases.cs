using System.Net.Sockets;
using Npgsql;

namespace BatchRec.Jobs.Configuration;

/// <summary>The open doors to the source and results databases. Hangfire has a pool of its own.</summary>
public sealed class Databases : IAsyncDisposable
{
    private readonly ConnectionStrings _connectionStrings;

    public Databases(ConnectionStrings connectionStrings)
    {
        _connectionStrings = connectionStrings;
        Source = Open(connectionStrings.Source);
        Results = Open(connectionStrings.EffectiveResults);
    }

    public NpgsqlDataSource Source { get; }

    public NpgsqlDataSource Results { get; }

    /// <summary>For session locks, which want a connection of their own.</summary>
    public string ResultsConnectionString => _connectionStrings.EffectiveResults;

    /// <summary>Tries each database once, so that a wrong address is one clear line at the start and not a stack trace in a step.</summary>
    /// <exception cref="ConfigurationException">With a line for each database that can't be reached.</exception>
    public static async Task CheckAsync(ConnectionStrings connectionStrings, CancellationToken cancellation)
    {
        var faults = new List<string>();
        (string Name, string Text)[] databases =
        [
            (nameof(ConnectionStrings.Source), connectionStrings.Source),
            (nameof(ConnectionStrings.Results), connectionStrings.EffectiveResults),
            (nameof(ConnectionStrings.Hangfire), connectionStrings.EffectiveHangfire),
        ];
        // What falls back to the source's connection string is the source's fault.
        foreach (var (name, text) in databases.DistinctBy(database => database.Text))
            if (await FaultOf(text, cancellation) is { } fault) faults.Add($"ConnectionStrings:{name}: {fault}");
        if (faults.Count > 0) throw new ConfigurationException(faults);
    }

    /// <summary>The doors of a verb, each database tried first.</summary>
    /// <exception cref="ConfigurationException">With a line for each database that can't be reached.</exception>
    public static async Task<Databases> OpenAsync(ConnectionStrings connectionStrings, CancellationToken cancellation)
    {
        await CheckAsync(connectionStrings, cancellation);
        return new Databases(connectionStrings);
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Results.DisposeAsync();
    }

    private static NpgsqlDataSource Open(string connectionString) =>
        new NpgsqlDataSourceBuilder(connectionString) { ConnectionStringBuilder = { ApplicationName = "batchrec" } }.Build();

    private static async Task<string?> FaultOf(string connectionString, CancellationToken cancellation)
    {
        var at = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        var where = $"{at.Host}:{at.Port}, database {at.Database ?? at.Username}, user {at.Username}";
        try
        {
            await using var connection = new NpgsqlConnection(at.ConnectionString);
            await connection.OpenAsync(cancellation);
            return null;
        }
        catch (PostgresException fault)
        {
            return $"{where}: {fault.MessageText}. Correct the connection string, or create what it names.";
        }
        catch (Exception fault) when (fault is NpgsqlException or SocketException or TimeoutException or ArgumentException)
        {
            return $"{where}: {(fault.InnerException ?? fault).Message}. Is the server up, and is this its address?";
        }
    }
}
