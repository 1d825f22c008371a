using System.Buffers.Binary;
using System.Globalization;
using Seawall.MySql.Framing;

namespace Seawall.LabTests.Lab;

/// <summary>
/// One login as the packets show it, by two witnesses: the bytes of the segments, read here, and Wireshark's
/// dissection of the same capture. A login ends before the first packet of the client that is numbered 0, which is a
/// command.
/// </summary>
public sealed record SeenLogin
{
    private static readonly TimeSpan TsharkTimeMax = TimeSpan.FromMinutes(1);

    /// <summary>The account.</summary>
    public required string User { get; init; }

    public required int ServerPort { get; init; }

    /// <summary>
    /// Packets of the client by the bytes themselves. Under TLS 1.3 its records: one for each packet and one that ends
    /// the handshake, in the place of the request for TLS that went ahead of them.
    /// </summary>
    public required int Exchanges { get; init; }

    /// <summary>Packets of the client by tshark, which can look into TLS.</summary>
    public required int TsharkExchanges { get; init; }

    /// <summary>Packets of the server by tshark.</summary>
    public required int ServerPackets { get; init; }

    /// <summary>Segments with payload that the client sent.</summary>
    public required int ClientSegments { get; init; }

    /// <summary>Segments with payload that the server sent, the greeting among them.</summary>
    public required int ServerSegments { get; init; }

    public required bool IsTls { get; init; }

    /// <summary>Whether TLS took up an earlier session again.</summary>
    public required bool IsResumed { get; init; }

    /// <summary>The plugin that the server greeted with.</summary>
    public required string Greeted { get; init; }

    /// <summary>All logins of a capture, in the order in which the connections were opened.</summary>
    public static async Task<IReadOnlyList<SeenLogin>> ReadAsync(
        PacketCapture capture, IReadOnlyCollection<int> ports, CancellationToken cancel)
    {
        var connections = await capture.StopAsync(cancel);
        var keys = Path.ChangeExtension(capture.File, "keys");
        TlsKeyLog.WriteTo(keys);
        var dissected = (await DissectAsync(capture.File, keys, ports, cancel)).ToDictionary(frame => frame.Frame);
        return [.. connections.Where(connection => ports.Contains(connection.ServerPort))
            .Select(connection => Of(connection, FramesOf(connection)))];

        Dissected[] FramesOf(CapturedConnection connection) => [.. connection.Segments
            .Select(segment => dissected.GetValueOrDefault(segment.Frame)).OfType<Dissected>()];
    }

    private static SeenLogin Of(CapturedConnection connection, Dissected[] frames)
    {
        var command = frames.FirstOrDefault(frame => frame.IsFrom(connection.ClientPort) && frame.Numbers.Contains(0));
        var end = command?.Frame ?? int.MaxValue;
        var login = frames.Where(frame => frame.Frame < end).ToArray();
        var fromClient = login.Where(frame => frame.IsFrom(connection.ClientPort));
        var isTls = login.Any(frame => frame.Records.Length > 0);
        var segments = connection.Segments.Where(segment => segment.Frame < end).ToArray();
        var fromServer = login.Where(frame => frame.IsFrom(connection.ServerPort));
        return new SeenLogin
        {
            User = login.FirstOrDefault(frame => frame.User.Length > 0)?.User ?? "",
            ServerPort = connection.ServerPort,
            Exchanges = isTls ? ApplicationRecords(segments) : ClientPackets(connection),
            TsharkExchanges = fromClient.Sum(frame => frame.Numbers.Length),
            ServerPackets = fromServer.Sum(frame => frame.Numbers.Length),
            ClientSegments = segments.Count(segment => segment.IsFromClient),
            ServerSegments = segments.Count(segment => !segment.IsFromClient),
            IsTls = isTls,
            IsResumed = fromServer.Any(frame => frame.Extensions.Contains(PreSharedKey)),
            Greeted = login.FirstOrDefault(frame => frame.Greeted.Length > 0)?.Greeted ?? "",
        };
    }

    private const int PreSharedKey = 41; // RFC 8446, section 4.2: in a server's hello it says that a session goes on.

    private static int ClientPackets(CapturedConnection connection)
    {
        var stream = BytesOfClient(connection.Segments);
        var count = 0;
        for (var at = 0; at < stream.Length && PacketHeader.SequenceOf(stream.AsSpan(at)) != 0; count++)
            at += PacketHeader.Size + PacketHeader.LengthOf(stream.AsSpan(at));
        return count;
    }

    private static byte[] BytesOfClient(IEnumerable<CapturedSegment> segments) =>
        [.. segments.Where(segment => segment.IsFromClient).SelectMany(segment => segment.Bytes)];

    private static int ApplicationRecords(IEnumerable<CapturedSegment> segments)
    {
        const byte applicationData = 23;
        const int headerLength = 5;
        var stream = BytesOfClient(segments);
        var count = 0;
        // In front of the first record there is the request for TLS.
        for (var at = PacketHeader.Size + PacketHeader.LengthOf(stream); at < stream.Length;)
        {
            count += stream[at] == applicationData ? 1 : 0;
            at += headerLength + BinaryPrimitives.ReadUInt16BigEndian(stream.AsSpan(at + 3));
        }
        return count;
    }

    private static async Task<IEnumerable<Dissected>> DissectAsync(
        string file, string keys, IReadOnlyCollection<int> ports, CancellationToken cancel)
    {
        string[] fields =
        [
            "frame.number", "tcp.srcport", "mysql.packet_number", "mysql.user", "mysql.auth_plugin",
            "tls.record.content_type", "tls.handshake.extension.type",
        ];
        var tshark = new LabCommand("tshark",
        [
            "-n", "-r", file, "-o", $"tls.keylog_file:{keys}",
            .. ports.SelectMany(port => (string[])["-d", $"tcp.port=={port},mysql"]),
            "-Y", "mysql or tls", "-T", "fields", .. fields.SelectMany(field => (string[])["-e", field]),
        ]);
        var result = (await LabProgram.RunAsync(tshark, TsharkTimeMax, cancel)).ShouldSucceed();
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Dissected.Read);
    }

    private sealed record Dissected(
        int Frame, int From, int[] Numbers, string User, string Greeted, int[] Records, int[] Extensions)
    {
        internal static Dissected Read(string line)
        {
            var fields = line.Split('\t');
            return new(
                Number(fields[0]), Number(fields[1]), All(fields[2]), fields[3], fields[4],
                All(fields[5]), All(fields[6]));
        }

        internal bool IsFrom(int port) => From == port;

        private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

        private static int[] All(string text) =>
            [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Number)];
    }
}
