using BatchRec.Extract;
using BatchRec.Jobs.Configuration;

namespace BatchRec.Jobs.Health;

/// <summary>Whether each pipeline's queries stand in their files, may be run, and yield the columns that a night needs.</summary>
public sealed class SourceExamination(Setup setup, Databases databases) : IExamination
{
    public string Name => "source queries";

    public async Task<IReadOnlyList<Finding>> FindAsync(CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        foreach (var (pipeline, options) in setup.Pipelines)
        {
            try
            {
                await Extraction.CheckAsync(databases.Source, SourceQueries.Read(options.Source, pipeline), options.Source, cancellation);
            }
            catch (BatchRecException fault)
            {
                findings.Add(new Finding($"source:{pipeline}", Severity.Fault, fault.Message, $"The queries of pipeline {pipeline} stand in {Path.Combine(options.Source.SqlFolder, pipeline)}."));
            }
        }
        return findings;
    }
}
