using System.CommandLine;
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
