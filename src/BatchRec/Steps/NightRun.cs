using BatchRec.Configuration;
using BatchRec.Evaluate;
using BatchRec.Extract;
using BatchRec.Interactions;
using BatchRec.Prepare;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;
using BatchRec.Train.Features;

namespace BatchRec.Steps;

/// <summary>A run as its steps see it: what it was given, and its artefacts, found, opened and made.</summary>
internal sealed class NightRun(StepContext context)
{
    public StepContext Context { get; } = context;

    /// <summary>With what is asked in training settled.</summary>
    public PipelineOptions Options { get; } = context.Options with { Train = context.Options.Train.Asking(context.Options.Evaluate.Baskets) };

    public RunRow Run => Context.Run;

    public ulong Seed => (ulong)Run.Seed;

    /// <summary>Microseconds since 1970, UTC.</summary>
    public long AsOf => PostgresTime.Microseconds(Run.AsOf);

    /// <summary>How the lists that are served treat what the user has had.</summary>
    public string ServedRepeats => RepeatRule.OfServed(Options.Recommend);

    public Task<Artefact> OpenAsync(string artefact, CancellationToken cancellation) => Context.Store.OpenAsync(Run.RunId, artefact, cancellation);

    public async Task<Artefact> MakeAsync(string artefact, Func<ArtefactDraft, Task> make, CancellationToken cancellation)
    {
        var made = await Context.Store.GetOrCreateAsync(Run.RunId, artefact, (draft, _) => make(draft), cancellation);
        await Context.Runs.ArtefactMadeAsync(Run.RunId, made, cancellation);
        return made;
    }

    /// <summary>An artefact of the run whose lists are live; null before the first publication, or where it was collected since.</summary>
    public async Task<Artefact?> LiveArtefactAsync(string artefact, CancellationToken cancellation) =>
        await Context.Runs.LastPublishedAsync(Run.Pipeline, cancellation) is { } live && live.RunId != Run.RunId ? Context.Store.Find(live.RunId, artefact) : null;

    /// <summary>Whether indices are the live run's own: tonight's maps were grown from its.</summary>
    public async Task<bool> IsMappedByLiveAsync(Artefact sequences, CancellationToken cancellation) =>
        await LiveArtefactAsync(Artefact.Sequences, cancellation) is { } mapped && sequences.Manifest.Parents.Values.Contains(mapped.Sha256);

    /// <summary>Another artefact of the run that tonight's holdout model was taken over from; null where it was trained tonight.</summary>
    public async Task<Artefact?> KeptAsync(Artefact holdoutModel, string artefact, CancellationToken cancellation) =>
        KeptTraining.From(holdoutModel) is not { } from ? null
        : Context.Store.Find(from, artefact) is not null ? await Context.Store.OpenAsync(from, artefact, cancellation)
        : throw new BatchRecException($"Run {Run.RunId} serves on the model of run {from}, whose {artefact} was collected since. Train anew: batchrec run --from train");

    /// <param name="models">Those that will be opened on it: what they are told of users may be more than tonight's options name.</param>
    public PreparedData Load(Artefact sequences, params IEnumerable<Artefact?> models) => PreparedData.Load(
        sequences, withUsers: Options.Train.UserFeatures is { Count: > 0 } || models.OfType<Artefact>().Any(model => ModelColumns.Of(model).Users.Count > 0));

    public Holdout HoldoutOf(PreparedData data) => Holdout.Of(data.Sequences, Options.Evaluate, AsOf);

    public SasrecRecommender? OpenModel(Artefact model, PreparedData data) => ModelArtefact.Open(
        model, data.Items.Count, Options.Train.Device, data.Catalogue.Attributes, data.Sequences.UserAttributes, Options.Recommend.UntouchedItems);

    public static bool HasReranker(Artefact model) => model.Manifest.Files.Any(file => file.Name == RerankModel.FileName);

    public Reranker OpenReranker(Artefact artefact, SasrecRecommender? model) => new(RerankModel.Read(artefact.PathOf(RerankModel.FileName)), model!, Options.Train.Device);

    /// <summary>Columns that a model was trained with and tonight's source doesn't have; null where it has all.</summary>
    public static string? MissingIn(Artefact sequences, Artefact model)
    {
        var (items, users) = PreparedData.ColumnsOf(sequences);
        return ModelColumns.Of(model).MissingIn(items, users);
    }

    public Task<RunLock?> ClaimAsync(string shard, CancellationToken cancellation) => Context.TryLock($"{Run.Pipeline}/{Run.RunId}/{shard}", cancellation);

    public static StepResult Result(Artefact made, string message, bool refused = false) =>
        new(made.Manifest.Rows, made.Manifest.Files.Sum(file => file.Bytes), message, refused);

    /// <summary>What a step says first that has taken its artefact over.</summary>
    public static string Kept(Artefact made) => KeptTraining.From(made) is { } from ? $"{KeptTraining.Said} {from}: " : "";
}
