using System.Globalization;

namespace BatchRec.Import;

/// <summary>Reads an items file: id, and what the layout knows of title, category, price and availability.</summary>
public sealed class ItemReader : IDisposable
{
    private readonly CsvFile _file;
    private readonly Layout _layout;
    private readonly int _id, _title, _category, _price, _available;
    // The catalogue fits into memory: the id maps of every later step hold it too.
    private readonly HashSet<string> _seen = [];

    /// <exception cref="BatchRecException">The file lacks the items' id.</exception>
    public ItemReader(string path, Layout layout)
    {
        (_file, _layout) = (CsvFile.Open(path), layout);
        (_id, _title, _category) = (_file.Find(layout.ItemId), _file.Find(layout.Title), _file.Find(layout.Category));
        (_price, _available) = (_file.Find(layout.Price), _file.Find(layout.Available));
        if (_id < 0)
        {
            throw new BatchRecException(
                $"{path}: the header is '{string.Join(',', _file.Header)}'; the items of layout {layout.Name} need {string.Join(" or ", layout.ItemId)}. Rename the column in the first line.");
        }
    }

    public SkippedLines Bad { get; } = new();

    public SkippedLines LeftOut { get; } = new();

    public long Lines => _file.Row;

    public ReadOnlySpan<char> Id => _file[_id];

    public string? Title => TextOrNull(_title);

    public string? Category => TextOrNull(_category);

    public decimal? Price { get; private set; }

    public bool Available { get; private set; }

    /// <summary>Moves to the next item; false at the end of the file.</summary>
    public bool Read()
    {
        while (_file.Read())
        {
            if (_file.Malformed is { } malformed) Bad.Add(malformed, _file.Line);
            else if (_layout.LeaveOutItem(Id.ToString()) is { } leftOut) LeftOut.Add(leftOut, _file.Line);
            else if (Parse() is { } fault) Bad.Add(fault, _file.Line);
            else return true;
        }
        return false;
    }

    private string? Parse()
    {
        if (LogReader.IdFault(Id) is { } idFault) return "item id " + idFault;
        (Price, Available) = (null, true);
        if (!_file[_price].IsEmpty)
        {
            if (!decimal.TryParse(_file[_price], NumberStyles.Float, CultureInfo.InvariantCulture, out var price)) return "price is not a number";
            Price = price;
        }
        if (!_file[_available].IsEmpty)
        {
            if (Truth(_file[_available]) is not { } available) return "available is neither true nor false";
            Available = available;
        }
        return _seen.Add(Id.ToString()) ? null : "item id was there before";
    }

    private static bool? Truth(ReadOnlySpan<char> text) => text switch
    {
        "1" or "t" or "true" or "True" or "TRUE" or "yes" => true,
        "0" or "f" or "false" or "False" or "FALSE" or "no" => false,
        _ => null,
    };

    private string? TextOrNull(int column) => _file[column].IsEmpty ? null : _file[column].ToString().Replace("\0", "");

    public void Dispose() => _file.Dispose();
}
