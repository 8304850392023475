using System.CommandLine;
using System.Globalization;
using BatchRec.Generate;
using BatchRec.Jobs.Configuration;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec generate</c></summary>
internal static class GenerateCommand
{
    public static Command Build(Invocation invocation)
    {
        var sizes = new GenerateRequest { Until = default };
        var users = new Option<int>("--users") { Description = "Customers.", HelpName = "N", DefaultValueFactory = _ => sizes.Users };
        var items = new Option<int>("--items") { Description = "Items.", HelpName = "N", DefaultValueFactory = _ => sizes.Items };
        var events = new Option<long>("--events") { Description = "Events: views, carts and purchases.", HelpName = "N", DefaultValueFactory = _ => sizes.Events };
        var days = new Option<int>("--days") { Description = "Days over which they happen.", HelpName = "N", DefaultValueFactory = _ => sizes.Days };
        var seed = new Option<ulong>("--seed") { Description = "The same seed, sizes and last day give the same rows.", HelpName = "N", DefaultValueFactory = _ => sizes.Seed };
        var until = new Option<string?>("--until") { Description = "The day after the last one. Left out: today (UTC).", HelpName = "DATE" };
        var command = new Command("generate", "Loads a synthetic shop into the tables shop.interaction and shop.item of the source database, in place of what they hold. Example: batchrec generate --users 100000 --items 20000 --events 5000000")
        {
            users, items, events, days, seed, until,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var request = new GenerateRequest
            {
                Users = parsed.GetValue(users), Items = parsed.GetValue(items), Events = parsed.GetValue(events), Days = parsed.GetValue(days),
                Seed = parsed.GetValue(seed), Until = parsed.GetValue(until) is { } text ? DayOf(text) : DateTime.UtcNow.Date,
            };
            if (request.Faults().ToList() is { Count: > 0 } faults) throw new ConfigurationException(faults);
            await Databases.CheckAsync(setup.ConnectionStrings, cancellation);
            var (shop, duration) = await ShopScreen.LoadAsync(rows => ShopGeneration.RunAsync(setup.ConnectionStrings.Source, request, rows, cancellation), request.Events);
            ShopScreen.Tell(shop, duration, setup);
            return ExitCode.Done;
        });
        return command;
    }

    private static DateTime DayOf(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)
            : throw new ConfigurationException([$"--until is '{text}'; write a day such as 2026-03-01."]);
}
