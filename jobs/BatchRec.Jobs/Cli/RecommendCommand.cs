using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec recommend</c></summary>
internal static class RecommendCommand
{
    public static Command Build(Invocation invocation)
    {
        var user = new Argument<string>("USER") { Description = "The user's id, as the source has it." };
        var count = new Option<int>("--count", "-n") { Description = "How many items.", DefaultValueFactory = _ => 10, HelpName = "N" };
        var pipeline = Invocation.PipelineOption();
        var command = new Command("recommend", "What is published for a user, with titles, and what of the history speaks for it. Example: batchrec recommend 17850 -n 5") { user, count, pipeline };
        // The option's own validator: it runs only where the option was given, a command's would see 0 for the default.
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("-n has to be 1 or more.");
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var list = await PublishedLists.ForAsync(databases.Results, name, parsed.GetRequiredValue(user), parsed.GetValue(count), cancellation);
            if (!list.Own) Console.Error.WriteLine($"User {list.User} has no list of their own: this is the default one.");
            Grid.Write(
                ["rank", "item", "title", "score", "source", "because of"],
                list.Items.Select(item => (string[])[$"{item.Rank}", item.ItemId, item.Title ?? "", $"{item.Score:0.000}", item.Source, string.Join(", ", item.Because.Select(id => list.Titles.GetValueOrDefault(id, id)))]), 0, 3);
            return ExitCode.Done;
        });
        return command;
    }
}
