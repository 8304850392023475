using System.Globalization;
using System.Reflection;
using System.Text.Json;
using BatchRec.Train.Encoders;
using BatchRec.Train.Features;

namespace BatchRec.Train;

/// <summary>
/// <c>model.safetensors</c>: the parameters, the vocabulary, and as metadata what is needed to use and to reproduce them. Written whole or
/// not at all.
/// </summary>
public static class ModelFile
{
    public const string Name = "model.safetensors";

    /// <summary>Raised when the meaning of a parameter or of the metadata changes.</summary>
    public const int FormatVersion = 1;

    internal const string Items = "items";

    private const string ItemFeatures = "item_features", UserFeatures = "user_features", ValueEdges = "value_edges";

    public static void Write(string path, TrainedModel model) => new Safetensors(Metadata(model), model.Parameters, new Dictionary<string, int[]>
    {
        [Items] = model.Vocabulary.Items,
    }).Write(path);

    /// <exception cref="BatchRecException">
    /// The file is missing, damaged, of another format version, or its arrays don't have the shapes that its options give.
    /// </exception>
    public static TrainedModel Read(string path)
    {
        var file = Safetensors.Read(path);
        var version = Text("format_version");
        if (version != FormatVersion.ToString(CultureInfo.InvariantCulture))
            throw new BatchRecException($"{path} is a model of format version {version} (written by BatchRec {Text("code_version")}); this build reads {FormatVersion}. Train it again with this build.");
        try
        {
            var options = JsonSerializer.Deserialize<TrainOptions>(Text("options")) ?? throw new JsonException("options are null");
            var items = file.Integers.GetValueOrDefault(Items) ?? throw new FormatException("it holds no items");
            var model = new TrainedModel
            {
                Options = options,
                Vocabulary = new Vocabulary(int.Parse(Text("item_count"), CultureInfo.InvariantCulture), items, JsonSerializer.Deserialize<string[]>(Text("event_types")))
                {
                    ItemFeatures = Features(file.Metadata, ItemFeatures), UserFeatures = Features(file.Metadata, UserFeatures),
                    ValueEdges = file.Metadata.TryGetValue(ValueEdges, out var edges) ? JsonSerializer.Deserialize<double[]>(edges) ?? throw new JsonException($"{ValueEdges} are null") : [],
                },
                Seed = ulong.Parse(Text("seed"), CultureInfo.InvariantCulture),
                Parameters = file.Floats,
            };
            using var network = SequenceModel.Of(model.Vocabulary, options);
            network.Load(model.Parameters);
            return model;
        }
        catch (Exception fault) when (fault is JsonException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw Unusable(path, fault);
        }

        string Text(string name) => file.Metadata.TryGetValue(name, out var text)
            ? text
            : throw new BatchRecException($"{path} lacks {name} in its metadata: it is no BatchRec model. Name a {Name} that `train` has written.");
    }

    /// <summary>The features that a model takes, without reading its parameters.</summary>
    /// <exception cref="BatchRecException">The file is missing or damaged.</exception>
    public static (FeatureSchema Items, FeatureSchema Users) ReadFeatures(string path)
    {
        var metadata = Safetensors.ReadMetadata(path);
        try
        {
            return (Features(metadata, ItemFeatures), Features(metadata, UserFeatures));
        }
        catch (JsonException fault)
        {
            throw Unusable(path, fault);
        }
    }

    // Older models of this version take none.
    private static FeatureSchema Features(IReadOnlyDictionary<string, string> metadata, string name) =>
        metadata.TryGetValue(name, out var text) ? JsonSerializer.Deserialize<FeatureSchema>(text) ?? throw new JsonException($"{name} are null") : FeatureSchema.None;

    private static BatchRecException Unusable(string path, Exception fault) => new($"{path} is no model that this build can use: {fault.Message}. Train it again.", fault);

    private static Dictionary<string, string> Metadata(TrainedModel model) => new()
    {
        ["format_version"] = FormatVersion.ToString(CultureInfo.InvariantCulture),
        ["encoder"] = model.Options.Encoder,
        ["options"] = JsonSerializer.Serialize(model.Options),
        ["event_types"] = JsonSerializer.Serialize(model.Vocabulary.EventTypes),
        [ItemFeatures] = JsonSerializer.Serialize(model.Vocabulary.ItemFeatures),
        [UserFeatures] = JsonSerializer.Serialize(model.Vocabulary.UserFeatures),
        [ValueEdges] = JsonSerializer.Serialize(model.Vocabulary.ValueEdges),
        ["item_count"] = model.Vocabulary.ItemCount.ToString(CultureInfo.InvariantCulture),
        ["seed"] = model.Seed.ToString(CultureInfo.InvariantCulture),
        ["code_version"] = typeof(ModelFile).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
    };
}
