using System.Buffers.Text;
using System.Text;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;

namespace Seawall.Captures.Imports;

/// <summary>
/// Reads a general query log: of MySQL since 5.6 and of MariaDB. It has logins and every command as it comes, and nothing of what became of it.
/// Whatever is not understood is counted and passed over; nothing throws but the stream.
/// </summary>
public sealed class GeneralLog
{
    // As sql_parse.cc of each server names them; those of two words first.
    private static readonly string[] s_commands =
    [
        "Init DB", "Field List", "Create DB", "Drop DB", "Close stmt", "Reset stmt", "Long Data", "Change user", "Binlog Dump GTID", "Binlog Dump",
        "Register Slave", "Register Replica", "Set option", "Reset Connection", "Connect Out", "Table Dump", "Delayed insert", "Bulk_execute",
        "Connect", "Query", "Quit", "Prepare", "Execute", "Fetch", "Ping", "Statistics", "Processlist", "Refresh", "Shutdown", "Kill", "Debug",
        "Sleep", "Time", "Daemon", "Error",
    ];

    private static readonly byte[][] s_commandBytes = [.. s_commands.Select(Encoding.ASCII.GetBytes)];

    private readonly ImportLedger _ledger;
    private readonly ImportReport _report;
    private readonly List<byte> _text = [];
    private string? _command;
    private ulong _connection;
    private long _atUs;
    private long _lastUs;

    private GeneralLog(ImportLedger ledger, ImportReport report) => (_ledger, _report) = (ledger, report);

    /// <summary>Reads it into a capture.</summary>
    public static ImportReport Import(Stream log, CaptureWriter writer, bool keepsLiterals)
    {
        var report = new ImportReport
        {
            Missing =
            [
                "how long anything took, its rows, errors and results",
                "values of prepared statements apart from their text: executions are statements as text",
                "drivers, plugins, capabilities and TLS of logins",
                "times finer than a second, but of MySQL since 5.7; the zone of others, which are taken for UTC",
            ],
        };
        new GeneralLog(new ImportLedger(writer, report, keepsLiterals), report).Read(new LogLines(log));
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
            else if (TryReadHead(line, out var atUs, out var connection, out var command, out var text))
            {
                Finish();
                if (atUs > 0)
                    _atUs = atUs;
                (_connection, _command) = (connection, command);
                _text.AddRange(text);
            }
            else if (_command is null)
            {
                _report.Miss("lines outside of any entry");
            }
            else if (_text.Count <= CaptureLimits.TextBytes)
            {
                _text.Add((byte)'\n');
                _text.AddRange(line);
            }
        }
        Finish();
    }

    // 2026-11-26T21:00:00.123456Z\t    8 Query\tselect 1        MySQL since 5.7
    // 261126 21:00:00\t    8 Query\tselect 1                    before, and MariaDB; then without a time while the second is the same:
    // \t\t    8 Query\tselect 1
    private static bool TryReadHead(ReadOnlySpan<byte> line, out long atUs, out ulong connection, out string command, out ReadOnlySpan<byte> text)
    {
        (atUs, connection, command) = (0, 0, "");
        text = default;
        var tab = line.IndexOf((byte)'\t');
        if (tab is < 0 or > 40)
            return false;
        if (tab > 0 && (atUs = LogWords.TimeOf(line[..tab])) == 0)
            return false;
        var rest = line[tab..].TrimStart("\t "u8);
        if (!Utf8Parser.TryParse(rest, out connection, out var used) || used >= rest.Length || rest[used] != (byte)' ')
            return false;
        rest = rest[(used + 1)..];
        for (var i = 0; i < s_commands.Length; i++)
        {
            if (!rest.StartsWith(s_commandBytes[i]))
                continue;
            var behind = rest[s_commandBytes[i].Length..].TrimStart((byte)' ');
            if (!behind.IsEmpty && behind[0] != (byte)'\t')
                continue;
            command = s_commands[i];
            text = behind.IsEmpty ? default : behind[1..];
            return true;
        }
        return false;
    }

    private void Finish()
    {
        if (_command is { } command)
            Write(command, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_text));
        _command = null;
        _text.Clear();
    }

    private void Write(string command, ReadOnlySpan<byte> text)
    {
        // Of whole seconds the order in the file is kept.
        _lastUs = Math.Max(_atUs, _lastUs + 1);
        var figures = new CommandFigures { Connection = _connection, StartUs = _lastUs, FirstByteUs = uint.MaxValue };
        if (command != "Connect" && !_ledger.Knows(_connection))
            _ledger.Meet(_connection, "", "", _lastUs);
        switch (command)
        {
            case "Connect":
                Connect(text);
                break;
            case "Quit":
                _ledger.Leave(_connection, _lastUs, CloseReason.Goodbye);
                break;
            case "Query" or "Execute" when !text.IsEmpty:
                figures.Command = CommandKind.Query;
                _ledger.Statement(figures, text, isWhole: text.Length <= CaptureLimits.TextBytes);
                break;
            case "Init DB":
                figures.Command = CommandKind.InitDb;
                var schema = Encoding.UTF8.GetString(text[..Math.Min(text.Length, CaptureLimits.WordBytes)]);
                _ledger.Command(figures, schema);
                _ledger.Use(_connection, schema);
                break;
            case "Ping":
                figures.Command = CommandKind.Ping;
                _ledger.Command(figures);
                break;
            case "Reset Connection":
                figures.Command = CommandKind.ResetConnection;
                _ledger.Command(figures);
                break;
            default:
                _report.Miss($"commands: {command}");
                break;
        }
    }

    // app@10.0.0.7 on shop using TCP/IP; Access denied for user 'app'@'10.0.0.7' (using password: YES)
    private void Connect(ReadOnlySpan<byte> text)
    {
        var words = Encoding.UTF8.GetString(text[..Math.Min(text.Length, 4 * CaptureLimits.WordBytes)]);
        var figures = new ConnectionFigures { Connection = _connection, AcceptUs = _lastUs };
        if (words.StartsWith("Access denied for user ", StringComparison.Ordinal))
        {
            // MySQL says it after a line as for those who were let in.
            var parts = words.Split('\'');
            var denied = figures with { End = LoginEnd.Refused, ErrorCode = 1045 };
            if (_ledger.Knows(_connection))
                _ledger.Leave(_connection, _lastUs, CloseReason.SentAway);
            _ledger.Connect(new ConnectionEvent
            {
                Figures = denied,
                User = parts.ElementAtOrDefault(1) ?? "",
                Source = parts.ElementAtOrDefault(3) ?? "",
            });
            return;
        }
        var at = words.IndexOf('@', StringComparison.Ordinal);
        var on = words.IndexOf(" on ", StringComparison.Ordinal);
        if (at < 0 || on < at)
        {
            _report.Miss("logins that are written otherwise");
            return;
        }
        var schema = words[(on + 4)..].TrimStart();
        var end = schema.IndexOf("using ", StringComparison.Ordinal);
        schema = end >= 0 ? schema[..end].Trim() : schema.Trim();
        _ledger.Connect(new ConnectionEvent { Figures = figures, User = words[..at], Source = words[(at + 1)..on], Schema = schema });
        _ledger.Use(_connection, schema);
    }
}
