using System.CommandLine;
using BatchRec.Jobs.Hosting;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec step</c>: the child process of a step. Its server starts it; nobody else need.</summary>
internal static class StepCommand
{
    public static Command Build(Invocation invocation)
    {
        var run = new Argument<string>("RUN") { Description = "The run's id." };
        var step = new Argument<Step>("STEP") { Description = "The step's name." };
        var epoch = new Option<int>("--epoch") { Description = "The epoch that the server started the step with.", Required = true, HelpName = "N" };
        var assist = new Option<bool>("--assist") { Description = "Another server runs the step: shares its work." };
        var command = new Command("step", "One step in a process of its own, as servers start it. Example: batchrec step 20261122_020000_3f9a train --epoch 3")
        {
            run, step, epoch, assist,
        };
        command.Hidden = true;
        command.SetAction(async parsed =>
        {
            using var logs = LoggerFactory.Create(logging => logging.AddLog(LogLevel.Information));
            return await StepChild.RunAsync(
                () => invocation.LoadSetup(), parsed.GetValue(assist) ? invocation.Work.AssistAsync : invocation.Work.RunAsync, Invocation.RunOf(parsed.GetRequiredValue(run)), parsed.GetRequiredValue(step), parsed.GetRequiredValue(epoch), logs);
        });
        return command;
    }
}
