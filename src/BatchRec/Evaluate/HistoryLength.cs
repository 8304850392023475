using BatchRec.Evaluate.Splits;

namespace BatchRec.Evaluate;

/// <summary>Classes of histories by their number of events.</summary>
public static class HistoryLength
{
    private static readonly int[] From = [1, 5, 20, 100];

    public static IReadOnlyList<string> Names { get; } = ["history 1-4", "history 5-19", "history 20-99", "history 100+"];

    /// <summary>Index into <see cref="Names"/>; an empty history is among the shortest.</summary>
    public static int ClassOf(long events)
    {
        var index = From.Length - 1;
        while (index > 0 && events < From[index]) index--;
        return index;
    }

    /// <inheritdoc cref="ClassOf(long)"/>
    public static int ClassOf(Split split, int index) =>
        ClassOf(split.Cases.Queries[index].End - split.Log.Offsets[split.Cases.Queries[index].User]);
}
