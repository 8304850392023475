namespace BatchRec.Jobs.Steps;

/// <summary>The last lines that a step wrote, for its row.</summary>
public sealed class LogTail
{
    private const int Lines = 40;

    private readonly Queue<string> _lines = new();

    public void Add(string line)
    {
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > Lines) _lines.Dequeue();
        }
    }

    /// <summary>Null while nothing was written. Without NUL, which PostgreSQL's text can't hold.</summary>
    public string? Text
    {
        get
        {
            lock (_lines) return _lines.Count > 0 ? string.Join('\n', _lines).Replace("\0", "") : null;
        }
    }
}
