using System.Diagnostics;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Steps;

/// <summary>A step in a child process, seen from its parent.</summary>
/// <param name="start">What to start; it has to speak <see cref="StepMessage"/>.</param>
/// <param name="grace">From the request to stop to the kill.</param>
/// <param name="told">How long after a child that was asked to stop we may be asked ourselves: a service manager and a terminal ask both at once.</param>
/// <param name="log">Takes the child's log, line by line.</param>
public sealed class StepProcess(ProcessStartInfo start, TimeSpan grace, TimeSpan told, IProgress<StepProgress> progress, Action<string> log)
{
    private volatile PeakMemory? _memory;
    private long? _reported;

    /// <summary>As its process says at its end; as we see it, until then.</summary>
    public long? PeakMemoryBytes => _reported ?? _memory?.Bytes;

    /// <summary>The child <c>program step RUN STEP --epoch N [--assist]</c>. Settings go by its environment, since everyone can read arguments.</summary>
    public static ProcessStartInfo StartOf(string program, Setup setup, RunRow run, Step step, int epoch, bool assist = false)
    {
        // The program may run as `batchrec`, as `dotnet batchrec.dll`, or inside another host.
        var executable = Path.ChangeExtension(program, null);
        var start = File.Exists(executable) ? new ProcessStartInfo(executable) : new ProcessStartInfo(DotnetHost) { ArgumentList = { program } };
        foreach (var argument in (string[])["step", run.RunId.Value, step.ToString().ToLowerInvariant(), "--epoch", $"{epoch}", .. assist ? ["--assist"] : Array.Empty<string>()]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in Settings.AsEnvironment(setup.CommandLine)) start.Environment[name] = value;
        if (setup.Of(run).Torch.LibraryPath is { } library) start.Environment["BATCHREC_TORCH_LIBRARY"] = library;
        return start;
    }

    /// <param name="stop">Asks the child to write its checkpoint and end.</param>
    /// <param name="kill">Ends it at once: someone else may be at the step now.</param>
    /// <exception cref="SupersededException">Another attempt has taken over.</exception>
    /// <exception cref="BatchRecException">The child met a fault that a person has to mend.</exception>
    /// <exception cref="StepFailedException">The child ended without a result.</exception>
    /// <exception cref="OperationCanceledException">The child ended because it was asked to.</exception>
    public async Task<StepResult> RunAsync(CancellationToken stop, CancellationToken kill)
    {
        // The child ends when its standard input does: the pipe closes however we die. (PR_SET_PDEATHSIG fires when the thread that forked ends.)
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        _memory = PeakMemory.Of(process.Id);

        StepMessage? last = null;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            if (StepMessage.Parse(line.Data) is not { } message) log(line.Data);
            else if (message is StepMessage.Progressed step) progress.Report(step.Progress);
            else last = message;
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null) log(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var late = new CancellationTokenSource();
        await using (stop.Register(() =>
                     {
                         Signals.Send(process.Id, Signals.Terminate);
                         late.CancelAfter(grace);
                     }))
        await using (late.Token.Register(process.Kill))
        await using (kill.Register(process.Kill))
            await process.WaitForExitAsync(CancellationToken.None);

        if (last is StepMessage.Ended ended && process.ExitCode == 0)
        {
            _reported = ended.PeakMemoryBytes;
            return ended.Result;
        }
        if (last is StepMessage.Stopped && !stop.IsCancellationRequested) await Task.Delay(told, stop);
        stop.ThrowIfCancellationRequested();
        kill.ThrowIfCancellationRequested();
        throw last switch
        {
            StepMessage.Faulted { Superseded: true } fault => new SupersededException(fault.Message),
            StepMessage.Faulted { Mendable: true } fault => new BatchRecException(fault.Message),
            StepMessage.Faulted fault => new StepFailedException(fault.Message),
            StepMessage.Stopped => new StepFailedException("The step's process was asked to stop (SIGTERM), and not by this server."),
            _ when Signals.NameOf(process.ExitCode) is { } signal => new StepFailedException($"The step's process was killed by {signal}."),
            _ => new StepFailedException($"The step's process ended with exit code {process.ExitCode} and no result."),
        };
    }

    private static string DotnetHost =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
}
