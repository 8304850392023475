using BatchRec.Train.Losses;

namespace BatchRec.Train;

/// <summary>A step's input over the rows of the item table that the step touches: of a large catalogue a small part, however large it grows.</summary>
/// <param name="Rows">(R) vocabulary rows, each once</param>
/// <param name="Items">(B × L) <see cref="Batch.Items"/> as places in <paramref name="Rows"/>; 0 where padded</param>
/// <param name="Targets">(n) places of the targets</param>
/// <param name="Negatives">(N) places of the sample</param>
internal sealed record TouchedRows(int[] Rows, int[] Items, int[] Targets, int[] Negatives)
{
    /// <param name="room">(V) -1 throughout; left so</param>
    public static TouchedRows Of(Batch batch, Negatives sample, int[] room)
    {
        var rows = new List<int>();
        var items = new int[batch.Items.Length];
        // Every event of a history, whether a target is asked after it or not; padding touches nothing.
        for (var row = 0; row < batch.Rows; row++)
            for (var position = row * batch.Length; position < row * batch.Length + batch.Lengths[row]; position++) items[position] = Place(batch.Items[position]);
        var touched = new TouchedRows([], items, Array.ConvertAll(batch.Targets, Place), Array.ConvertAll(sample.Rows, Place)) with { Rows = [.. rows] };
        foreach (var row in rows) room[row] = -1;
        return touched;

        int Place(int row)
        {
            if (room[row] >= 0) return room[row];
            rows.Add(row);
            return room[row] = rows.Count - 1;
        }
    }
}
