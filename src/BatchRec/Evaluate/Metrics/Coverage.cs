namespace BatchRec.Evaluate.Metrics;

/// <summary>
/// Catalogue coverage@K: distinct items among the first K of all lists / items that could have been recommended
/// (Ge, Delgado-Battenfeld, Jannach 2010, "Beyond accuracy").
/// </summary>
public sealed class Coverage(int k, int itemCount)
{
    private readonly bool[] shown = new bool[itemCount];

    public void Add(ReadOnlySpan<int> ranked)
    {
        foreach (var item in ranked[..Math.Min(k, ranked.Length)]) shown[item] = true;
    }

    /// <param name="recommendable">Items that training saw, or a model knows by their attributes.</param>
    /// <returns>NaN if there are none.</returns>
    public double Of(int recommendable) => recommendable == 0 ? double.NaN : (double)shown.Count(item => item) / recommendable;
}
