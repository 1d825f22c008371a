using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Seawall.Control.Logs;

/// <summary>Lines for programs: one JSON object each, every character beyond ASCII escaped.</summary>
internal sealed class JsonFormat : ILogFormat
{
    /// <inheritdoc/>
    public string Line(in LogEvent happened)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", happened.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'",
                CultureInfo.InvariantCulture));
            json.WriteString("level", WordOf(happened.Level));
            json.WriteNumber("id", happened.Id.Id);
            json.WriteString("event", happened.Id.Name ?? "Event");
            json.WriteString("message", Repaired(happened.Message));
            foreach (var (key, value) in happened.Fields ?? [])
            {
                if (key != LogFields.Template)
                    Write(json, NameOf(key), value);
            }
            if (happened.Failure is { } failure)
                json.WriteString("exception", Repaired(failure.ToString()));
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case byte or short or ushort or int or uint or long:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteString(name, Repaired(LogFields.TextOf(value)));
                break;
        }
    }

    // A field must not replace one of the line's own.
    private static string NameOf(string part) => LogFields.NameOf(part) is var name
        && name is "time" or "level" or "id" or "event" or "message" or "exception" ? $"{name}_" : name;

    // The writer refuses half a surrogate pair, which a stranger's name may have.
    private static string Repaired(string text) =>
        text.Any(char.IsSurrogate) ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    private static string WordOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error or LogLevel.Critical => "error",
        LogLevel.None => "none",
    };
}
