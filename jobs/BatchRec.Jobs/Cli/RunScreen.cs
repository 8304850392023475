using BatchRec.Runs;
using Spectre.Console;

namespace BatchRec.Jobs.Cli;

/// <summary>A run on the screen: bars on a terminal, a line for each step that begins or ends elsewhere.</summary>
internal abstract class RunScreen : IAsyncDisposable
{
    public static RunScreen Open() => Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive ? new Lines() : new Bars();

    public abstract void Show(NightView night);

    /// <summary>A notice; the same one twice in a row is one.</summary>
    public abstract void Say(string notice);

    public abstract ValueTask DisposeAsync();

    private static string NameOf(StepRow step) => step.Step.ToString().ToLowerInvariant();

    private static string Took(StepRow step) => step is { Started: { } started, Finished: { } finished } ? $"{(finished - started).TotalSeconds:0.0} s" : "";

    private sealed class Lines : RunScreen
    {
        private readonly Dictionary<Step, (StepState State, int Attempt)> _shown = [];
        private string? _said;

        public override void Show(NightView night)
        {
            foreach (var step in night.Steps.Where(step => step.State is not (StepState.Pending or StepState.Queued)))
            {
                if (_shown.TryGetValue(step.Step, out var shown) && shown == (step.State, step.Attempt)) continue;
                _shown[step.Step] = (step.State, step.Attempt);
                if (step.State == StepState.Running) Console.WriteLine($"  {NameOf(step),-10} started{(step.Attempt > 1 ? $", attempt {step.Attempt}" : "")}");
                else Console.WriteLine($"  {NameOf(step),-10} {step.State.ToString().ToLowerInvariant(),-9} {Took(step),9}  {step.Message}");
            }
        }

        public override void Say(string notice)
        {
            if (_said != notice) Console.WriteLine("  " + notice);
            _said = notice;
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Bars : RunScreen
    {
        private readonly TaskCompletionSource _closed = new();
        private readonly TaskCompletionSource<ProgressContext> _context = new();
        private readonly Dictionary<Step, ProgressTask> _bars = [];
        private readonly Task _drawing;
        private string? _said;

        public Bars()
        {
            _drawing = AnsiConsole.Progress().HideCompleted(false)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new ElapsedTimeColumn())
                .StartAsync(async context =>
                {
                    _context.SetResult(context);
                    await _closed.Task;
                });
        }

        public override void Show(NightView night)
        {
            var context = _context.Task.Result;
            foreach (var step in night.Steps.Where(step => step.State is not (StepState.Pending or StepState.Queued)))
            {
                if (!_bars.TryGetValue(step.Step, out var bar)) _bars[step.Step] = bar = context.AddTask(NameOf(step));
                var message = step.State is StepState.Running or StepState.Done ? step.Message : $"{step.State.ToString().ToLowerInvariant()}: {step.Message}";
                var left = step.State == StepState.Running && night.Forecast.RemainingOf(step) is { } time ? $"{Dashboard.Show.Duration(time)} left, " : "";
                var pace = night.PaceOf(step) is { } rate ? $"{rate:N0} rows/s, " : "";
                // To one line: the step's name and the other columns take about 60 characters.
                bar.Description = $"{NameOf(step),-10} {Markup.Escape(Grid.Shortened(left + pace + message, Math.Max(12, AnsiConsole.Profile.Width - 60)))}";
                bar.Value = 100 * (step.Fraction ?? 0);
                if (step.Finished is not null) bar.StopTask();
            }
        }

        public override void Say(string notice)
        {
            if (_said != notice) AnsiConsole.MarkupLineInterpolated($"[yellow]{notice}[/]");
            _said = notice;
        }

        public override async ValueTask DisposeAsync()
        {
            _closed.SetResult();
            await _drawing;
        }
    }
}
