using System.CommandLine;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec diff</c></summary>
internal static class DiffCommand
{
    private static readonly string[] Metrics = ["NDCG@10", "HR@10", "Coverage@10"];

    public static Command Build(Invocation invocation)
    {
        var before = new Argument<string?>("BEFORE") { Description = "A run; left out: the one that was live before.", Arity = ArgumentArity.ZeroOrOne };
        var after = new Argument<string?>("AFTER") { Description = "A later run; left out: what is live.", Arity = ArgumentArity.ZeroOrOne };
        var pipeline = Invocation.PipelineOption();
        var command = new Command("diff", "What changed between two runs: lists, items that rose and fell, metrics, settings. Example: batchrec diff") { before, after, pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var runs = new RunTable(databases.Results, TimeProvider.System);
            var live = (await PublicationStatus.ReadAsync(databases.Results, name, TimeProvider.System, cancellation)).Live;
            if (live is null && (parsed.GetValue(before) ?? parsed.GetValue(after)) is null) throw new BatchRecException($"Pipeline {name} has published nothing yet: name two runs of `batchrec runs`.");
            if (parsed.GetValue(before) is null && live?.PreviousRunId is null) throw new BatchRecException("Nothing was live before what is live now: name two runs of `batchrec runs`.");
            var (old, now) = (
                await RunArgument.FindAsync(runs, parsed.GetValue(before) ?? live!.PreviousRunId!.Value.Value, () => name, cancellation),
                await RunArgument.FindAsync(runs, parsed.GetValue(after) ?? live?.RunId.Value, () => name, cancellation));
            Console.WriteLine($"{old.RunId} ({old.State.ToString().ToLowerInvariant()}) -> {now.RunId} ({now.State.ToString().ToLowerInvariant()})");
            await PrintListsAsync(databases, name, old, now, cancellation);
            Print(await RunDiff.ReadAsync(runs, old, now, cancellation), RepeatRule.OfServed(setup.Of(name).Recommend));
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task PrintListsAsync(Databases databases, string pipeline, RunRow before, RunRow after, CancellationToken cancellation)
    {
        var kept = await KeptPublication.ListAsync(databases.Results, pipeline, cancellation);
        if (kept.FirstOrDefault(one => one.RunId == before.RunId) is not { } old || kept.FirstOrDefault(one => one.RunId == after.RunId) is not { } now
            || await ResultTables.FindAsync(databases.Results, pipeline, cancellation) is not { } tables)
        {
            Console.WriteLine("\nTheir lists are not both kept (Publish:KeepRuns), so they can't be compared.");
            return;
        }
        var changes = await ListChanges.ReadAsync(databases.Results, tables, old, now, cancellation);
        Console.WriteLine($"\nLists: {changes.Changed:N0} of {changes.Users:N0} sampled users' first ten changed; {changes.Overlap ?? double.NaN:P0} of the items are still there.\n");
        Grid.Write(["item", "title", "users before", "users now"], changes.Moved.Select(item => (string[])[item.ItemId, item.Title ?? "", $"{item.UsersBefore:N0}", $"{item.Users:N0}"]), 2, 3);
    }

    private static void Print(RunDiff diff, string repeats)
    {
        var metrics = diff.Metrics.Where(change => change.Protocol == NightlySplit.Protocol && change.Repeats == repeats && Metrics.Contains(change.Metric)).ToList();
        if (metrics.Count > 0)
        {
            Console.WriteLine();
            Grid.Write(["model", "metric", "before", "now", "change"], metrics.OrderBy(change => Array.IndexOf(Metrics, change.Metric)).ThenByDescending(change => change.After).Select(change =>
                (string[])[change.Model, change.Metric, $"{change.Before:0.0000}", $"{change.After:0.0000}", $"{change.After - change.Before:+0.0000;-0.0000;0.0000}"]), 2, 3, 4);
        }
        if (diff.Options.Count == 0) return;
        Console.WriteLine();
        Grid.Write(["setting", "before", "now"], diff.Options.Select(change => (string[])[change.Name, change.Before ?? "", change.After ?? ""]));
    }
}
