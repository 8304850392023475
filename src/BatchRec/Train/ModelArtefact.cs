using System.Text.Json;
using BatchRec.Interactions;
using BatchRec.Runs;
using BatchRec.Train.Features;

namespace BatchRec.Train;

/// <summary>
/// What train and refit leave: <c>model.safetensors</c> (a file a member), <c>curve.json</c> (a point an epoch) and, as facts, the epochs that a refit repeats.
/// Beside the model stands what baselines have counted, where later nights serve both on (<see cref="Evaluate.Baselines.FittedBaselines"/>).
/// A night without a model, since there was nothing to learn from or a baseline won, leaves the reason instead.
/// </summary>
public static class ModelArtefact
{
    private const string Epochs = "epochs", Averaged = "averaged", Reason = "reason", CurveFile = "curve.json";

    /// <param name="members">The first stands in <c>model.safetensors</c>, the others in <c>model-2.safetensors</c> and on.</param>
    public static void Write(ArtefactDraft draft, IReadOnlyList<TrainingResult> members)
    {
        for (var member = 0; member < members.Count; member++)
        {
            ModelFile.Write(Path.Combine(draft.Folder, FileOf(member)), members[member].Model);
            draft.Fact(OfMember(Epochs, member), members[member].BestEpoch);
            draft.Fact(OfMember(Averaged, member), members[member].BestIsAveraged);
        }
        // NaN, where nothing was validated, is no JSON: null then. Members' epochs are counted on.
        var curve = members.SelectMany((one, member) => one.Curve.Select(point => new CurvePoint(
            members.Take(member).Sum(before => before.Curve.Count) + point.Epoch, point.Loss, Finite(point.Ndcg), Finite(point.AveragedNdcg), point.Seconds)));
        File.WriteAllBytes(Path.Combine(draft.Folder, CurveFile), JsonSerializer.SerializeToUtf8Bytes(curve, Manifest.Json));
        draft.Rows = members[0].Model.Vocabulary.Rows;
        draft.Fact(Reason, string.Join(' ', members.Select((one, member) => (members.Count == 1 ? "" : $"Member {member + 1}: ") + $"{one.Stopped} Best epoch {one.BestEpoch}"
            + (double.IsFinite(one.ValidationNdcg) ? $", validation NDCG@10 {one.ValidationNdcg:F4}." : ", nothing to validate on."))
            .Concat(members.SelectMany(one => one.Notes).Distinct())));
    }

    /// <summary>A point an epoch; empty where nothing was trained.</summary>
    public static IReadOnlyList<CurvePoint> CurveOf(Artefact artefact) => artefact.Manifest.Files.Any(file => file.Name == CurveFile)
        ? JsonSerializer.Deserialize<List<CurvePoint>>(File.ReadAllBytes(artefact.PathOf(CurveFile)), Manifest.Json)!
        : [];

    /// <summary>Takes another artefact's model over as it is.</summary>
    public static void Copy(ArtefactDraft draft, Artefact model, string reason)
    {
        foreach (var file in FilesOf(model)) File.Copy(model.PathOf(file), Path.Combine(draft.Folder, file));
        draft.Rows = model.Manifest.Rows;
        draft.Fact(Reason, reason);
    }

    public static void WriteNone(ArtefactDraft draft, string reason) => draft.Fact(Reason, reason);

    public static bool HasModel(Artefact artefact) => artefact.Manifest.Files.Any(file => file.Name == ModelFile.Name);

    /// <summary>Why there is a model, and which; or why there is none.</summary>
    public static string ReasonOf(Artefact artefact) => artefact.Manifest.Fact<string>(Reason);

    /// <summary>What <see cref="Ensemble.Refit"/> needs of a holdout model.</summary>
    public static IReadOnlyList<(int Epochs, bool Averaged)> SchedulesOf(Artefact artefact) =>
        [.. FilesOf(artefact).Select((_, member) => (artefact.Manifest.Fact<int>(OfMember(Epochs, member)), artefact.Manifest.Fact<bool>(OfMember(Averaged, member))))];

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
        TrainedModel[] members = [.. FilesOf(artefact).Select(file => ModelFile.Read(artefact.PathOf(file)))];
        // Without them its vectors would be wrong, and nobody would see.
        if (ModelColumns.Of(members[0].Vocabulary.ItemFeatures, members[0].Vocabulary.UserFeatures).MissingIn(items.Names, users.Names) is { } missing)
            throw new BatchRecException(
                $"The model of {artefact.Folder} was trained with {missing}, which tonight's source doesn't have. "
                + "Have the query yield the column again, or name others in Train:ItemFeatures and Train:UserFeatures and train without it: batchrec run --full");
        return new SasrecRecommender(members, itemCount, device, items, untouchedItems);
    }

    /// <summary>A file a member.</summary>
    internal static IEnumerable<string> FilesOf(Artefact artefact) =>
        Enumerable.Range(0, int.MaxValue).Select(FileOf).TakeWhile(name => artefact.Manifest.Files.Any(file => file.Name == name));

    private static string FileOf(int member) => member == 0 ? ModelFile.Name : $"{Path.GetFileNameWithoutExtension(ModelFile.Name)}-{member + 1}{Path.GetExtension(ModelFile.Name)}";

    private static string OfMember(string fact, int member) => member == 0 ? fact : $"{fact} {member + 1}";

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
