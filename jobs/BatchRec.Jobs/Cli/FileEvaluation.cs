using System.CommandLine;
using System.Text.Json;
using BatchRec.Configuration;
using BatchRec.Evaluate.Offline;
using BatchRec.Evaluate.Splits;
using BatchRec.Import;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Reports;
using BatchRec.Train;

namespace BatchRec.Jobs.Cli;

/// <summary>The options of <c>batchrec evaluate --from</c>, and what it prints.</summary>
internal sealed class FileEvaluation
{
    private readonly Option<string[]> _from = new("--from")
    {
        Description = "Evaluates on a file instead of a run: its layout (csv, ml-1m, ml-100k, online-retail) and its path. A csv needs columns for user and item; without times its order counts.",
        HelpName = "LAYOUT PATH", Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _test = new("--test") { Description = "With --from: the events to ask for, split off beforehand.", HelpName = "PATH" };
    private readonly Option<string?> _items = new("--items") { Description = "With --from: a csv of the items' attributes, for Train:ItemFeatures. Left out: the data set's own beside the log.", HelpName = "PATH" };
    private readonly Option<string?> _users = new("--users") { Description = "With --from: a csv of the users' attributes, for Train:UserFeatures, likewise.", HelpName = "PATH" };
    private readonly Option<string> _protocol = new("--protocol") { Description = $"With --from: {OfflineProtocol.Names}.", HelpName = "NAME", DefaultValueFactory = _ => NightlySplit.Protocol };
    private readonly Option<string?> _cutoff = new("--cutoff") { Description = "With --from: where training ends, an instant or a share of the events. Left out: as a night would cut.", HelpName = "T" };
    private readonly Option<bool> _refit = new("--refit") { Description = "With --from: what the test measures is trained again on all before the test, for the epochs that validation found, as a night does." };
    private readonly Option<int> _seeds = new("--seeds") { Description = "With --from: trainings, with Train:Seed and those that follow it.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _noModel = new("--no-model") { Description = "With --from: baselines and their blend alone." };
    private readonly Option<double?> _tune = new("--tune") { Description = "With --from: first searches options of training on validation for so many minutes (section Tune), and trains with the best; the test is measured once, after that.", HelpName = "MINUTES" };
    private readonly Option<string?> _folder = new("--folder") { Description = "With --from: where finished parts stand, for an interrupted evaluation to go on. Left out: a folder of its own below Artefacts:Folder.", HelpName = "DIR" };
    private readonly Option<string?> _report = new("--report") { Description = "With --from: also as one HTML file, with charts.", HelpName = "FILE" };
    private readonly Option<bool> _asJson = new("--json") { Description = "With --from: as JSON, for programs." };

    private Option[] Options => [_from, _test, _items, _users, _protocol, _cutoff, _refit, _seeds, _noModel, _tune, _folder, _report, _asJson];

    public void AddTo(Command command)
    {
        foreach (var option in Options) command.Options.Add(option);
        _seeds.Validators.Add(result =>
        {
            if (result.GetValue(_seeds) < 1) result.AddError("--seeds has to be 1 or more; for none, --no-model.");
        });
        _tune.Validators.Add(result =>
        {
            if (result.GetValue(_tune) is not > 0) result.AddError("--tune has to be a number of minutes above 0.");
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(_tune) is not null && result.GetValue(_noModel)) result.AddError("--tune searches options of the model, and --no-model trains none: leave one out.");
            if (result.GetResult(_from) is not null) return;
            var stray = Options.Where(option => result.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToList();
            if (stray.Count > 0) result.AddError($"{string.Join(", ", stray)}: only with --from LAYOUT PATH.");
        });
    }

    public bool IsMeant(ParseResult parsed) => parsed.GetResult(_from) is not null;

    public int Run(ParseResult parsed, Invocation invocation, CancellationToken cancellation)
    {
        var setup = invocation.LoadSetup(withDatabases: false);
        var options = setup.Of(Invocation.PipelineOf(setup, parsed.GetValue<string?>("--pipeline")));
        var (layoutName, path, testPath) = (parsed.GetValue(_from)![0], parsed.GetValue(_from)![1], parsed.GetValue(_test));
        var layout = Layout.All.FirstOrDefault(known => known.Name == layoutName)
            ?? throw new ConfigurationException([$"There is no layout '{layoutName}'; use {string.Join(", ", Layout.All.Select(known => known.Name))}."]);
        OfflineProtocol protocol;
        try
        {
            protocol = OfflineProtocol.Parse(parsed.GetValue(_protocol)!, parsed.GetValue(_cutoff)) with { Refit = parsed.GetValue(_refit) };
        }
        catch (BatchRecException fault)
        {
            throw new ConfigurationException([fault.Message]);
        }
        // One process loads one libtorch: the one that the options name.
        if (options.Torch.LibraryPath is { } library) TorchDevices.Find(library);

        var itemsPath = AttributesPath(parsed, _items, options.Train.ItemFeatures, "Train:ItemFeatures", Layout.Beside(path, layout.ItemsFile));
        var usersPath = AttributesPath(parsed, _users, options.Train.UserFeatures, "Train:UserFeatures", Layout.Beside(path, layout.UsersFile));
        var file = LogFile.Read(layout, path, testPath, itemsPath, usersPath);
        var folder = parsed.GetValue(_folder)
            ?? Path.Combine(options.Artefacts.Folder, "evaluate", OfflineEvaluation.Fingerprint([path, .. new[] { testPath, itemsPath, usersPath }.OfType<string>()], protocol, options));
        try
        {
            // What is going on isn't the result: programs read that alone.
            var tune = parsed.GetValue(_tune) is { } minutes ? options.Tune with { MaxMinutes = minutes } : null;
            var report = new OfflineEvaluation(file, protocol, options, folder, Console.Error.WriteLine).Run(parsed.GetValue(_noModel) ? 0 : parsed.GetValue(_seeds), cancellation, tune);
            var proposed = report.Tuning is { } tuning ? TuningScreen.Write(tuning, folder, pipeline: null) : null;
            if (parsed.GetValue(_report) is { } html) ReportDocument.Write(html, OfflineReportFile.Render(report, Path.GetFileName(path)));
            if (parsed.GetValue(_asJson)) Console.WriteLine(ToJson(report));
            else Print(report, proposed);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"Stopped. What is finished stands in {folder}; the same command goes on from there.");
            throw;
        }
    }

    /// <returns>null where the options name none of the columns</returns>
    /// <param name="beside">the data set's own file</param>
    private static string? AttributesPath(ParseResult parsed, Option<string?> given, IReadOnlyList<string>? features, string option, string? beside) =>
        features is { Count: > 0 } ? parsed.GetValue(given) ?? beside
        : parsed.GetValue(given) is not { } path ? null
        : throw new ConfigurationException([$"{given.Name} {path}: {option} names no column of it, so nothing of it would be used. Name some, such as {option}:0=\"category\", or leave {given.Name} out."]);

    private static string ToJson(OfflineReport report)
    {
        var json = JsonSerializer.SerializeToNode(report, OfflineReport.Json)!;
        if (report.Tuning is { } tuning) json["tuning"] = tuning.ToJson(pipeline: null);
        return json.ToJsonString(OfflineReport.Json);
    }

    private static void Print(OfflineReport report, string? proposed)
    {
        if (report.Tuning is { } tuning)
        {
            TuningScreen.Print(tuning, pipeline: null, proposed);
            Console.WriteLine();
        }
        foreach (var split in report.Rows.GroupBy(row => row.Split))
        {
            Console.WriteLine($"{report.Protocol}, repeats {report.Repeats}, {split.Key}, {split.Max(row => row.Cases):N0} cases{(report.NewUsers > 0 && split.Key == OfflineRow.Test ? $" ({report.NewUsers:N0} users without history left out)" : "")}{(report.Cutoff is { } cutoff && split.Key == OfflineRow.Test ? $", events from {cutoff:yyyy-MM-dd HH:mm}Z on" : "")}");
            Grid.Write(
                ["model", "seed", .. EvaluateCommand.Shown, "95 % of NDCG@10"],
                split.OrderByDescending(row => row.Metrics["NDCG@10"].Value).Select(row => (string[])
                [
                    row.Model, row.Seed?.ToString() ?? "", .. EvaluateCommand.Shown.Select(metric => row.Metrics.TryGetValue(metric, out var value) ? Grid.Metric(value.Value) : ""),
                    Grid.Interval(row.Metrics["NDCG@10"].Low, row.Metrics["NDCG@10"].High),
                ]),
                [.. Enumerable.Range(1, EvaluateCommand.Shown.Length + 1)]);
            Console.WriteLine();
        }
        foreach (var note in report.Notes) Console.WriteLine(note);
        var seeds = report.Rows.Where(row => row.Model == report.Chosen?.Model).Select(row => row.Seed).OfType<ulong>().Distinct().Count();
        Console.WriteLine(report.Chosen is { } chosen
            ? $"Chosen on validation: {chosen.Model}, NDCG@10 {chosen.ValidationNdcg10:0.0000} there, {chosen.TestNdcg10:0.0000} on the test{(seeds > 1 ? $" (means of {seeds} seeds)" : "")}."
            : "Nothing is chosen: there is no validation case.");
    }
}
