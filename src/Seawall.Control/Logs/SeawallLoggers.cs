using Microsoft.Extensions.Logging;

namespace Seawall.Control.Logs;

/// <summary>
/// Makes loggers that write one line for each event. Thread-safe; the level can be changed while running.
/// </summary>
public sealed class SeawallLoggers : ILoggerFactory
{
    private readonly ILogFormat _format;
    private readonly LogWriter _writer;
    private readonly TimeProvider _time;
    private volatile LogLevel _level;

    /// <summary>
    /// Loggers that write to <paramref name="to"/>; <paramref name="isTerminal"/> chooses colours for text.
    /// </summary>
    public SeawallLoggers(Settings.LogOptions options, Stream to, bool isTerminal, TimeProvider time)
    {
        _format = options.IsJson ? new JsonFormat() : new TextFormat(isTerminal);
        _time = time;
        _level = options.Level;
        _writer = new LogWriter(to, lost => _format.Line(new LogEvent(
            time.GetUtcNow(), LogLevel.Warning, new EventId(ControlLog.LinesLostId, "LinesLost"),
            $"{lost} lines of this log were lost: whoever reads it was too slow, or its disk was full", [new("Count", lost)], null)));
    }

    /// <summary>The least of what is logged.</summary>
    public LogLevel Level
    {
        get => _level;
        set => _level = value;
    }

    /// <summary>Lines that were lost since the start: nobody took them in time, or a disk was full.</summary>
    public long LinesLost => _writer.LostInAll;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, IsOurs(categoryName));

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("Seawall's log has one destination: standard error.");

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    // What ASP.NET Core says of each request is not what an operator reads this log for.
    private static bool IsOurs(string category) => category.StartsWith("seawall", StringComparison.OrdinalIgnoreCase);

    private void Write<TState>(
        LogLevel level, EventId id, TState state, Exception? failure, Func<TState, Exception?, string> words) =>
        _writer.Write(_format.Line(new LogEvent(
            _time.GetUtcNow(), level, id, words(state, failure),
            state as IReadOnlyList<KeyValuePair<string, object?>>, failure)));

    private sealed class Logger(SeawallLoggers owner, bool isOurs) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && logLevel >= owner._level
            && (isOurs || logLevel >= LogLevel.Warning);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                owner.Write(logLevel, eventId, state, exception, formatter);
        }
    }
}
