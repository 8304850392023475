using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Jobs.Steps;

/// <summary>
/// Writes where a step stands into its row, once a second, however often the step says so. The same write finds out that the run was cancelled or
/// taken over meanwhile.
/// </summary>
public sealed class ProgressWriter : IProgress<StepProgress>, IAsyncDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _fenced = new();
    private readonly Task _writing;
    private volatile StepProgress _latest = new(0, "started");

    /// <param name="memory">Asked at each write.</param>
    /// <param name="log">So is this.</param>
    public ProgressWriter(RunTable runs, RunId run, Step step, int epoch, Func<long?> memory, Func<string?> log) =>
        _writing = WriteAsync(runs, run, step, epoch, memory, log);

    /// <summary>Cancelled when the row is no longer this attempt's.</summary>
    public CancellationToken Fenced => _fenced.Token;

    public void Report(StepProgress value) => _latest = value;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _writing;
        _ended.Dispose();
        _fenced.Dispose();
    }

    private async Task WriteAsync(RunTable runs, RunId run, Step step, int epoch, Func<long?> memory, Func<string?> log)
    {
        while (true)
        {
            try
            {
                await Task.Delay(Between, _ended.Token);
                var (fraction, message) = _latest;
                if (await runs.StepProgressAsync(run, step, epoch, (float)fraction, message, memory(), log(), _ended.Token)) continue;
                // A publication ends its run before it tidies up.
                if (await runs.GetAsync(run, _ended.Token) is not { State: RunState.Published }) await _fenced.CancelAsync();
                return;
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException)
            {
                // The lock's connection says when the database is gone for good; a missed line of progress is none the worse.
            }
        }
    }
}
