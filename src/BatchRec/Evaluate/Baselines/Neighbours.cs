namespace BatchRec.Evaluate.Baselines;

/// <summary>How many neighbours of an item the co-occurrence baselines keep.</summary>
internal static class Neighbours
{
    /// <summary>
    /// All of them while items × items weights fit into a few hundred MB, which published numbers assume; above, the heaviest 500:
    /// 100,000 items then take at most 400 MB.
    /// </summary>
    public static int Most(int itemCount) => itemCount <= 8_000 ? itemCount : 500;
}
