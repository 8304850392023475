using Microsoft.Extensions.Logging;

namespace BatchRec.Tests.Publish;

/// <summary>Keeps the warnings, and hands every line on.</summary>
public sealed class RecordingLog(Action<string>? line = null) : ILogger
{
    public List<string> Warnings { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        line?.Invoke(text);
        if (logLevel == LogLevel.Warning) Warnings.Add(text);
    }
}
