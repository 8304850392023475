namespace BatchRec.Evaluate.Baselines;

/// <summary>How many neighbours of an item the co-occurrence baselines keep.</summary>
internal static class Neighbours
{
    /// <summary>
    /// All of them while items × items weights fit into a few hundred MB, which published numbers assume; above, the heaviest 500:
    /// 100,000 items then take at most 400 MB.
    /// </summary>
    public static int Most(int itemCount) => itemCount <= FewItems ? itemCount : 500;

    /// <summary>The rule by which so many are kept: unlike their number it stays as it is when an item comes.</summary>
    public static string Rule(int itemCount) => itemCount <= FewItems ? "all" : "heaviest";

    private const int FewItems = 8_000;
}
