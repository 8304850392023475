using System.ComponentModel;
using BatchRec.Jobs.Steps;
using Hangfire;

namespace BatchRec.Jobs;

/// <summary>Every minute: active runs that no job is at are given one.</summary>
public sealed class ReconcileJob(Nights nights)
{
    public const string Id = "reconcile";

    // The next minute is retry enough.
    [AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Fail)]
    [DisplayName("reconcile")]
    public async Task<string> Work(CancellationToken stop) => $"{await nights.ReconcileAsync(stop)} active";
}
