using System.Security.Cryptography;
using System.Text.Json;
using BatchRec.Configuration;
using BatchRec.Runs;

namespace BatchRec.Steps;

/// <summary>What a night that trains nothing takes over from the live run: its model, how that did, the verdict on it (<c>Train:EveryDays</c>).</summary>
internal static class KeptTraining
{
    /// <summary>Fact of a holdout model: microseconds since 1970, UTC; the night that it was trained for.</summary>
    public const string TrainedFor = "trainedFor";

    /// <summary>What a step says first that has taken its artefact over: <c>As in run 20261122_020000_3f9a: …</c>.</summary>
    public const string Said = "As in run";

    /// <summary>Fact of a holdout model that was taken over: the run that it comes from.</summary>
    private const string KeptFrom = "keptFrom";

    /// <summary>Fact of a holdout model: a hash of the options that decide what is learnt and judged.</summary>
    private const string Recipe = "recipe";

    /// <summary>Notes what a later night asks before it takes the model over.</summary>
    public static void Sign(ArtefactDraft draft, PipelineOptions options, long asOf)
    {
        draft.Fact(TrainedFor, asOf);
        draft.Fact(Recipe, RecipeOf(options));
    }

    /// <summary>Whether a live run's model can be served on at an instant (microseconds since 1970, UTC).</summary>
    public static bool Serves(Artefact holdoutModel, PipelineOptions options, long asOf) =>
        holdoutModel.Manifest.Facts.TryGetValue(Recipe, out var recipe) && recipe.GetString() == RecipeOf(options)
        && asOf - holdoutModel.Manifest.Fact<long>(TrainedFor) is > 0 and var age && age < TimeSpan.FromDays(options.Train.EveryDays).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <exception cref="BatchRecException">A file of the artefact is missing, truncated or changed.</exception>
    public static void TakeOver(ArtefactDraft draft, Artefact artefact)
    {
        artefact.Verify();
        draft.TakeOver(artefact);
        draft.Fact(KeptFrom, artefact.Manifest.Run);
    }

    /// <summary>The night that a holdout model was trained for.</summary>
    public static DateTimeOffset DayOf(Artefact holdoutModel) => DateTimeOffset.UnixEpoch.AddMicroseconds(holdoutModel.Manifest.Fact<long>(TrainedFor));

    /// <summary>The run that an artefact was taken over from; null where it was made.</summary>
    public static RunId? From(Artefact artefact) => artefact.Manifest.Facts.TryGetValue(KeptFrom, out var run) ? RunId.Parse(run.GetString()!) : null;

    private static string RecipeOf(PipelineOptions options)
    {
        // Of the lists only what they leave out is learnt and judged by.
        var deciding = new
        {
            Train = options.Train with { EveryDays = 1, MaxMinutes = 0, Threads = 0 }, options.Evaluate, options.Blend, options.Rerank, options.Gate,
            options.Recommend.ExcludeSeen, options.Recommend.ExcludeSeenDays, options.Recommend.MinHistory, options.Recommend.UntouchedItems,
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(deciding, Manifest.Json)));
    }
}
