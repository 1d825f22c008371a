using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Seawall.Control.Logs;

/// <summary>
/// Lines for people: time, level, event, message, and the message's parts again as fields, for <c>grep</c>. In colour,
/// and with the time of day alone, on a terminal.
/// </summary>
internal sealed class TextFormat(bool isTerminal) : ILogFormat
{
    private const string Reset = "\e[0m";
    private const string Dim = "\e[2m";

    /// <inheritdoc/>
    public string Line(in LogEvent happened)
    {
        var line = new StringBuilder(200);
        line.Append(happened.At.UtcDateTime.ToString(
            isTerminal ? "HH:mm:ss.fff" : "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        line.Append(' ').Append(isTerminal ? ColourOf(happened.Level) : "").Append(WordOf(happened.Level).PadRight(7));
        line.Append(isTerminal ? Reset : "").Append(' ').AppendVisible(happened.Id.Name ?? "Event");
        line.Append('(').Append(happened.Id.Id.ToString(CultureInfo.InvariantCulture)).Append("): ");
        line.AppendVisible(happened.Message);
        if (isTerminal)
            line.Append(Dim);
        foreach (var (key, value) in happened.Fields ?? [])
        {
            if (key != LogFields.Template)
                line.AppendField(LogFields.NameOf(key), LogFields.TextOf(value));
        }
        if (happened.Failure is { } failure)
            line.AppendField("exception", failure.ToString());
        return line.Append(isTerminal ? Reset : "").ToString();
    }

    private static string WordOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical => "error",
        LogLevel.None => "",
    };

    private static string ColourOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug or LogLevel.None => Dim,
        LogLevel.Information => "\e[32m",
        LogLevel.Warning => "\e[33m",
        LogLevel.Error or LogLevel.Critical => "\e[31m",
    };
}
