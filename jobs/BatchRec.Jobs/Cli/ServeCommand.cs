using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec serve</c></summary>
internal static class ServeCommand
{
    public static Command Build(Invocation invocation)
    {
        var roles = new Option<string?>("--roles")
        {
            Description = "scheduler, cpu, gpu, dashboard, or several joined by commas. Left out: all, gpu only where a pipeline trains on cuda.", HelpName = "ROLES",
        };
        var command = new Command("serve", "Runs the nights when they are due, and Hangfire's dashboard. Example: batchrec serve --roles scheduler,cpu,dashboard") { roles };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var served = parsed.GetValue(roles) is { } named ? RolesText.Parse(named) : DefaultRoles(invocation, setup);
            await Databases.CheckAsync(setup.ConnectionStrings, cancellation);
            using var host = JobServer.Build(setup, invocation.Work, served);
            // Whatever the role: without the control tables every job would fail.
            await host.Services.GetRequiredService<RunTable>().AllActiveAsync(cancellation);
            await StartAsync(host, setup, cancellation);
            Console.WriteLine($"Serving {served.ToString().ToLowerInvariant()}{(served.HasFlag(Roles.Dashboard) ? $"; the dashboard is at {setup.Dashboard.Url}{Dashboard.RunsDashboard.Path}" : "")}. Ctrl+C stops.");
            await host.WaitForShutdownAsync(cancellation);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task StartAsync(IHost host, Setup setup, CancellationToken cancellation)
    {
        try
        {
            await host.StartAsync(cancellation);
        }
        catch (IOException fault)
        {
            throw new ConfigurationException([$"Dashboard:Url is {setup.Dashboard.Url}: {fault.Message} Choose another port, or serve without the role dashboard."]);
        }
    }

    private static Roles DefaultRoles(Invocation invocation, Setup setup) =>
        Roles.Scheduler | Roles.Cpu | Roles.Dashboard | (setup.Pipelines.Values.Any(options => Enum.GetValues<Step>().Any(step => invocation.Work.OnGpu(step, options))) ? Roles.Gpu : Roles.None);
}
