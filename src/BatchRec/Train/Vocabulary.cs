using BatchRec.Interactions;
using BatchRec.Train.Features;

namespace BatchRec.Train;

/// <summary>
/// The items, event types and features that a model knows. Its items are those with an event in its training log: the id map only grows and also holds items that
/// came later, so the model keeps rows of its own, in the order of the item index.
/// </summary>
public sealed class Vocabulary
{
    private readonly int[] _rowOf;

    /// <param name="itemCount">Size of the id map when the model was trained.</param>
    /// <param name="items">(rows) item index of each row, ascending</param>
    /// <param name="eventTypes">their names, in the order of their rows</param>
    public Vocabulary(int itemCount, int[] items, string[]? eventTypes = null)
    {
        EventTypes = eventTypes ?? [];
        ItemCount = itemCount;
        Items = items;
        _rowOf = new int[itemCount];
        Array.Fill(_rowOf, -1);
        for (var row = 0; row < items.Length; row++) _rowOf[items[row]] = row;
    }

    /// <summary>With the features that the options name.</summary>
    /// <param name="notes">Takes a sentence on each that is left out.</param>
    /// <exception cref="BatchRecException">The source doesn't have what they name.</exception>
    public static Vocabulary Of(Sequences log, TrainOptions options, ICollection<string> notes)
    {
        var known = Of(log);
        var users = Enumerable.Range(0, log.UserCount).Where(user => log.Offsets[user + 1] > log.Offsets[user]).ToArray();
        return new Vocabulary(known.ItemCount, known.Items, known.EventTypes)
        {
            ItemFeatures = FeatureSchema.Of("Train:ItemFeatures", options.ItemFeatures, log.ItemAttributes, known.Items, notes),
            UserFeatures = FeatureSchema.Of("Train:UserFeatures", options.UserFeatures, log.UserAttributes, users, notes),
        };
    }

    public static Vocabulary Of(Sequences log)
    {
        var seen = new bool[log.ItemCount];
        foreach (var item in log.Items) seen[item] = true;
        return new Vocabulary(log.ItemCount, [.. Enumerable.Range(0, log.ItemCount).Where(item => seen[item])], log.EventTypes);
    }

    public int ItemCount { get; }

    /// <summary>(rows) item index of each row, ascending</summary>
    public int[] Items { get; }

    public int Rows => Items.Length;

    public string[] EventTypes { get; }

    /// <summary>What is added to the items' vectors.</summary>
    public FeatureSchema ItemFeatures { get; init; } = FeatureSchema.None;

    /// <summary>What is told of the user with each event.</summary>
    public FeatureSchema UserFeatures { get; init; } = FeatureSchema.None;

    /// <summary>Rows of a table of event types: 0 stands for those that came after training.</summary>
    public int EventTypeRows => EventTypes.Length + 1;

    /// <summary>A single type tells nothing.</summary>
    public bool UsesEventTypes(TrainOptions options) => options.EventTypes && EventTypes.Length > 1;

    public byte RowOfEventType(string name) => (byte)(1 + Array.FindIndex(EventTypes, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The model's row of an item; -1 where the model doesn't know it.</summary>
    public int RowOf(int item) => (uint)item < (uint)_rowOf.Length ? _rowOf[item] : -1;
}
