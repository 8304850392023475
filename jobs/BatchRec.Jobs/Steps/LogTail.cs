namespace BatchRec.Jobs.Steps;

/// <summary>The last lines that a step wrote, for its row.</summary>
public sealed class LogTail
{
    private const int Lines = 40;

    private readonly Queue<string> _lines = new();

    /// <summary>A logger whose lines are kept on their way.</summary>
    public ILogger Of(ILogger log) => new Kept(this, log);

    /// <summary>Null while nothing was written. Without NUL, which PostgreSQL's text can't hold.</summary>
    public string? Text
    {
        get
        {
            lock (_lines) return _lines.Count > 0 ? string.Join('\n', _lines).Replace("\0", "") : null;
        }
    }

    private void Add(string line)
    {
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > Lines) _lines.Dequeue();
        }
    }

    private sealed class Kept(LogTail tail, ILogger log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) tail.Add(formatter(state, exception));
            log.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
