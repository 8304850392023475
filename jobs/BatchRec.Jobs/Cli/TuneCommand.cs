using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Runs;
using BatchRec.Train;
using BatchRec.Tune;
using Microsoft.Extensions.Configuration;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec tune</c> and <c>batchrec tune show</c></summary>
internal static class TuneCommand
{
    public static Command Build(Invocation invocation)
    {
        var pipeline = Invocation.PipelineOption();
        var minutes = new Option<double?>("--minutes") { Description = "Training time of all trials together (Tune:MaxMinutes).", HelpName = "N" };
        var trials = new Option<int?>("--trials") { Description = "Trials, the configured options among them (Tune:MaxTrials).", HelpName = "N" };
        var search = new Option<TuneSearch?>("--search") { Description = "Evenly; where earlier trials were good; or so, with bad trials stopped early (Tune:Search).", HelpName = "random|tpe|halving" };
        var seed = new Option<ulong?>("--seed") { Description = "Of the search: the same one gives the same trials (Tune:Seed).", HelpName = "S" };
        var space = new Option<string?>("--space") { Description = "A JSON file with the options to search and their ranges, in place of Tune:Space: { \"Train:Dropout\": \"0.1..0.5\" }", HelpName = "FILE" };
        var asJson = new Option<bool>("--json") { Description = "As JSON, for programs." };
        var command = new Command(
            "tune",
            """
            Searches options of training on what the newest run has prepared, by validation alone: what that run is judged on is not looked at. Changes nothing; it proposes what to write into appsettings.json.
            Interrupted, the same command goes on where it was. Example: batchrec tune --minutes 60
            """)
        {
            pipeline, minutes, trials, search, seed, space, asJson, Show(invocation),
        };
        command.SetAction(async (parsed, _) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            var options = setup.Of(name);
            var tune = options.Tune with
            {
                MaxMinutes = parsed.GetValue(minutes) ?? options.Tune.MaxMinutes, MaxTrials = parsed.GetValue(trials) ?? options.Tune.MaxTrials,
                Search = parsed.GetValue(search) ?? options.Tune.Search, Seed = parsed.GetValue(seed) ?? options.Tune.Seed,
                Space = parsed.GetValue(space) is { } path ? SpaceOf(path) : options.Tune.Space,
            };
            var faults = tune.Faults().ToList();
            if (faults.Count > 0) throw new ConfigurationException(faults);

            using var interrupted = new Interruption();
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, interrupted.Token);
            await using var alone = await RunLock.TryAcquireAsync(databases.ResultsConnectionString, name + "/tune", TimeSpan.Zero, interrupted.Token)
                ?? throw new BatchRecException($"Another process is tuning pipeline {name}. Wait for it (`batchrec tune show`), or stop it.");
            using var stopped = CancellationTokenSource.CreateLinkedTokenSource(interrupted.Token, alone.Lost);
            // One process loads one libtorch: the one that the options name.
            if (options.Torch.LibraryPath is { } library) TorchDevices.Find(library);
            var (store, runs, tunings) = (new ArtefactStore(options.Artefacts.Folder, name, TimeProvider.System), new RunTable(databases.Results, TimeProvider.System), new TuningTable(databases.Results, TimeProvider.System));
            try
            {
                // What is going on isn't the result: programs read that alone.
                var (tuning, report) = await new PipelineTuning(name, options with { Tune = tune }, store, runs, tunings, TimeProvider.System).RunAsync(Console.Error.WriteLine, stopped.Token);
                var file = TuningScreen.Write(report, store.TuningFolder(tuning.TuningId), OwnSection(setup, name));
                if (parsed.GetValue(asJson)) TuningScreen.PrintJson(report, OwnSection(setup, name), tuning, file);
                else TuningScreen.Print(report, OwnSection(setup, name), file);
                return ExitCode.Done;
            }
            catch (OperationCanceledException)
            {
                Console.Error.WriteLine("Stopped. The same command goes on from there; `batchrec tune show` has what was found so far.");
                throw;
            }
        });
        return command;
    }

    private static Command Show(Invocation invocation)
    {
        var pipeline = Invocation.PipelineOption();
        var asJson = new Option<bool>("--json") { Description = "As JSON, for programs." };
        var command = new Command("show", "The newest tuning's trials, the best first, and what it proposes. Example: batchrec tune show") { pipeline, asJson };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var tunings = new TuningTable(databases.Results, TimeProvider.System);
            var tuning = await tunings.NewestAsync(name, cancellation) ?? throw new BatchRecException($"Pipeline {name} has not been tuned yet. Do it: batchrec tune");
            var report = tunings.Report(tuning);
            if (parsed.GetValue(asJson))
            {
                TuningScreen.PrintJson(report, OwnSection(setup, name), tuning, file: null);
                return ExitCode.Done;
            }
            Console.WriteLine($"Tuning {tuning.TuningId} ({Dashboard.Show.Name(tuning.Search)}) of pipeline {name}, on run {tuning.RunId}");
            TuningScreen.Print(report, OwnSection(setup, name), file: null);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The pipeline's name, where it has a section of its own for what is proposed.</summary>
    private static string? OwnSection(Setup setup, string pipeline) => setup.Configuration.GetSection("Pipelines:" + pipeline).Exists() ? pipeline : null;

    private static Dictionary<string, string> SpaceOf(string path)
    {
        if (!File.Exists(path)) throw new ConfigurationException([$"--space is {path}, which is not there; name a JSON file such as {{ \"Train:Dropout\": \"0.1..0.5\" }}."]);
        try
        {
            var ranges = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(path)).Build().AsEnumerable()
                .Where(range => range.Value is not null).ToDictionary(range => range.Key, range => range.Value!);
            var faults = SearchSpace.Faults(ranges).Select(fault => $"{path}: {fault}").ToList();
            return faults.Count == 0 ? ranges : throw new ConfigurationException(faults);
        }
        catch (InvalidDataException fault)
        {
            throw new ConfigurationException([$"{path}: {fault.InnerException?.Message ?? fault.Message} Write JSON such as {{ \"Train:Dropout\": \"0.1..0.5\" }}."]);
        }
    }
}
