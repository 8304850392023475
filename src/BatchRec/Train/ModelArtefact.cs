using System.Text.Json;
using BatchRec.Interactions;
using BatchRec.Runs;
using BatchRec.Train.Features;

namespace BatchRec.Train;

/// <summary>
/// What train and refit leave: <c>model.safetensors</c>, <c>curve.json</c> (a point an epoch) and, as facts, the epochs that a refit repeats.
/// A night without a model, since there was nothing to learn from or a baseline won, leaves the reason instead.
/// </summary>
public static class ModelArtefact
{
    private const string Epochs = "epochs", Averaged = "averaged", Reason = "reason", CurveFile = "curve.json";

    public static void Write(ArtefactDraft draft, TrainingResult result)
    {
        ModelFile.Write(Path.Combine(draft.Folder, ModelFile.Name), result.Model);
        // NaN, where nothing was validated, is no JSON: null then.
        var curve = result.Curve.Select(point => new CurvePoint(point.Epoch, point.Loss, Finite(point.Ndcg), Finite(point.AveragedNdcg), point.Seconds));
        File.WriteAllBytes(Path.Combine(draft.Folder, CurveFile), JsonSerializer.SerializeToUtf8Bytes(curve, Manifest.Json));
        draft.Rows = result.Model.Vocabulary.Rows;
        draft.Fact(Epochs, result.BestEpoch);
        draft.Fact(Averaged, result.BestIsAveraged);
        draft.Fact(Reason, $"{result.Stopped} Best epoch {result.BestEpoch}"
            + (double.IsFinite(result.ValidationNdcg) ? $", validation NDCG@10 {result.ValidationNdcg:F4}." : ", nothing to validate on.")
            + string.Concat(result.Notes.Select(note => " " + note)));
    }

    /// <summary>A point an epoch; empty where nothing was trained.</summary>
    public static IReadOnlyList<CurvePoint> CurveOf(Artefact artefact) => artefact.Manifest.Files.Any(file => file.Name == CurveFile)
        ? JsonSerializer.Deserialize<List<CurvePoint>>(File.ReadAllBytes(artefact.PathOf(CurveFile)), Manifest.Json)!
        : [];

    /// <summary>Takes another artefact's model over as it is.</summary>
    public static void Copy(ArtefactDraft draft, Artefact model, string reason)
    {
        File.Copy(model.PathOf(ModelFile.Name), Path.Combine(draft.Folder, ModelFile.Name));
        draft.Rows = model.Manifest.Rows;
        draft.Fact(Reason, reason);
    }

    public static void WriteNone(ArtefactDraft draft, string reason) => draft.Fact(Reason, reason);

    public static bool HasModel(Artefact artefact) => artefact.Manifest.Files.Any(file => file.Name == ModelFile.Name);

    /// <summary>Why there is a model, and which; or why there is none.</summary>
    public static string ReasonOf(Artefact artefact) => artefact.Manifest.Fact<string>(Reason);

    /// <summary>What <see cref="Training.Refit"/> needs of a holdout model.</summary>
    public static (int Epochs, bool Averaged) ScheduleOf(Artefact artefact) => (artefact.Manifest.Fact<int>(Epochs), artefact.Manifest.Fact<bool>(Averaged));

    /// <summary>The model, ready to score; null where the artefact has none.</summary>
    /// <param name="itemCount">Size of tonight's item vocabulary, which may have grown since training.</param>
    /// <param name="device">cpu or cuda</param>
    /// <param name="items">What is known of the items tonight.</param>
    /// <param name="users">What is known of the users tonight.</param>
    /// <param name="untouchedItems"><c>Recommend:UntouchedItems</c></param>
    /// <exception cref="BatchRecException">The model file is damaged or of another version, or the model takes columns that tonight's source doesn't have.</exception>
    public static SasrecRecommender? Open(Artefact artefact, int itemCount, string device, Attributes items, Attributes users, bool untouchedItems)
    {
        if (!HasModel(artefact)) return null;
        var model = ModelFile.Read(artefact.PathOf(ModelFile.Name));
        // Without them its vectors would be wrong, and nobody would see.
        if (ModelColumns.Of(model.Vocabulary.ItemFeatures, model.Vocabulary.UserFeatures).MissingIn(items.Names, users.Names) is { } missing)
            throw new BatchRecException(
                $"The model of {artefact.Folder} was trained with {missing}, which tonight's source doesn't have. "
                + "Have the query yield the column again, or name others in Train:ItemFeatures and Train:UserFeatures and train without it: batchrec run --full");
        return new SasrecRecommender(model, itemCount, device, items, untouchedItems);
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
