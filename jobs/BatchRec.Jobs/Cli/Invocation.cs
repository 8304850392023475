using System.CommandLine;
using System.Globalization;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary>What every verb starts from: the settings of the command line, and the steps.</summary>
public sealed record Invocation(IReadOnlyDictionary<string, string?> Settings, StepWork Work)
{
    /// <param name="withDatabases">False: connection strings may be missing.</param>
    /// <exception cref="ConfigurationException">With every fault there is.</exception>
    public Setup LoadSetup(bool withDatabases = true) => Setup.Load(Settings, withDatabases);

    public static Option<string?> PipelineOption() => new("--pipeline") { Description = "Which pipeline; can be left out where there is one.", HelpName = "NAME" };

    public static Option<string?> AsOfOption() =>
        new("--as-of") { Description = "Read events before this instant only (ISO 8601, UTC where it has no offset). Left out: now.", HelpName = "INSTANT" };

    /// <exception cref="ConfigurationException">It isn't an instant.</exception>
    public static DateTimeOffset InstantOf(string asOf) =>
        DateTimeOffset.TryParse(asOf, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? instant
            : throw new ConfigurationException([$"--as-of is '{asOf}'; write an instant such as 2026-03-01 or 2026-03-01T04:00:00Z."]);

    /// <summary>The pipeline that is meant.</summary>
    /// <exception cref="ConfigurationException">There is no such pipeline, or several to choose from.</exception>
    public static string PipelineOf(Setup setup, string? named)
    {
        if (named is not null)
        {
            setup.Of(named);
            return named;
        }
        return setup.Pipelines.Count == 1 ? setup.Pipelines.Keys.Single()
            : throw new ConfigurationException([$"There are several pipelines: name one with --pipeline {string.Join("|", setup.Pipelines.Keys)}."]);
    }

    /// <exception cref="ConfigurationException">It isn't a run id.</exception>
    public static RunId RunOf(string text)
    {
        try
        {
            return RunId.Parse(text);
        }
        catch (FormatException fault)
        {
            throw new ConfigurationException([fault.Message]);
        }
    }

    /// <summary>The services of a verb that works with runs, its databases tried.</summary>
    public async Task<ServiceProvider> OpenAsync(Setup setup, CancellationToken cancellation)
    {
        await Databases.CheckAsync(setup.ConnectionStrings, cancellation);
        return new ServiceCollection().AddLogging(logging => logging.AddLog(LogLevel.Warning)).AddBatchRec(setup, Work).BuildServiceProvider();
    }
}
