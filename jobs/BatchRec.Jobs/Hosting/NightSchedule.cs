using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Steps;
using Hangfire;
using Hangfire.Common;

namespace BatchRec.Jobs.Hosting;

/// <summary>Tells Hangfire when the nights are due, and looks after stranded runs at once: the first minute after a crash is the one that matters.</summary>
public sealed class NightSchedule(IRecurringJobManagerV2 recurring, Setup setup, Nights nights) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (pipeline, options) in setup.Pipelines)
        {
            if (options.Schedule.Enabled)
                recurring.AddOrUpdate(
                    NightJob.IdOf(pipeline), Job.FromExpression<NightJob>(job => job.Work(pipeline, null!, CancellationToken.None)), options.Schedule.Cron,
                    new RecurringJobOptions
                    {
                        TimeZone = TimeZoneInfo.FindSystemTimeZoneById(options.Schedule.TimeZone),
                        // A night that was missed is made up for once, however many were missed.
                        MisfireHandling = MisfireHandlingMode.Relaxed,
                    });
            else recurring.RemoveIfExists(NightJob.IdOf(pipeline));
        }
        recurring.AddOrUpdate(ReconcileJob.Id, Job.FromExpression<ReconcileJob>(job => job.Work(CancellationToken.None)), Cron.Minutely(), new RecurringJobOptions());
        await nights.ReconcileAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
