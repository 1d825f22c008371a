using System.Security.Cryptography;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Traffics;

/// <summary>Reads captures into traffic.</summary>
internal static class CapturedTraffic
{
    private const double Us = 1e6;

    /// <summary>More is not held in memory at once; what is beyond is said to be missing.</summary>
    private const int CommandsMax = 2_000_000;

    private const long TextBytesMax = 2L * 1024 * 1024 * 1024;

    /// <summary>Reads one, from its file or its folder; <paramref name="hash"/> is that of its bytes. Throws <see cref="RehearsalException"/>.</summary>
    public static Traffic Read(string path, string? keyFile, out string hash, CancellationToken cancel)
    {
        try
        {
            var files = CaptureFiles.Find(path);
            if (files.Count == 0)
                throw new RehearsalException($"--capture: {CaptureFiles.WhyNone(path)}");
            using var key = keyFile is null ? null
                : CaptureKey.Read(keyFile, out var problem) ?? throw new RehearsalException($"--capture-key: {problem}");
            using var sums = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var file in files)
                Add(sums, file, cancel);
            hash = $"sha256:{Convert.ToHexStringLower(sums.GetHashAndReset())}";
            using var reader = CaptureReader.Open(files, key);
            var traffic = Of(Records(reader, cancel), CommandsMax);
            var damage = reader.Damage;
            if (damage.Problem is { } why && traffic.Connections.Count == 0)
                throw new RehearsalException($"--capture {path}: {why}");
            return damage.IsNone ? traffic : traffic with
            {
                Gaps = [.. traffic.Gaps, $"parts of the capture: {damage.Blocks} damaged blocks, {damage.Records} unreadable records, "
                    + $"{damage.TornEnds} torn ends{(damage.Problem is { } more ? $"; {more}" : "")}"],
            };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new RehearsalException($"--capture {path}: {problem.Message}");
        }
    }

    /// <summary>Makes traffic of records in whatever order connections were written.</summary>
    public static Traffic Of(IEnumerable<CaptureRecord> records, int commandsMax = int.MaxValue)
    {
        var connections = new Dictionary<ulong, (ConnectionEvent Event, List<CommandEvent> Commands)>();
        var ends = new Dictionary<ulong, EndFigures>();
        var (name, began, last, dropped, commands, left, bytes) = ("", long.MaxValue, 0L, 0UL, 0, 0, 0L);
        foreach (var record in records)
        {
            switch (record)
            {
                case CaptureHead head:
                    name = head.Name;
                    began = Math.Min(began, head.BeganUs > 0 ? head.BeganUs : long.MaxValue);
                    break;
                case ConnectionEvent connection:
                    connections.TryAdd(connection.Figures.Connection, (connection, []));
                    last = Math.Max(last, connection.Figures.AcceptUs);
                    break;
                case CommandEvent command:
                    last = Math.Max(last, command.Figures.StartUs + command.Figures.DurationUs);
                    bytes += command.Text.Length + command.Parameters.Length;
                    if (commands >= commandsMax || bytes > TextBytesMax)
                    {
                        left++;
                        break;
                    }
                    commands++;
                    Find(command).Add(command);
                    break;
                case ConnectionEnd end:
                    ends[end.Figures.Connection] = end.Figures;
                    last = Math.Max(last, end.Figures.CloseUs);
                    break;
                case CaptureGap gap:
                    dropped += gap.Dropped;
                    break;
            }
        }
        if (began == long.MaxValue)
            began = connections.Values.Select(one => one.Event.Figures.AcceptUs).DefaultIfEmpty(0).Min();
        return new Traffic
        {
            Name = name,
            Seconds = Math.Max(0, (last - began) / Us),
            Connections = [.. connections.Values.Select(one => Make(one.Event, one.Commands, ends.GetValueOrDefault(one.Event.Figures.Connection), began))
                .OrderBy(one => one.At)],
            Gaps =
            [
                .. dropped > 0 ? [$"{dropped} records that the capture lost"] : (string[])[],
                .. left > 0 ? [$"{left} commands of the capture, behind the first {commands}"] : (string[])[],
            ],
        };

        // Statements without a login are those of a log that has none, or of a connection whose record was lost.
        List<CommandEvent> Find(CommandEvent command)
        {
            var number = command.Figures.Connection;
            if (!connections.TryGetValue(number, out var known))
            {
                known = (new ConnectionEvent { Figures = new() { Connection = number, AcceptUs = command.Figures.StartUs, WasThere = true } }, []);
                connections[number] = known;
            }
            return known.Commands;
        }
    }

    private static TrafficConnection Make(ConnectionEvent one, List<CommandEvent> commands, EndFigures end, long began) => new()
    {
        At = one.Figures.WasThere ? 0 : Math.Max(0, (one.Figures.AcceptUs - began) / Us),
        Ended = end.CloseUs > 0 ? (end.CloseUs - began) / Us : null,
        User = one.User,
        Schema = one.Schema.Length > 0 ? one.Schema : one.Figures.WasThere ? commands.FirstOrDefault()?.Schema ?? "" : "",
        ClientName = Attribute(one, "_client_name"),
        ClientVersion = Attribute(one, "_client_version"),
        FirstPlugin = one.FirstPlugin,
        AccountPlugin = one.AccountPlugin,
        HasTls = one.Figures.TlsVersion != 0,
        IsTlsResumed = one.Figures.TlsResumed,
        Capabilities = (Capabilities)one.Figures.Capabilities,
        WasThere = one.Figures.WasThere,
        HasFailed = one.Figures.End != LoginEnd.In,
        Settings = one.Settings.IsDefault ? [] : one.Settings,
        Commands = [.. Named([.. commands.OrderBy(command => command.Figures.StartUs)], began)],
    };

    // A change of the user is captured before it is done; the command after it tells of the schema.
    private static IEnumerable<TrafficCommand> Named(CommandEvent[] commands, long began) => commands.Select((command, at) =>
        command.Figures.Command == CommandKind.ChangeUser && at + 1 < commands.Length
            ? Make(command, began) with { Schema = commands[at + 1].Schema } : Make(command, began));

    private static TrafficCommand Make(CommandEvent one, long began) => new()
    {
        At = Math.Max(0, (one.Figures.StartUs - began) / Us),
        Ended = Math.Max(0, (one.Figures.StartUs + one.Figures.DurationUs - began) / Us),
        Kind = one.Figures.Command,
        Text = one.Text,
        Parameters = one.Parameters,
        StatementId = one.Figures.StatementId,
        InTransaction = one.Figures.Marks.HasFlag(TransactionMarks.WasOpen),
        TookUs = one.Figures.DurationUs,
        Hindrance = one.Figures.Text switch
        {
            TextState.None or TextState.Kept => "",
            TextState.Redacted => "its values are not in the capture, which was made without literals",
            TextState.Withheld => "its text is not in the capture: it may hold a password",
            TextState.Cut => "it is not whole in the capture",
        },
    };

    private static string Attribute(ConnectionEvent one, string name) =>
        one.Attributes.IsDefault ? "" : one.Attributes.FirstOrDefault(pair => pair.Key == name).Value ?? "";

    private static IEnumerable<CaptureRecord> Records(CaptureReader reader, CancellationToken cancel)
    {
        while (reader.Next() is { } record)
        {
            cancel.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    private static void Add(IncrementalHash sums, string file, CancellationToken cancel)
    {
        using var stream = File.OpenRead(file);
        var buffer = new byte[64 * 1024];
        while (stream.Read(buffer) is > 0 and var read)
        {
            cancel.ThrowIfCancellationRequested();
            sums.AppendData(buffer, 0, read);
        }
    }
}
