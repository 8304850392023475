using BatchRec.Interactions;
using BatchRec.Train.Features;

namespace BatchRec.Train;

/// <summary>
/// The items, event types, values and features that a model knows. Its items are those with an event in its training log: the id map only grows and also holds items that
/// came later, so the model keeps rows of its own, in the order of the item index.
/// </summary>
public sealed class Vocabulary
{
    private const int MostValues = 1_000_000;

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
            ValueEdges = options.EventValues ? EdgesOf(log, notes) : [],
        };
    }

    private static double[] EdgesOf(Sequences log, ICollection<string> notes)
    {
        // Quantiles of every so-manieth event are those of all.
        var step = Math.Max(1, log.Values.Length / MostValues);
        var values = Enumerable.Range(0, log.Values.Length / step).Select(i => (double)log.Values[i * step]).Where(double.IsFinite).ToList();
        if (values.Distinct().Take(2).Count() == 2) return NumberBuckets.Edges(values);
        notes.Add(values.Count == 0 ? "Train:EventValues: no event has a value, so there is nothing to tell." : "Train:EventValues: all events have the same value, which tells nothing.");
        return [];
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

    /// <summary>Buckets of events' values (<see cref="NumberBuckets"/>); empty: the model isn't told of them.</summary>
    public double[] ValueEdges { get; init; } = [];

    /// <summary>Rows of a table of values: 0 stands for those that are missing.</summary>
    public int ValueRows => ValueEdges.Length + 2;

    /// <summary>A single type tells nothing.</summary>
    public bool UsesEventTypes(TrainOptions options) => options.EventTypes && EventTypes.Length > 1;

    public byte RowOfEventType(string name) => (byte)(1 + Array.FindIndex(EventTypes, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The model's row of an item; -1 where the model doesn't know it.</summary>
    public int RowOf(int item) => (uint)item < (uint)_rowOf.Length ? _rowOf[item] : -1;
}
