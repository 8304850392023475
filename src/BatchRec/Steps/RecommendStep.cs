using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BatchRec.Blend;
using BatchRec.Evaluate.Baselines;
using BatchRec.Gate;
using BatchRec.Interactions;
using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;
using Microsoft.Extensions.Logging;

namespace BatchRec.Steps;

/// <summary>The lists of all users, in shards that other workers may make too.</summary>
internal static class RecommendStep
{
    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        var from = await ListSourcesAsync(night, cancellation);
        var elsewhere = 0;
        var made = await night.MakeAsync(Artefact.TopN, async draft =>
        {
            draft.Parent(from.Sequences);
            draft.Parent(from.Evaluation);
            draft.Parent(from.Model);
            using var opened = Opened.Of(night, from);
            (var lists, elsewhere) = await RecommendationOf(night, from, opened).RunAsync(draft, night.ClaimAsync, night.Context.Progress, night.Context.Clock, cancellation);
            SampleAttention(night, draft.Folder, lists, opened.Data, from.Explaining, opened.Refitted, cancellation);
        }, cancellation);
        var standing = made.Manifest.Facts.ContainsKey(KeptLists.CountFact) ? made.Manifest.Fact<long>(KeptLists.CountFact) : 0;
        return NightRun.Result(made, $"Lists of {made.Manifest.Fact<string>(Recommendation.Recommender)} for {made.Manifest.Rows:N0} users{(standing > 0 ? $", {standing:N0} of them as they were" : "")}{(elsewhere > 0 ? $"; {elsewhere:N0} of {night.Options.Recommend.Shards:N0} shards were there already or are other workers'" : "")}.");
    }

    private const string Finished = "The lists were finished meanwhile.";

    /// <summary>Makes shards of the lists beside the worker that runs the step, until none is left; what is made is that worker's.</summary>
    public static async Task<StepResult> AssistAsync(NightRun night, CancellationToken cancellation)
    {
        var from = await ListSourcesAsync(night, cancellation);
        var work = night.Context.Store.WorkFolder(night.Run.RunId, Artefact.TopN);
        // The other worker may not have come so far yet. It watches over us: a step that fails ends this too.
        while (!Directory.Exists(work))
        {
            if (night.Context.Store.Find(night.Run.RunId, Artefact.TopN) is not null) return new StepResult(0, 0, Finished);
            await Task.Delay(TimeSpan.FromSeconds(1), night.Context.Clock, cancellation);
        }
        using var opened = Opened.Of(night, from);
        try
        {
            var made = await RecommendationOf(night, from, opened).AssistAsync(work, night.ClaimAsync, night.Context.Clock, cancellation);
            return new StepResult(0, 0, $"Made {made:N0} of {night.Options.Recommend.Shards:N0} shards.");
        }
        catch (Exception) when (night.Context.Store.Find(night.Run.RunId, Artefact.TopN) is not null)
        {
            return new StepResult(0, 0, Finished);
        }
    }

    /// <summary>What lists are made from.</summary>
    private sealed record ListSources(Artefact Sequences, Artefact HoldoutModel, Artefact Evaluation, Artefact Verdict, Artefact Model, Artefact? Previous)
    {
        /// <summary>Name of the recommender whose lists are published.</summary>
        public string Published { get; } = Gate.Verdict.Read(Verdict.Folder).Published!;

        /// <summary>The model whose vectors give reasons: a baseline's lists have some too, where a model was judged beside it.</summary>
        public Artefact Explaining => ModelArtefact.HasModel(Model) ? Model : HoldoutModel;
    }

    /// <param name="Refitted">null where a baseline's lists are published</param>
    /// <param name="Reranker">null where lists are published as they are found</param>
    private sealed record Opened(PreparedData Data, SasrecRecommender? Refitted, Reranker? Reranker) : IDisposable
    {
        public static Opened Of(NightRun night, ListSources from)
        {
            var data = night.Load(from.Sequences, from.Model, from.HoldoutModel);
            var refitted = night.OpenModel(from.Model, data);
            try
            {
                return new Opened(data, refitted, from.Published == RerankedRecommender.Id ? night.OpenReranker(from.Model, refitted) : null);
            }
            catch
            {
                refitted?.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            Reranker?.Dispose();
            Refitted?.Dispose();
        }
    }

