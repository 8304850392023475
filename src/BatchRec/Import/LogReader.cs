using System.Globalization;

namespace BatchRec.Import;

/// <summary>Reads a log file as interactions: the lines that are none are counted, in <see cref="Bad"/> or <see cref="LeftOut"/>.</summary>
public sealed class LogReader : IDisposable
{
    /// <summary>Longer ids are pasted text; PostgreSQL's indexes end at 2,700 bytes.</summary>
    private const int MaxIdLength = 500;

    private readonly CsvFile _file;
    private readonly Layout _layout;
    private readonly LogTime _time;
    private readonly string _eventType;
    private readonly int _user, _item, _at, _event, _value, _position;
    private readonly HashSet<string> _eventTypes = [];

    /// <param name="orderIsEnough">Without a column of times each line is a microsecond after the line before.</param>
    /// <exception cref="BatchRecException">The file lacks a column that the layout needs.</exception>
    public LogReader(string path, Layout layout, string eventType, LogTime time, bool orderIsEnough = false)
    {
        (_file, _layout, _time, _eventType) = (CsvFile.Open(path), layout, time, eventType);
        HasTimes = _file.Find(layout.Time) >= 0;
        Need([layout.User, layout.Item, .. orderIsEnough ? (string[][])[] : [layout.Time], .. layout.AlsoNeeded.Select(name => new[] { name })]);
        (_user, _item, _at) = (_file.Find(layout.User), _file.Find(layout.Item), _file.Find(layout.Time));
        (_event, _value, _position) = (_file.Find(layout.Event), _file.Find(layout.Value), _file.Find(layout.Position));
    }

    /// <summary>Whether there is a column of times.</summary>
    public bool HasTimes { get; }

    /// <summary>Lines that are malformed.</summary>
    public SkippedLines Bad { get; } = new();

    /// <summary>Lines that are well-formed and, by the layout's rules, no interactions.</summary>
    public SkippedLines LeftOut { get; } = new();

    /// <summary>Lines read so far, the skipped ones too.</summary>
    public long Lines => _file.Row;

    public ReadOnlySpan<char> User => _file[_user];

    public ReadOnlySpan<char> Item => _file[_item];

    public string EventType { get; private set; } = "";

    /// <summary>UTC, whole microseconds.</summary>
    public DateTime OccurredAt { get; private set; }

    public double? Value { get; private set; }

    public long? Position { get; private set; }

    /// <summary>Moves to the next interaction; false at the end of the file.</summary>
    public bool Read()
    {
        while (_file.Read())
        {
            if (_file.Malformed is { } malformed) Bad.Add(malformed, _file.Line);
            else if (_layout.LeaveOut(_file) is { } leftOut) LeftOut.Add(leftOut, _file.Line);
            else if (Parse() is { } fault) Bad.Add(fault, _file.Line);
            else return true;
        }
        return false;
    }

    private string? Parse()
    {
        if (IdFault(User) is { } userFault) return "user id " + userFault;
        if (IdFault(Item) is { } itemFault) return "item id " + itemFault;
        if (!HasTimes) OccurredAt = DateTime.UnixEpoch.AddMicroseconds(_file.Row);
        else if (_time.Parse(_file[_at], out var time) is { } timeFault) return timeFault;
        else OccurredAt = time;
        EventType = _file[_event].IsEmpty ? _eventType : Interned(_file[_event]);

        (Value, Position) = (null, _layout.RowsAreOrdered ? _file.Row : null);
        if (!_file[_value].IsEmpty)
        {
            if (!double.TryParse(_file[_value], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value)) return "value is not a number";
            Value = value;
        }
        if (_position >= 0)
        {
            if (!long.TryParse(_file[_position], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var position)) return "position is not a whole number";
            Position = position;
        }
        return null;
    }

    internal static string? IdFault(ReadOnlySpan<char> id) =>
        id.IsEmpty ? "is blank"
        : id.Length > MaxIdLength ? $"is longer than {MaxIdLength} characters"
        : id.Contains('\0') ? "contains a NUL character"
        : null;

    /// <summary>A log names few event types, millions of times.</summary>
    private string Interned(ReadOnlySpan<char> text)
    {
        var known = _eventTypes.GetAlternateLookup<ReadOnlySpan<char>>();
        if (known.TryGetValue(text, out var name)) return name;
        name = text.ToString();
        _eventTypes.Add(name);
        return name;
    }

    private void Need(string[][] roles)
    {
        var missing = roles.Where(names => _file.Find(names) < 0).Select(names => string.Join(" or ", names)).ToList();
        if (missing.Count == 0) return;
        var optional = new[] { _layout.Event, _layout.Value, _layout.Position }.Where(names => names.Length > 0).Select(names => names[0]).ToList();
        throw new BatchRecException(
            $"{_file.Path}: the header is '{string.Join(',', _file.Header)}'; the layout {_layout.Name} needs {string.Join(", ", roles.Select(names => string.Join(" or ", names)))}"
            + (optional.Count == 0 ? "" : $" (and reads {string.Join(", ", optional)} where they are there)")
            + $". Missing: {string.Join(", ", missing)}. Rename the columns in the first line, or name another layout.");
    }

    public void Dispose() => _file.Dispose();
}
