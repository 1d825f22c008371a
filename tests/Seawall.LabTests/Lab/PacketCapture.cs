using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Seawall.LabTests.Lab;

/// <summary>
/// What goes over some TCP ports of the loopback interface, kept by Wireshark's dumpcap. A knock at a port of its own,
/// seen in the file, says that the capture has begun, and another one that all before it is there: nothing is waited
/// for by time.
/// </summary>
public sealed class PacketCapture : IAsyncDisposable
{
    private static readonly TimeSpan SeenTimeMax = TimeSpan.FromSeconds(30);

    private readonly Socket _beacon = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly LabProgram _program;
    private readonly HashSet<int> _knockedFrom = [];

    private PacketCapture(string file, IReadOnlyCollection<int> ports)
    {
        File = file;
        _beacon.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _beacon.Listen();
        var filter = string.Join(" or ", ports.Append(BeaconPort).Select(port => $"tcp port {port}"));
        _program = LabProgram.Start(new LabCommand("dumpcap", "-q", "-i", "lo", "-f", filter, "-w", file));
    }

    /// <summary>The capture, for tshark as well.</summary>
    public string File { get; }

    private int BeaconPort => ((IPEndPoint)_beacon.LocalEndPoint!).Port;

    /// <summary>Begins to capture, or skips the test where nobody may.</summary>
    public static async Task<PacketCapture> StartAsync(
        LabServers lab, IReadOnlyCollection<int> ports, CancellationToken cancel)
    {
        await lab.RequireAsync("tools", cancel);
        var capture = new PacketCapture(Path.Combine(lab.NewFolder(), "packets.pcapng"), ports);
        try
        {
            await capture.KnockAsync(cancel);
            return capture;
        }
        catch
        {
            await capture.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the capture: every TCP connection whose beginning is in it, in the order of those.</summary>
    public async Task<IReadOnlyList<CapturedConnection>> StopAsync(CancellationToken cancel)
    {
        await KnockAsync(cancel);
        _program.Signal(LabSignal.Interrupt);
        await _program.WaitAsync(SeenTimeMax, cancel);
        return Read();
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _beacon.Dispose();
    }

    // Before dumpcap listens, knocks are lost: each turn knocks again, and those of the same turn need not be told
    // apart. A port from which somebody else has come, or an earlier knock, says nothing.
    private async Task KnockAsync(CancellationToken cancel)
    {
        var ports = new HashSet<int>();
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.SkipWhen(_program.HasEnded, $"packets cannot be captured here: {_program.Errors}");
                using var knock = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await knock.ConnectAsync(_beacon.LocalEndPoint!, cancel);
                var port = ((IPEndPoint)knock.LocalEndPoint!).Port;
                if (_knockedFrom.Add(port))
                    ports.Add(port);
                (await _beacon.AcceptAsync(cancel)).Dispose();
                return System.IO.File.Exists(File) && Read().Any(Knocked);
            },
            SeenTimeMax, cancel, () => _program.Errors);

        bool Knocked(CapturedConnection connection) => connection.ServerPort == BeaconPort && ports.Contains(connection.ClientPort);
    }

    private List<CapturedConnection> Read()
    {
        using var file = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var connections = new List<CapturedConnection>();
        var number = 0;
        foreach (var packet in Frames(bytes))
            Note(connections, ++number, packet.Span);
        return connections;
    }

    // The blocks of a pcapng file (draft-ietf-opsawg-pcapng): of them only packets matter. The last may be half
    // written.
    private static IEnumerable<ReadOnlyMemory<byte>> Frames(byte[] file)
    {
        const uint enhancedPacket = 6;
        const int headerLength = 28;
        for (var at = 0; at + headerLength <= file.Length;)
        {
            var type = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
            var length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            if (length < 12 || at + length > file.Length)
                yield break;
            var captured = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 20));
            if (type == enhancedPacket)
                yield return file.AsMemory(at + headerLength, captured);
            at += length;
        }
    }

    // Ethernet, as the loopback interface pretends to be; IPv4, as all of the lab; TCP, as the filter says.
    private static void Note(List<CapturedConnection> connections, int number, ReadOnlySpan<byte> frame)
    {
        const int ethernetLength = 14;
        const byte syn = 2, ack = 16;
        var ip = frame[ethernetLength..];
        ip = ip[..BinaryPrimitives.ReadUInt16BigEndian(ip[2..])];
        var tcp = ip[((ip[0] & 0xF) * 4)..];
        int from = BinaryPrimitives.ReadUInt16BigEndian(tcp);
        int to = BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]);
        var sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
        if ((tcp[13] & (syn | ack)) == syn)
        {
            connections.Add(new CapturedConnection(from, to, sequence));
            return;
        }
        // A port may be used again: the latest is meant. Of connections that were open before, nothing is known.
        var connection = connections.FindLast(known => known.Joins(from, to));
        if ((tcp[13] & syn) != 0)
            connection?.Answered(sequence);
        else
            connection?.Add(number, from == connection.ClientPort, sequence, tcp[((tcp[12] >> 4) * 4)..].ToArray());
    }
}

/// <summary>One segment that carried bytes; <paramref name="Frame"/> is its number in the capture, tshark's
/// too.</summary>
public sealed record CapturedSegment(int Frame, bool IsFromClient, byte[] Bytes);

/// <summary>One TCP connection, from its first packet on.</summary>
public sealed class CapturedConnection(int clientPort, int serverPort, uint clientSequence)
{
    private readonly List<CapturedSegment> _segments = [];
    private uint _nextOfClient = clientSequence + 1;
    private uint _nextOfServer;

    public int ClientPort { get; } = clientPort;

    public int ServerPort { get; } = serverPort;

    /// <summary>What was sent, in order.</summary>
    public IReadOnlyList<CapturedSegment> Segments => _segments;

    internal bool Joins(int from, int to) =>
        (from, to) == (ClientPort, ServerPort) || (to, from) == (ClientPort, ServerPort);

    internal void Answered(uint sequence) => _nextOfServer = sequence + 1;

    internal void Add(int frame, bool isFromClient, uint sequence, byte[] bytes)
    {
        ref var next = ref isFromClient ? ref _nextOfClient : ref _nextOfServer;
        if (bytes.Length == 0 || unchecked((int)(sequence - next)) < 0)
            return; // A kernel that is in doubt sends again what was there already.
        Assert.Equal(next, sequence); // A gap: the capture is not whole, and nothing may be concluded from it.
        next += (uint)bytes.Length;
        _segments.Add(new CapturedSegment(frame, isFromClient, bytes));
    }
}
