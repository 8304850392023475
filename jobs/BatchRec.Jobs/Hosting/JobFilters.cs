using BatchRec.Jobs.Configuration;
using Hangfire;
using Hangfire.Common;

namespace BatchRec.Jobs.Hosting;

/// <summary>What happens around every job. A collection of our own: Hangfire's is a static that would retry ten times.</summary>
public static class JobFilters
{
    public static IJobFilterProvider Of(HangfireOptions options, RunFollowsJob runFollowsJob)
    {
        var filters = new JobFilterCollection
        {
            new AutomaticRetryAttribute
            {
                Attempts = options.Retries, DelaysInSeconds = [.. options.RetryDelaysSeconds],
                // Faults that a person has to mend, wrong configuration among them: the second attempt would end as the first.
                ExceptOn = [typeof(BatchRecException)],
                // Steps and RunFollowsJob say it in a line.
                LogEvents = false,
            },
            new StatisticsHistoryAttribute(),
            new ContinuationsSupportAttribute(),
        };
        filters.Add(runFollowsJob, RunFollowsJob.BeforeRetries);
        return new JobFilterProviderCollection(filters, new JobFilterAttributeFilterProvider());
    }
}
