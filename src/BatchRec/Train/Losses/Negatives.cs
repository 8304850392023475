namespace BatchRec.Train.Losses;

/// <summary>A step's negatives, drawn with replacement and shared by all of its positions.</summary>
/// <param name="Rows">(N) vocabulary rows, ascending; the same may occur several times</param>
/// <param name="LogExpected">(N) logarithm of how often the sample is expected to hold that row</param>
internal sealed record Negatives(int[] Rows, float[] LogExpected)
{
    /// <summary>The columns from .. until that hold <paramref name="row"/>; from = until where none does.</summary>
    public (int From, int Until) ColumnsOf(int row)
    {
        var from = Array.BinarySearch(Rows, row);
        if (from < 0) return (0, 0);
        var until = from + 1;
        while (from > 0 && Rows[from - 1] == row) from--;
        while (until < Rows.Length && Rows[until] == row) until++;
        return (from, until);
    }
}
