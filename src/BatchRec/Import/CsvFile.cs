using System.IO.Compression;
using System.Text;

namespace BatchRec.Import;

/// <summary>
/// Reads a csv file (RFC 4180: quoted fields, doubled quotes, line breaks within quotes; LF or CRLF) row by row, plain or
/// gzipped, with a header. UTF-8 unless a byte order mark says otherwise. Memory is bounded by the longest row.
/// </summary>
/// <remarks>Written here rather than taken from a package because faults are reported by the line of the file, which readers that
/// count records lose at the first quoted line break, and because a wrong encoding has to stop the import, not turn ids into U+FFFD.</remarks>
public sealed class CsvFile : IDisposable
{
    /// <summary>A quote that is never closed would otherwise swallow the rest of the file.</summary>
    private const int MaxRowLength = 1 << 20;

    private static readonly char[] Delimiters = [',', ';', '\t'];

    private readonly TextReader _text;
    private readonly char[] _buffer = new char[1 << 16];
    private int _at, _filled;
    private char _delimiter = ',';
    private long _nextLine = 1;

    private char[] _row = new char[1024];
    private int _rowLength;
    private readonly List<int> _fieldEnds = [];
    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);

    private CsvFile(string path, TextReader text)
    {
        Path = path;
        _text = text;
    }

    public string Path { get; }

    /// <summary>The header's names as they stand in the file.</summary>
    public IReadOnlyList<string> Header { get; private set; } = [];

    /// <summary>Line of the file, from 1, on which the current row begins.</summary>
    public long Line { get; private set; }

    /// <summary>Number of the current row, from 1, the header and blank lines not counted.</summary>
    public long Row { get; private set; }

    /// <summary>Why the current row can't be taken apart, or null.</summary>
    public string? Malformed { get; private set; }

    /// <exception cref="BatchRecException">No such file, or a file without a header.</exception>
    public static CsvFile Open(string path)
    {
        if (!File.Exists(path)) throw new BatchRecException($"There is no file {System.IO.Path.GetFullPath(path)}. Check the path.");
        var file = new CsvFile(path, new StreamReader(Unpacked(path), new UTF8Encoding(false, throwOnInvalidBytes: true), true, 1 << 16));
        file.ReadHeader();
        return file;
    }

    internal static Stream Unpacked(string path)
    {
        var file = File.OpenRead(path);
        // By its first two bytes rather than by its name: downloads are renamed both ways.
        var gzipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return gzipped ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private void ReadHeader()
    {
        Fill();
        var head = _buffer.AsSpan(0, _filled);
        var end = head.IndexOfAny('\r', '\n');
        var first = (end < 0 ? head : head[..end]).ToString();
        _delimiter = Delimiters.MaxBy(candidate => first.Count(c => c == candidate));
        if (!Read()) throw new BatchRecException($"{Path} is empty; its first line has to name the columns.");
        var names = new string[_fieldEnds.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = this[i].ToString();
            _columns.TryAdd(names[i], i);
        }
        Header = names;
        Row = 0;
    }

    /// <summary>Index of the first of these columns that the header has, or -1.</summary>
    public int Find(params IEnumerable<string> names) =>
        names.Select(name => _columns.GetValueOrDefault(name, -1)).FirstOrDefault(index => index >= 0, -1);

    /// <summary>Field of the current row, without the blanks around it; empty for column -1.</summary>
    public ReadOnlySpan<char> this[int column]
    {
        get
        {
            if (column < 0) return default;
            var start = column == 0 ? 0 : _fieldEnds[column - 1];
            return _row.AsSpan(start, _fieldEnds[column] - start).Trim();
        }
    }

    public ReadOnlySpan<char> this[string column] => this[_columns[column]];

    /// <summary>Moves to the next row that isn't blank; false at the end of the file.</summary>
    /// <exception cref="BatchRecException">The file is damaged, isn't UTF-8, or has a quote that is never closed.</exception>
    public bool Read()
    {
        do
        {
            if (_at == _filled && !Fill()) return false;
            Line = _nextLine;
            ReadRow();
        }
        while (_fieldEnds.Count == 1 && _rowLength == 0);
        Row++;
        if (Malformed is null && Header.Count > 0 && _fieldEnds.Count != Header.Count)
            Malformed = $"not {Header.Count} fields, as the header has";
        return true;
    }

    private void ReadRow()
    {
        _rowLength = 0;
        _fieldEnds.Clear();
        Malformed = null;
        while (true)
        {
            if (Peek() == '"') ReadQuoted();
            ReadUntil(_delimiter, '\r', '\n');
            _fieldEnds.Add(_rowLength);
            var end = Peek();
            if (end != -1) _at++;
            if (end == _delimiter) continue;
            if (end == '\r' && Peek() == '\n') _at++;
            _nextLine++;
            return;
        }
    }

    private void ReadQuoted()
    {
        _at++;
        while (true)
        {
            ReadUntil('"', '\n', '\n');
            var end = Peek();
            if (end == -1)
            {
                Malformed = "a quote that is never closed";
                return;
            }
            _at++;
            if (end == '\n') _nextLine++;
            else if (Peek() == '"') _at++;
            else break;
            Append([(char)end]);
        }
        if (Peek() is var next && next != _delimiter && next is not (-1 or '\r' or '\n')) Malformed = "text after a closing quote";
    }

    /// <summary>Appends what stands before the next of three characters to the row.</summary>
    private void ReadUntil(char a, char b, char c)
    {
        while (Peek() != -1)
        {
            var rest = _buffer.AsSpan(_at, _filled - _at);
            var length = rest.IndexOfAny(a, b, c);
            Append(length < 0 ? rest : rest[..length]);
            _at += length < 0 ? rest.Length : length;
            if (length >= 0) return;
        }
    }

    private int Peek() => _at < _filled || Fill() ? _buffer[_at] : -1;

    private void Append(ReadOnlySpan<char> text)
    {
        if (_rowLength + text.Length > _row.Length)
        {
            if (_rowLength + text.Length > MaxRowLength)
                throw new BatchRecException($"{Path}, line {Line}: a row of more than {MaxRowLength:N0} characters. Is a quote missing on that line?");
            Array.Resize(ref _row, Math.Max(_row.Length * 2, _rowLength + text.Length));
        }
        text.CopyTo(_row.AsSpan(_rowLength));
        _rowLength += text.Length;
    }

    private bool Fill()
    {
        _at = 0;
        try
        {
            _filled = _text.Read(_buffer);
        }
        catch (DecoderFallbackException fault)
        {
            throw new BatchRecException($"{Path} is not UTF-8 (after line {_nextLine - 1:N0}). Convert it first: iconv -f WINDOWS-1252 -t UTF-8.", fault);
        }
        catch (InvalidDataException fault)
        {
            throw new BatchRecException($"{Path} is damaged (after line {_nextLine - 1:N0}): {fault.Message} Get the file again.", fault);
        }
        return _filled > 0;
    }

    public void Dispose() => _text.Dispose();
}
