using Microsoft.Extensions.Logging;

namespace Seawall.Testing;

/// <summary>Keeps what is logged.</summary>
public sealed class RecordingLog : ILogger
{
    private readonly List<string> _lines = [];

    /// <summary>Everything so far.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Forgets everything.</summary>
    public void Clear() => _lines.Clear();

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => true;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add($"{logLevel} {eventId.Id} {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
}
