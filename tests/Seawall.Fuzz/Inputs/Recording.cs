using System.Buffers.Binary;
using Seawall.MySql.Framing;

namespace Seawall.Fuzz.Inputs;

/// <summary>A packet of a recorded conversation.</summary>
/// <param name="IsServers">Whether the server said it.</param>
/// <param name="Bytes">Header and payload.</param>
public sealed record RecordedPacket(bool IsServers, byte[] Bytes)
{
    /// <summary>Without its header.</summary>
    public byte[] Payload => Bytes[PacketHeader.Size..];
}

/// <summary>
/// A conversation of a client and a real server, as it was on the wire. The file is pieces: a letter for who speaks (<c>C</c>,
/// <c>S</c>), four bytes of length, the bytes.
/// </summary>
public sealed class Recording
{
    private readonly List<(bool IsServers, byte[] Bytes)> _pieces = [];

    /// <summary>Its packets, in the order in which they ended.</summary>
    public IReadOnlyList<RecordedPacket> Packets => [.. CutIntoPackets()];

    /// <summary>The server's first words.</summary>
    public byte[] Greeting => Packets[0].Payload;

    /// <summary>The packets of the login, up to the server's OK or error.</summary>
    public IReadOnlyList<RecordedPacket> Login => [.. Packets.TakeWhile(packet => packet.Bytes[3] != 0 || packet.IsServers)];

    /// <summary>Commands with all the packets of their answers.</summary>
    public IReadOnlyList<(byte[] Command, byte[] Answer)> Commands
    {
        get
        {
            var commands = new List<(byte[] Command, byte[] Answer)>();
            foreach (var packet in Packets.Skip(Login.Count))
            {
                if (!packet.IsServers && packet.Bytes[3] == 0)
                    commands.Add((packet.Bytes, []));
                else if (packet.IsServers && commands.Count > 0)
                    commands[^1] = (commands[^1].Command, [.. commands[^1].Answer, .. packet.Bytes]);
            }
            return commands;
        }
    }

    /// <summary>Notes what one side said.</summary>
    public void Add(bool isServers, ReadOnlySpan<byte> bytes)
    {
        if (_pieces.Count > 0 && _pieces[^1].IsServers == isServers)
            _pieces[^1] = (isServers, [.. _pieces[^1].Bytes, .. bytes]);
        else
            _pieces.Add((isServers, bytes.ToArray()));
    }

    /// <summary>The conversation as a file.</summary>
    public byte[] ToFile()
    {
        var file = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var (isServers, bytes) in _pieces)
        {
            file.WriteByte(isServers ? (byte)'S' : (byte)'C');
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            file.Write(length);
            file.Write(bytes);
        }
        return file.ToArray();
    }

    /// <summary>Reads a file.</summary>
    public static Recording Read(ReadOnlySpan<byte> file)
    {
        var recording = new Recording();
        while (file.Length >= 5)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(file[1..]);
            recording._pieces.Add((file[0] == (byte)'S', file.Slice(5, length).ToArray()));
            file = file[(5 + length)..];
        }
        return recording;
    }

    private IEnumerable<RecordedPacket> CutIntoPackets()
    {
        List<byte> client = [], server = [];
        foreach (var (isServers, bytes) in _pieces)
        {
            var left = isServers ? server : client;
            left.AddRange(bytes);
            while (left.Count >= PacketHeader.Size)
            {
                var length = PacketHeader.Size + (left[0] | (left[1] << 8) | (left[2] << 16));
                if (left.Count < length)
                    break;
                yield return new(isServers, [.. left[..length]]);
                left.RemoveRange(0, length);
            }
        }
    }
}
