using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Dapper;
using Microsoft.Extensions.Logging;

namespace BatchRec.Tests.Jobs;

/// <summary>A night whose steps leave a small artefact each, and whose last one publishes nothing but the run's state.</summary>
internal static class FakeNight
{
    public const string Folder = "FAKE_NIGHT";

    public static readonly Step[] Steps = Enum.GetValues<Step>();

    public static string Program => typeof(FakeNight).Assembly.Location;

    /// <param name="before">Comes before the step's work, and may fail, hang or refuse (a result) instead of it.</param>
    public static StepWork Of(Func<Step, StepContext, CancellationToken, Task<StepResult?>>? before = null, bool onGpu = false, Func<Step, bool>? inChild = null) => new(
        async (step, context, cancellation) =>
            before is not null && await before(step, context, cancellation) is { } instead ? instead : await DoAsync(step, context, cancellation),
        inChild ?? (_ => false), (step, _) => onGpu && inChild?.Invoke(step) == true, _ => 7)
    {
        Program = Program,
    };

    /// <summary>
    /// What a process does: <c>folder/hang-train</c> makes step train wait, <c>fail-train</c> lets it fail, <c>fault-train</c> needs a person, <c>refuse-gate</c>
    /// refuses. Each step notes its process in <c>folder/pid-train</c>. Steps train and refit are children.
    /// </summary>
    public static StepWork OfFolder(string folder) => Of(async (step, context, cancellation) =>
    {
        var name = step.ToString().ToLowerInvariant();
        bool Told(string what) => File.Exists(Path.Combine(folder, $"{what}-{name}"));
        context.Progress.Report(new StepProgress(0.5, "half-way"));
        context.Log.LogInformation("working on {Step}", name);
        await NoteProcessAsync(folder, "pid-" + name);
        while (Told("hang")) await Task.Delay(50, cancellation);
        if (Told("fail")) throw new InvalidOperationException("the disk burns");
        if (Told("fault")) throw new BatchRecException("Mend me.");
        return Told("refuse") ? new StepResult(0, 0, "worse than popularity", Refused: true) : null;
    }, inChild: step => step is Step.Train or Step.Refit) with { IsShared = step => step == Step.Recommend, AssistAsync = (step, _, cancellation) => AssistAsync(folder, step, cancellation) };

    /// <summary><c>folder/hang-assists</c> makes who assists wait, <c>fail-assists</c> lets him fail; his process is noted in <c>folder/assists-recommend</c>.</summary>
    private static async Task<StepResult> AssistAsync(string folder, Step step, CancellationToken cancellation)
    {
        await NoteProcessAsync(folder, $"assists-{step.ToString().ToLowerInvariant()}");
        while (File.Exists(Path.Combine(folder, "hang-assists"))) await Task.Delay(50, cancellation);
        if (File.Exists(Path.Combine(folder, "fail-assists"))) throw new InvalidOperationException("no memory left");
        return new StepResult(0, 0, "assisted");
    }

    /// <summary>Whole or not at all: a test reads it as soon as it is there.</summary>
    private static async Task NoteProcessAsync(string folder, string name)
    {
        var noted = Path.Combine(folder, "noted-" + Guid.NewGuid());
        await File.WriteAllTextAsync(noted, $"{Environment.ProcessId}", CancellationToken.None);
        File.Move(noted, Path.Combine(folder, name), overwrite: true);
    }

    private static async Task<StepResult> DoAsync(Step step, StepContext context, CancellationToken cancellation)
    {
        if (Artefact.MadeBy.TryGetValue(step, out var name))
        {
            await context.Store.GetOrCreateAsync(context.Run.RunId, name, async (draft, _) =>
                await File.WriteAllTextAsync(Path.Combine(draft.Folder, "content"), $"{step} in epoch {context.Epoch}", CancellationToken.None), cancellation);
            return new StepResult(10, 100, $"made {name}");
        }
        await using var connection = await context.Results.OpenConnectionAsync(cancellation);
        var published = await connection.ExecuteAsync(
            """
            WITH run AS (UPDATE batchrec.run SET state = 'published', finished = now(), message = 'published' WHERE run_id = @run AND epoch = @epoch RETURNING run_id)
            UPDATE batchrec.run_step AS step SET state = 'done', finished = now(), fraction = 1, rows = 3, message = 'published'
            FROM run WHERE step.run_id = run.run_id AND step.step = 'publish'
            """, new { run = context.Run.RunId.Value, epoch = context.Epoch });
        Assert(published == 1);
        return new StepResult(3, 0, "published");
    }

    private static void Assert(bool holds)
    {
        if (!holds) throw new InvalidOperationException("This attempt was fenced.");
    }
}
