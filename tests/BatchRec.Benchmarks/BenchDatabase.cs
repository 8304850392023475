using Npgsql;

namespace BatchRec.Benchmarks;

/// <summary>The database that <c>ops/bench.sh</c> brings up: named by PGHOST, PGPORT, PGUSER and PGPASSWORD.</summary>
internal static class BenchDatabase
{
    public const string Name = "bench";

    /// <exception cref="BatchRecException">There is none.</exception>
    public static string ConnectionString
    {
        get
        {
            var (host, port) = (Environment.GetEnvironmentVariable("PGHOST"), Environment.GetEnvironmentVariable("PGPORT"));
            if (host is null || port is null) throw new BatchRecException("There is no PostgreSQL to measure with: start this by ops/bench.sh, which brings one up.");
            return $"Host={host};Port={port};Database={Name};Username={Environment.GetEnvironmentVariable("PGUSER")};Password={Environment.GetEnvironmentVariable("PGPASSWORD")}";
        }
    }

    public static NpgsqlDataSource Open() => NpgsqlDataSource.Create(ConnectionString);

    public static void Execute(NpgsqlDataSource database, string sql)
    {
        using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        command.ExecuteNonQuery();
    }
}
