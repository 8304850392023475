using System.Globalization;
using BatchRec.Parquet;

namespace BatchRec.Interactions;

/// <summary>
/// What the source's <c>items.sql</c> says about the items of the vocabulary, by ItemIndex. Items that it doesn't name have no
/// attributes and are not available; without an <c>items.sql</c> nothing is known and everything is available.
/// </summary>
public sealed class ItemCatalogue
{
    /// <summary>The columns with a meaning; every other one is an attribute, kept as text.</summary>
    public const string ItemId = "item_id", Title = "title", Category = "category", Price = "price", Available = "available";

    // Row of each item in the arrays below, -1: items.sql doesn't name it.
    private readonly int[]? _rows;
    private readonly Texts _titles = new();
    private readonly Texts _categories = new();
    private readonly List<double> _prices = [];
    private readonly List<bool> _available = [];
    private readonly Dictionary<string, Texts> _attributes = [];

    private ItemCatalogue(int[]? rows, IReadOnlyList<string> columns)
    {
        (_rows, AttributeNames) = (rows, [.. columns.Except([ItemId, Title, Category, Price, Available])]);
        foreach (var name in AttributeNames) _attributes[name] = new Texts();
        Attributes = new Attributes(columns.Except([ItemId, Available]).Select(name => (name, name switch
        {
            Title => TitleOf,
            Category => CategoryOf,
            Price => item => PriceOf(item) is var price && double.IsNaN(price) ? null : price.ToString(CultureInfo.InvariantCulture),
            _ => (Func<int, string?>)(item => AttributeOf(item, name)),
        })));
    }

    /// <summary>For a source without an <c>items.sql</c>.</summary>
    public static ItemCatalogue Empty { get; } = new(null, []);

    /// <summary>Names of the further columns, in the source's order.</summary>
    public IReadOnlyList<string> AttributeNames { get; }

    /// <summary>All columns but availability, as texts.</summary>
    public Attributes Attributes { get; }

    public bool IsKnown(int item) => RowOf(item) >= 0;

    /// <summary>May it be recommended now? A null in the column counts as yes.</summary>
    public bool IsAvailable(int item) => _rows is null || (RowOf(item) is >= 0 and var row && _available[row]);

    public string? TitleOf(int item) => RowOf(item) is >= 0 and var row ? _titles.TextOf(row) : null;

    public string? CategoryOf(int item) => RowOf(item) is >= 0 and var row ? _categories.TextOf(row) : null;

    /// <summary>NaN where there is none.</summary>
    public double PriceOf(int item) => RowOf(item) is >= 0 and var row ? _prices[row] : double.NaN;

    /// <exception cref="KeyNotFoundException">The source has no such column.</exception>
    public string? AttributeOf(int item, string name) => RowOf(item) is >= 0 and var row ? _attributes[name].TextOf(row) : null;

    /// <summary>Reads what extract has written of <c>items.sql</c>; rows of items outside the vocabulary are left out.</summary>
    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public static ItemCatalogue Load(DuckDb duck, string path, IdMap items)
    {
        var present = ParquetFile.Schema(duck, path).Select(column => column.Name).ToList();
        var rowOf = new int[items.Count];
        Array.Fill(rowOf, -1);
        var catalogue = new ItemCatalogue(rowOf, present);

        var columns = present.Select((name, index) => (name, index)).ToDictionary(column => column.name, column => column.index);
        int? At(string name) => columns.TryGetValue(name, out var column) ? column : null;
        var indices = new int[Chunks.MaxRows];
        using var rows = ParquetFile.Read(duck, path, present);
        while (rows.Next())
        {
            items.Find(rows, columns[ItemId], indices);
            for (var row = 0; row < rows.Rows; row++)
            {
                if (indices[row] < 0) continue;
                rowOf[indices[row]] = catalogue._available.Count;
                Add(catalogue._titles, rows, At(Title), row);
                Add(catalogue._categories, rows, At(Category), row);
                catalogue._prices.Add(At(Price) is { } price && !rows.IsMissing(price, row) ? rows.Doubles(price)[row] : double.NaN);
                catalogue._available.Add(At(Available) is not { } available || rows.IsMissing(available, row) || rows.Bools(available)[row]);
                foreach (var name in catalogue.AttributeNames) Add(catalogue._attributes[name], rows, columns[name], row);
            }
        }
        return catalogue;
    }

    private static void Add(Texts texts, Chunks rows, int? column, int row)
    {
        if (column is { } present) texts.AddFrom(rows, present, row);
        else texts.AddMissing();
    }

    private int RowOf(int item) => _rows is null || (uint)item >= (uint)_rows.Length ? -1 : _rows[item];
}
