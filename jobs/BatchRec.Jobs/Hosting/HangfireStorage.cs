using BatchRec.Jobs.Configuration;
using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Npgsql;

namespace BatchRec.Jobs.Hosting;

/// <summary>Hangfire's tables, with the defaults that long jobs can't live with replaced.</summary>
public static class HangfireStorage
{
    /// <summary>Hangfire's locks are rows: a killed process's stands until this has passed. What is done under them takes milliseconds.</summary>
    public static readonly TimeSpan LocksExpireAfter = TimeSpan.FromMinutes(1);

    // Hangfire keeps the format of its jobs in statics: all programs that share its tables have to agree.
    static HangfireStorage() => GlobalConfiguration.Configuration
        .SetDataCompatibilityLevel(CompatibilityLevel.Version_180).UseSimpleAssemblyNameTypeSerializer().UseRecommendedSerializerSettings();

    /// <exception cref="BatchRecException">Hangfire's tables are not there and can't be created.</exception>
    public static JobStorage Open(string connectionString, HangfireOptions options, bool? prepareSchema = null)
    {
        var storageOptions = new PostgreSqlStorageOptions
        {
            SchemaName = options.Schema,
            PrepareSchemaIfNecessary = prepareSchema ?? options.PrepareSchema,
            // A fixed timeout hands a longer job to a second worker; a sliding one is renewed for as long as its server lives. It needs the storage's
            // background processes, which a lightweight server leaves out.
            InvisibilityTimeout = TimeSpan.FromSeconds(options.InvisibilitySeconds),
            UseSlidingInvisibilityTimeout = true,
            QueuePollInterval = TimeSpan.FromSeconds(options.QueuePollSeconds),
            DistributedLockTimeout = LocksExpireAfter,
            // Without its tables a server would start, look well and do nothing.
            AllowDegradedModeWithoutStorage = false,
            // Whoever starts us tries again; a person at a terminal wants to know now.
            StartupConnectionMaxRetries = 0,
        };
        var pool = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "batchrec hangfire", MaxPoolSize = 50 };
        try
        {
            // The same options for the factory and the storage: Hangfire.PostgreSql#334.
            return new PostgreSqlStorage(new NpgsqlConnectionFactory(pool.ConnectionString, storageOptions), storageOptions)
            {
                JobExpirationTimeout = TimeSpan.FromDays(options.KeepJobsDays),
            };
        }
        catch (Exception fault) when (Cause<PostgresException>(fault) is { } cause)
        {
            throw new BatchRecException(
                $"Hangfire's tables (schema {options.Schema}) can't be prepared: {cause.MessageText}. "
                + "Run `batchrec migrate` as a role that may create them, and set Hangfire:PrepareSchema to false for the others.", fault);
        }
    }

    private static T? Cause<T>(Exception? fault) where T : Exception =>
        fault is null ? null : fault as T ?? Cause<T>(fault.InnerException);
}
