using System.CommandLine;
using BatchRec.Import;
using BatchRec.Jobs.Configuration;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec import</c></summary>
internal static class ImportCommand
{
    public static Command Build(Invocation invocation)
    {
        var layout = new Argument<string>("layout") { Description = "What the file is: ml-1m, ml-100k, online-retail, or csv with a header user_id,item_id,time[,event][,value][,position]." };
        layout.AcceptOnlyFromAmong([.. Layout.All.Select(known => known.Name)]);
        var path = new Argument<string>("path") { Description = "The log as csv or csv.gz, or the folder of a data set." };
        var items = new Option<string?>("--items") { Description = "Items as csv or csv.gz: item_id[,title][,category][,price][,available]. Left out: the data set's own beside the log.", HelpName = "FILE" };
        var eventType = new Option<string?>("--event") { Description = "Event type of lines without one. Left out: rating for MovieLens, purchase for Online Retail, else interaction.", HelpName = "NAME" };
        var timeZone = new Option<string?>("--time-zone") { Description = "IANA zone of times without one. Left out: the data set's, else UTC.", HelpName = "ZONE" };
        var maxBad = new Option<double>("--max-bad") { Description = "Share of malformed lines above which nothing is imported.", HelpName = "SHARE", DefaultValueFactory = _ => 0.01 };
        maxBad.Validators.Add(result =>
        {
            if (result.GetValue(maxBad) is < 0 or > 1) result.AddError("--max-bad is a share; use 0 (no line may be malformed) to 1.");
        });
        var command = new Command("import", "Loads a log into the tables shop.interaction and shop.item of the source database, in place of what they hold. Example: batchrec import csv log.csv.gz --items items.csv")
        {
            layout, path, items, eventType, timeZone, maxBad,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            await Databases.CheckAsync(setup.ConnectionStrings, cancellation);
            var request = new ImportRequest
            {
                Layout = Layout.All.Single(known => known.Name == parsed.GetValue(layout)), Path = parsed.GetValue(path)!, ItemsPath = parsed.GetValue(items),
                EventType = parsed.GetValue(eventType), TimeZone = parsed.GetValue(timeZone), MaxBadShare = parsed.GetValue(maxBad),
            };
            var report = await ShopScreen.LoadAsync(rows => ShopImport.RunAsync(setup.ConnectionStrings.Source, request, TimeProvider.System, rows, cancellation));
            foreach (var reason in report.Bad) Console.WriteLine($"Malformed, left out: {reason}");
            foreach (var reason in report.LeftOut) Console.WriteLine($"Left out: {reason}");
            ShopScreen.Tell(report.Shop, report.Duration, setup);
            return ExitCode.Done;
        });
        return command;
    }
}
