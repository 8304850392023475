using System.Diagnostics;
using Npgsql;
using Xunit;

namespace BatchRec.Tests;

/// <summary>
/// A private PostgreSQL cluster in a temporary folder, one for the whole test run; each test takes a database of its own.
/// The server refuses to run as root, so then it runs as the <c>postgres</c> user.
/// </summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private readonly string _folder = Path.Combine("/tmp", "batchrec-test-" + Guid.NewGuid().ToString("N")[..12]);
    private readonly int _port = Ports.Free();
    private int _databases;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_folder);
        if (Environment.IsPrivilegedProcess) await Run("chown", "postgres", _folder);
        await RunAsServer("initdb", "-D", DataFolder, "-U", "batchrec", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        await RunAsServer("pg_ctl", "-D", DataFolder, "-w", "-l", Path.Combine(_folder, "log"), "-o",
            $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c max_connections=200 -c shared_buffers=256MB", "start");
    }

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await RunAsServer("pg_ctl", "-D", DataFolder, "-m", "immediate", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Connection string of a new, empty database.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    private string DataFolder => Path.Combine(_folder, "data");

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=batchrec;Database={database};Include Error Detail=true";

    private static Task RunAsServer(string program, params string[] arguments)
    {
        var path = Path.Combine(BinFolder(), program);
        return Environment.IsPrivilegedProcess ? Run("runuser", ["-u", "postgres", "--", path, .. arguments]) : Run(path, arguments);
    }

    private static string BinFolder() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(folder => Path.Combine(folder, "bin"))
                .Where(folder => File.Exists(Path.Combine(folder, "initdb"))).Max(StringComparer.Ordinal)!
            : throw new InvalidOperationException("No PostgreSQL server below /usr/lib/postgresql: run ops/test.sh, which installs it.");

    private static async Task Run(string program, params string[] arguments)
    {
        // The server inherits what pg_ctl has: redirected pipes would stay open for as long as it lives.
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = "/", RedirectStandardInput = true };
        if (!arguments.Contains("start")) start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = start.RedirectStandardError ? await process.StandardError.ReadToEndAsync() : "";
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit {process.ExitCode}. {output}");
    }
}

/// <summary>Tests that need the cluster stand in this collection and take it by constructor.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresTests : ICollectionFixture<PostgresCluster>
{
    public const string Name = "postgres";
}
