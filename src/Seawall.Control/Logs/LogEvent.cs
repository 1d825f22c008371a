using Microsoft.Extensions.Logging;

namespace Seawall.Control.Logs;

/// <summary>One event, ready to be written.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Id">Its number and name.</param>
/// <param name="Message">What happened, in words.</param>
/// <param name="Fields">The same in fields.</param>
/// <param name="Failure">The exception, for a bug.</param>
internal readonly record struct LogEvent(
    DateTimeOffset At, LogLevel Level, EventId Id, string Message,
    IReadOnlyList<KeyValuePair<string, object?>>? Fields, Exception? Failure);

/// <summary>Makes a line of an event, without its end.</summary>
internal interface ILogFormat
{
    /// <summary>The line: one, whatever is in the event.</summary>
    string Line(in LogEvent happened);
}
