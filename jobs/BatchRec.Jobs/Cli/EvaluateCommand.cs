using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec evaluate</c>: a run's evaluation out of its tables, or one made now from a file (<see cref="FileEvaluation"/>).</summary>
internal static class EvaluateCommand
{
    /// <summary>What fits a screen.</summary>
    internal static readonly string[] Shown = ["NDCG@10", "HR@10", "MRR@10", "Recall@10", "Precision@10", "F1@10", "Coverage@10"];

    public static Command Build(Invocation invocation)
    {
        var pipeline = Invocation.PipelineOption();
        var run = new Argument<string?>("RUN") { Description = "The run's id; left out: the newest.", Arity = ArgumentArity.ZeroOrOne };
        var segment = new Option<string>("--segment") { Description = "Of the users.", DefaultValueFactory = _ => "all", HelpName = "NAME" };
        var all = new Option<bool>("--all") { Description = "Every metric at 5, 10, 20 and 100." };
        var file = new FileEvaluation();
        var command = new Command(
            "evaluate",
            """
            How a run's model did beside the baselines. Example: batchrec evaluate 20261122_020000_3f9a

            With --from, without a database: trains on a log's file and measures model, blend and baselines. Example: batchrec evaluate --from csv log.csv.gz --protocol nightly
            """)
        {
            run, pipeline, segment, all,
        };
        file.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (file.IsMeant(parsed))
            {
                using var interrupted = new Interruption();
                return file.Run(parsed, invocation, interrupted.Token);
            }
            var setup = invocation.LoadSetup();
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var runs = new RunTable(databases.Results, TimeProvider.System);
            var found = await RunArgument.FindAsync(runs, parsed.GetValue(run), () => Invocation.PipelineOf(setup, parsed.GetValue(pipeline)), cancellation);
            var rows = await runs.EvaluationAsync(found.RunId, cancellation);
            var chosen = rows.Where(row => row.Segment == parsed.GetValue(segment)).ToList();
            if (chosen.Count == 0)
                throw new BatchRecException(rows.Count == 0
                    ? $"Run {found.RunId} has no evaluation (yet); `batchrec status` shows its steps."
                    : $"Run {found.RunId} has no segment '{parsed.GetValue(segment)}'; it has {string.Join(", ", rows.Select(row => row.Segment).Distinct())}.");
            Print(found, parsed.GetValue(all) ? chosen : [.. chosen.Where(row => Shown.Contains(row.Metric))]);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(RunRow run, List<MetricRow> rows)
    {
        Console.WriteLine($"Run {run.RunId}, events before {run.AsOf:yyyy-MM-dd HH:mm}Z, {run.State.ToString().ToLowerInvariant()}");
        foreach (var protocol in rows.GroupBy(row => (row.Protocol, row.Repeats)))
        {
            Console.WriteLine();
            Console.WriteLine($"{protocol.Key.Protocol}, repeats {protocol.Key.Repeats}, {protocol.Max(row => row.Cases):N0} cases");
            var metrics = protocol.Select(row => row.Metric).Distinct().OrderBy(Place).ThenBy(metric => metric, StringComparer.Ordinal).ToList();
            var leading = metrics.Contains("NDCG@10") ? "NDCG@10" : metrics[0];
            var models = protocol.GroupBy(row => row.Model).Select(model => (Model: model.Key, Values: model.ToDictionary(row => row.Metric)))
                .OrderByDescending(model => model.Values.TryGetValue(leading, out var row) && !double.IsNaN(row.Value) ? row.Value : double.NegativeInfinity);
            Grid.Write(
                ["model", .. metrics, $"95 % of {leading}"],
                models.Select(model => (string[])
                [
                    model.Model, .. metrics.Select(metric => model.Values.TryGetValue(metric, out var row) ? Grid.Metric(row.Value) : ""),
                    model.Values.TryGetValue(leading, out var interval) ? Grid.Interval(interval.Low, interval.High) : "",
                ]),
                [.. Enumerable.Range(1, metrics.Count)]);
        }
    }

    /// <summary>The leading metrics first.</summary>
    private static int Place(string metric) => Array.IndexOf(Shown, metric) is >= 0 and var place ? place : Shown.Length;
}
