using System.Buffers.Text;
using System.Text;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;

namespace Seawall.Captures.Imports;

/// <summary>
/// Reads a slow query log: of MySQL since 5.6 and of MariaDB. With <c>long_query_time = 0</c> it has every statement. Whatever is not
/// understood is counted and passed over; nothing throws but the stream.
/// </summary>
public sealed class SlowLog
{
    private readonly ImportLedger _ledger;
    private readonly ImportReport _report;
    private readonly List<byte> _text = [];
    private long _loggedUs;
    private bool _isExact;
    private long _lastUs;
    private bool _hasFigures;
    private string _user = "";
    private string _source = "";
    private string? _schema;
    private ulong _connection;
    private CommandFigures _figures;

    private SlowLog(ImportLedger ledger, ImportReport report) => (_ledger, _report) = (ledger, report);

    /// <summary>Reads it into a capture.</summary>
    public static ImportReport Import(Stream log, CaptureWriter writer, bool keepsLiterals)
    {
        var report = new ImportReport
        {
            Missing =
            [
                "logins, and when connections began", "connections without a statement in it", "values of prepared statements apart from their text",
                "errors (unless log_slow_extra says them)", "hashes of results", "times finer than a second, but of MySQL since 5.7",
            ],
        };
        var reader = new SlowLog(new ImportLedger(writer, report, keepsLiterals), report);
        reader.Read(new LogLines(log));
        return report;
    }

    private void Read(LogLines lines)
    {
        var dialect = _ledger.Dialect;
        while (lines.Next())
        {
            var line = lines.Line;
            if (LogWords.IsHeader(line, ref dialect))
            {
                Finish();
                _ledger.Dialect = dialect;
            }
            else if (line.StartsWith("# Time: "u8) && LogWords.TimeOf(line["# Time: ".Length..]) is > 0 and var time)
            {
                // A comment in a statement may begin so as well: it seldom goes on so.
                Finish();
                _isExact = line["# Time: ".Length..].Contains((byte)'T');
                _loggedUs = time;
            }
            else if (line.StartsWith("# User@Host: "u8) && line.IndexOf("] @ "u8) > 0)
            {
                Finish();
                ReadUser(line);
            }
            else if (line.StartsWith("# "u8) && _text.Count == 0 && !line.StartsWith("# administrator command"u8))
            {
                ReadFigures(line);
            }
            else if (!_hasFigures)
            {
                _report.Miss("lines outside of any entry");
            }
            else if (_text.Count <= CaptureLimits.TextBytes)
            {
                _text.AddRange(line);
                _text.Add((byte)'\n');
            }
        }
        Finish();
    }

    // # User@Host: app[app] @ host [10.0.0.7]  Id:    12
    private void ReadUser(ReadOnlySpan<byte> line)
    {
        _figures = default;
        _schema = null;
        var open = line.IndexOf((byte)'[');
        var close = line.IndexOf((byte)']');
        _user = open > 0 && close > open ? Encoding.UTF8.GetString(line[(open + 1)..close]) : "";
        var rest = close > 0 ? line[(close + 1)..] : default;
        open = rest.IndexOf((byte)'[');
        close = rest.IndexOf((byte)']');
        _source = open > 0 && close > open ? Encoding.UTF8.GetString(rest[(open + 1)..close]) : "";
        _connection = (ulong)(LogWords.Figure(line, "Id:"u8) ?? 0);
    }

    private void ReadFigures(ReadOnlySpan<byte> line)
    {
        if (LogWords.Figure(line, "Thread_id:"u8) is { } thread)
            _connection = (ulong)thread;
        var schema = line.IndexOf("Schema: "u8);
        if (schema > 0)
        {
            var word = line[(schema + "Schema: ".Length)..];
            var end = word.IndexOf((byte)' ');
            _schema = Encoding.UTF8.GetString(end < 0 ? word : word[..end]);
        }
        if (LogWords.Figure(line, "Query_time:"u8) is { } seconds)
        {
            _hasFigures = true;
            _figures.DurationUs = (uint)Math.Min(seconds * 1e6, uint.MaxValue - 1);
        }
        _figures.Rows = (ulong)(LogWords.Figure(line, "Rows_sent:"u8) ?? _figures.Rows);
        _figures.Affected = (ulong)(LogWords.Figure(line, "Rows_affected:"u8) ?? _figures.Affected);
        _figures.ResponseBytes = (ulong)(LogWords.Figure(line, "Bytes_sent:"u8) ?? _figures.ResponseBytes);
        _figures.ErrorCode = (ushort)Math.Min(LogWords.Figure(line, "Errno:"u8) ?? _figures.ErrorCode, ushort.MaxValue);
    }

    private void Finish()
    {
        if (_hasFigures && _text.Count > 0)
            Write(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_text));
        else if (_hasFigures)
            _report.Miss("entries without a statement");
        _text.Clear();
        _hasFigures = false;
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        var isWhole = text.Length <= CaptureLimits.TextBytes;
        string? used = null;
        if (text.StartsWith("use "u8) && text.IndexOf(";\n"u8) is > 0 and var end)
        {
            used = Encoding.UTF8.GetString(text["use ".Length..end].Trim((byte)'`'));
            text = text[(end + 2)..];
        }
        long timestampUs = 0;
        if (text.StartsWith("SET "u8) && text.IndexOf(";\n"u8) is > 0 and var set && text[..set].IndexOf("timestamp="u8) is > 0 and var at)
        {
            if (Utf8Parser.TryParse(text[(at + "timestamp=".Length)..set], out double seconds, out _) && seconds is >= 0 and < 1e11)
                timestampUs = (long)(seconds * 1e6);
            text = text[(set + 2)..];
        }
        text = text.TrimEnd("\n\r "u8);
        if (text is [.., (byte)';'])
            text = text[..^1];
        _figures.StartUs = StartOf(timestampUs);
        _figures.Connection = _connection;
        _figures.FirstByteUs = uint.MaxValue;
        _figures.Command = CommandKind.Query;
        _ledger.Meet(_connection, _user, _source, _figures.StartUs, used ?? _schema ?? "");
        if ((used ?? _schema) is { } schema)
            _ledger.Use(_connection, schema);
        if (text.StartsWith("# administrator command: "u8))
            WriteCommand(text["# administrator command: ".Length..]);
        else if (text.IsEmpty)
            _report.Miss("entries without a statement");
        else
            _ledger.Statement(_figures, text, isWhole: isWhole);
    }

    private void WriteCommand(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("Quit"u8))
        {
            _ledger.Leave(_connection, _figures.StartUs, CloseReason.Goodbye);
            return;
        }
        _figures.Command = name.StartsWith("Ping"u8) ? CommandKind.Ping : name.StartsWith("Reset Connection"u8) ? CommandKind.ResetConnection : 0;
        if (_figures.Command != 0)
            _ledger.Command(_figures);
        else
            _report.Miss("administrator commands: preparations, closings and the like");
    }

    // An exact time of logging is the end of the statement. Of whole seconds the order in the file is kept.
    private long StartOf(long timestampUs)
    {
        var start = _isExact && _loggedUs > 0 ? _loggedUs - _figures.DurationUs
            : Math.Max(timestampUs > 0 ? timestampUs : _loggedUs, _lastUs + 1);
        _lastUs = Math.Max(start, _lastUs);
        return Math.Max(0, start);
    }
}
