using System.Diagnostics;
using System.Runtime.InteropServices;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Steps;

/// <summary>A step in a child process, seen from inside: progress and result on standard output, the log on standard error.</summary>
public static class StepChild
{
    /// <param name="load">A fault of the configuration is a message to the parent like any other.</param>
    /// <param name="work">Does the step, or its share of it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        Func<Setup> load, Func<Step, StepContext, CancellationToken, Task<StepResult>> work, RunId run, Step step, int epoch, ILoggerFactory logs)
    {
        // Native libraries and stray writes must not tear a message apart.
        var messages = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
        Console.SetOut(Console.Error);
        EndWithParent();
        EndBeforeParent();

        using var stop = new CancellationTokenSource();
        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        try
        {
            var setup = load();
            await using var databases = new Databases(setup.ConnectionStrings);
            var runs = new RunTable(databases.Results, TimeProvider.System);
            var row = await runs.GetAsync(run, stop.Token) ?? throw new BatchRecException($"There is no run {run} in the results database.");
            var context = StepContexts.Of(row, epoch, setup, databases, runs, new Reporter(messages), logs.CreateLogger($"BatchRec.{step}"), TimeProvider.System);
            var result = await Task.Run(() => work(step, context, stop.Token));
            messages.WriteLine(new StepMessage.Ended(result, PeakMemory.Of(Environment.ProcessId).Bytes).ToLine());
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            messages.WriteLine(new StepMessage.Stopped().ToLine());
            return ExitCode.Failed;
        }
        catch (Exception fault)
        {
            if (fault is not BatchRecException) Console.Error.WriteLine(fault);
            messages.WriteLine(new StepMessage.Faulted(fault.Message, fault is BatchRecException, fault is SupersededException).ToLine());
            return ExitCode.Failed;
        }
    }

    /// <summary>Our standard input is a pipe from the parent, which never writes: its end is the parent's. Then at once, since another worker may take the step over.</summary>
    private static void EndWithParent()
    {
        var parent = Console.OpenStandardInput();
        new Thread(() =>
        {
            while (parent.Read(new byte[1]) > 0) { }
            Process.GetCurrentProcess().Kill();
        }) { IsBackground = true, Name = "parent" }.Start();
    }

    /// <summary>Where memory runs out, the kernel is to end the step rather than the server that would tell of it.</summary>
    private static void EndBeforeParent()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "500");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or a parent that is meant to go first: then it stays as it is.
        }
    }

    /// <summary>Five lines a second at most.</summary>
    private sealed class Reporter(TextWriter messages) : IProgress<StepProgress>
    {
        private readonly Stopwatch _since = new();

        public void Report(StepProgress value)
        {
            lock (_since)
            {
                if (_since is { IsRunning: true, ElapsedMilliseconds: < 200 }) return;
                _since.Restart();
            }
            messages.WriteLine(new StepMessage.Progressed(value).ToLine());
        }
    }
}
