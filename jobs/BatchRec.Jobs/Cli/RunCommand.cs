using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec run</c>: hands a run to Hangfire and follows it to its end.</summary>
internal static class RunCommand
{
    public static Command Build(Invocation invocation)
    {
        var pipeline = Invocation.PipelineOption();
        var asOf = Invocation.AsOfOption();
        var from = new Option<Step?>("--from") { Description = "Do the newest run's steps again from this one on; a published run stays as it is.", HelpName = "STEP" };
        var full = new Option<bool>("--full") { Description = "Read the whole log again, and build everything anew." };
        var noWait = new Option<bool>("--no-wait") { Description = "Enqueue only; `batchrec status` follows." };
        var noServer = new Option<bool>("--no-server") { Description = "Wait for a server even where none is alive. Left out: this process serves the run itself then." };
        var command = new Command("run", "Runs a pipeline's night now, or goes on with one that was interrupted. Example: batchrec run --as-of 2026-03-01")
        {
            pipeline, asOf, from, full, noWait, noServer,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(from) is not null && (result.GetValue(asOf) is not null || result.GetValue(full)))
                result.AddError("--from goes on with a run that has its --as-of and --full already: leave those out.");
        });
        command.SetAction(async (parsed, _) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            var instant = parsed.GetValue(asOf) is { } text ? Invocation.InstantOf(text) : (DateTimeOffset?)null;
            using var interrupted = new Interruption();

            await using var services = await invocation.OpenAsync(setup, interrupted.Token);
            var run = await StartAsync(services, name, parsed.GetValue(from), instant, parsed.GetValue(full), interrupted.Token);
            if (parsed.GetValue(noWait))
            {
                Console.WriteLine(run.RunId);
                return ExitCode.Done;
            }
            return await RunFollower.FollowAsync(services, run, ownServer: !parsed.GetValue(noServer), interrupted.Token);
        });
        return command;
    }

    private static async Task<RunRow> StartAsync(ServiceProvider services, string pipeline, Step? from, DateTimeOffset? asOf, bool full, CancellationToken cancellation)
    {
        var (runs, nights) = (services.GetRequiredService<RunTable>(), services.GetRequiredService<Nights>());
        if (from is { } step)
        {
            var latest = await runs.LatestAsync(pipeline, cancellation)
                ?? throw new BatchRecException($"Pipeline {pipeline} has had no run yet, so there is nothing to go on from. Start one: batchrec run");
            Console.WriteLine($"Run {latest.RunId} again from {step.ToString().ToLowerInvariant()}");
            return await nights.ReopenAsync(latest.RunId, step, cancellation);
        }
        if (asOf is null && !full && await runs.ActiveAsync(pipeline, cancellation) is { } active)
        {
            Console.WriteLine($"Run {active.RunId} is not finished: going on with it");
            return active;
        }
        var run = await nights.StartNowAsync(pipeline, asOf, full, cancellation);
        Console.WriteLine($"Run {run.RunId}: {run.Kind.ToString().ToLowerInvariant()}, events before {run.AsOf:yyyy-MM-dd HH:mm:ss}Z");
        return run;
    }
}
