using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;
using BatchRec.Train;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec why</c></summary>
internal static class WhyCommand
{
    /// <summary>Of a list: further down nobody asks.</summary>
    private const int Places = 100;

    private const int HistoryShown = 10;

    public static Command Build(Invocation invocation)
    {
        var user = new Argument<string>("USER") { Description = "The user's id, as the source has it." };
        var item = new Argument<string>("ITEM") { Description = "The item's id." };
        var pipeline = Invocation.PipelineOption();
        var command = new Command("why", "Why an item stands, or doesn't stand, in a user's list: its place, its source, what it is close to in the history. Example: batchrec why 17850 22423") { user, item, pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var store = new ArtefactStore(setup.Of(name).Artefacts.Folder, name, TimeProvider.System);
            var look = new LookUp(databases.Results, store, new RunTable(databases.Results, TimeProvider.System), new ItemSpaces());
            var asked = parsed.GetRequiredValue(item);
            var view = await look.UserAsync(name, parsed.GetRequiredValue(user), Places, cancellation, asked);
            Print(view, asked);
            if (view.AskedIsUnknown)
                Console.WriteLine($"The live run knows no item {asked}: it is in nobody's history, nor among the items. Check the id; what came after the run's watermark is known after the next night.");
            if (view.AskedIsUnavailable)
                Console.WriteLine($"Item {asked} is not available (items.sql says so, or the shop has said so since): no list shows it.");
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(UserView view, string item)
    {
        var place = view.List.Items.FirstOrDefault(one => one.ItemId == item);
        var seen = view.History.Where(one => one.ItemId == item).ToList();
        Console.WriteLine(place is not null
            ? $"Item {item}{(place.Title is { } title ? $", {title}," : "")} stands at place {place.Rank} of user {view.List.User}, score {place.Score:0.000}, by {place.Source}{(view.List.Own ? "" : " (the default list: this user has none)")}."
            : $"Item {item} is not among the first {view.List.Items.Count} of user {view.List.User}.");
        if (seen.Count > 0)
            Console.WriteLine($"The user has had it {seen.Count} time(s), last {seen[0].Time:yyyy-MM-dd HH:mm}Z ({seen[0].EventType}){(place is null ? "; Recommend:ExcludeSeen and ExcludeSeenDays say whether such items may come again" : "")}.");
        if (view.Reasons.TryGetValue(item, out var reasons) && reasons.Count > 0)
            Console.WriteLine("Because of: " + string.Join(", ", reasons.Select(one => $"{one.ItemId}{(view.Titles.TryGetValue(one.ItemId, out var known) ? $" {known}" : "")} (similarity {one.Similarity:0.00})")));
        if (view.History.Count == 0)
        {
            Console.WriteLine(view.HistoryMissing ?? $"The live run knows no event of user {view.List.User}. Check the id; who came after the run's watermark is known after the next night.");
            return;
        }
        Console.WriteLine(view.History.Count > HistoryShown ? $"\nThe newest {HistoryShown} events of the history:" : "\nThe history, the newest first:");
        Grid.Write(["time", "event", "item", "title"], view.History.Take(HistoryShown).Select(one => (string[])[$"{one.Time:yyyy-MM-dd HH:mm}Z", one.EventType, one.ItemId, view.Titles.GetValueOrDefault(one.ItemId, "")]));
    }
}