    private static async Task<ListSources> ListSourcesAsync(NightRun night, CancellationToken cancellation)
    {
        var holdoutModel = await night.OpenAsync(Artefact.HoldoutModel, cancellation);
        var sequences = await night.OpenAsync(Artefact.Sequences, cancellation);
        var previous = KeptTraining.From(holdoutModel) is null || !await night.IsMappedByLiveAsync(sequences, cancellation) ? null : await night.LiveArtefactAsync(Artefact.TopN, cancellation);
        previous?.Verify();
        return new ListSources(
            sequences, holdoutModel, await night.OpenAsync(Artefact.Evaluation, cancellation),
            await night.OpenAsync(Artefact.Verdict, cancellation), await night.OpenAsync(Artefact.Model, cancellation), previous);
    }

    private static Recommendation RecommendationOf(NightRun night, ListSources from, Opened opened)
    {
        var (data, refitted, reranker) = opened;
        var published = from.Published;
        // What counts is counted on what lay before the model's night: lists that are kept and lists that are made go by the same counts.
        var trainedFor = from.HoldoutModel.Manifest.Fact<long>(KeptTraining.TrainedFor);
        var log = trainedFor < night.AsOf ? data.Sequences.Until(data.Sequences.EndsBefore(trainedFor)) : data.Sequences;
        var served = Served.Of(published, from.Evaluation);
        var counted = served.Blend is null && refitted is not null ? "" : FittedBaselines.CountedOf(log);
        var baselines = FittedBaselines.Open(from.Model, counted, served.Baselines, log, trainedFor, night.Options.Evaluate.DenseItems);
        var (recommender, source) = served.Blend is { } weights ? (new BlendedRecommender(BlendedRecommender.PartsOf(refitted, baselines), weights, log), Recommendation.FromBlend)
            : refitted is null ? ((IRecommender)(baselines.Count == 1 ? baselines[0] : BaselineSet.Fit(published, log, trainedFor, night.Options.Evaluate.DenseItems)), Recommendation.FromBaseline)
            : (refitted, Recommendation.FromModel);
        if (reranker is not null) (recommender, source) = (RerankedRecommender.Over((ISearchedRecommender)recommender, reranker, served.Rerank), Recommendation.FromReranking);
        IEnumerable<ManifestFile> files = [.. from.Explaining.Manifest.Files, .. from.Model.Manifest.Files, .. from.Evaluation.Manifest.Files.Where(file => file.Name is BlendWeights.FileName or RerankWeight.FileName)];
        var basis = new ListsBasis
        {
            Recommender = published, Files = [.. files.Select(file => file.Sha256).Distinct()],
            Log = counted, EventTypes = data.Sequences.EventTypes,
            ItemAttributes = refitted?.AttributesHash ?? "", ItemVectors = refitted is { AttributesHash.Length: > 0 } ? refitted.VectorInHistories : null, UserAttributes = refitted?.UserAttributes ?? [],
            Unavailable = reranker is null ? "" : Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(Recommendation.Unavailable(data)))),
            DependsOnTime = night.Options.Train.QueryGap || night.Options.Recommend.ExcludeSeenDays > 0 || published == PersonalFrequency.Id,
        };
        return new Recommendation(data, recommender, source, night.Options.Recommend, night.AsOf, basis, ItemSpace.Of(from.Explaining), from.Previous);
    }

    /// <summary>The lists are made: a picture of where the model looks that can't be drawn changes nothing of that.</summary>
    /// <param name="refitted">The model, opened; null where a baseline's lists are published: one may still want to see where the model that was judged looks.</param>
    private static void SampleAttention(NightRun night, string folder, IReadOnlyList<Shard> lists, PreparedData data, Artefact explaining, SasrecRecommender? refitted, CancellationToken cancellation)
    {
        try
        {
            using var judged = refitted is null ? night.OpenModel(explaining, data) : null;
            if ((refitted ?? judged) is { } looking)
                AttentionSample.Of(data, looking, explaining.Manifest.Artefact, night.AsOf, lists, night.Options.Recommend.Because > 0).Write(folder);
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
        {
            night.Context.Log.LogWarning(fault, "Where the model of run {Run} looks could not be sampled; its report goes without", night.Run.RunId);
            // Cut off, perhaps.
            File.Delete(Path.Combine(folder, AttentionSample.FileName));
        }
    }
}
