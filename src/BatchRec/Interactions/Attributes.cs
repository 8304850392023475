using BatchRec.Parquet;

namespace BatchRec.Interactions;

/// <summary>What is known of items, or of users, beside the log: named columns of text, by dense index.</summary>
/// <param name="columns">name, and the text of an index; null where there is none, beyond the last index too</param>
public sealed class Attributes(IEnumerable<(string Name, Func<int, string?> TextOf)> columns)
{
    private readonly List<(string Name, Func<int, string?> TextOf)> _columns = [.. columns];

    /// <summary>Where nothing is known.</summary>
    public static Attributes None { get; } = new([]);

    /// <summary>In the source's order.</summary>
    public IEnumerable<string> Names => _columns.Select(column => column.Name);

    /// <summary>A column's texts; nothing but nulls where there is no such column (any more).</summary>
    public Func<int, string?> Column(string name) => _columns.Find(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).TextOf ?? (static _ => null);

    /// <summary>Columns by row, with the row of each index.</summary>
    /// <param name="rows">(indices) -1 where nothing is known</param>
    public static Attributes Of(int[] rows, IEnumerable<(string Name, Texts Texts)> columns) =>
        new(columns.Select(column => (column.Name, (Func<int, string?>)(index => (uint)index < (uint)rows.Length && rows[index] >= 0 ? column.Texts.TextOf(rows[index]) : null))));

    /// <summary>Reads a file of texts that extract has written, such as what <c>users.sql</c> yields; rows of ids that the map doesn't know are left out.</summary>
    /// <param name="id">the column of the ids</param>
    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public static Attributes Load(DuckDb duck, string path, IdMap ids, string id)
    {
        var names = ParquetFile.Schema(duck, path).Select(column => column.Name).Where(name => name != id).ToList();
        var texts = names.ConvertAll(_ => new Texts());
        var (rowOf, known, indices) = (new int[ids.Count], 0, new int[Chunks.MaxRows]);
        Array.Fill(rowOf, -1);
        using var rows = ParquetFile.Read(duck, path, [id, .. names]);
        while (rows.Next())
        {
            ids.Find(rows, 0, indices);
            for (var row = 0; row < rows.Rows; row++)
            {
                if (indices[row] < 0) continue;
                rowOf[indices[row]] = known++;
                for (var column = 0; column < names.Count; column++) texts[column].AddFrom(rows, column + 1, row);
            }
        }
        return Of(rowOf, names.Zip(texts));
    }
}
