using Seawall.MySql.Framing;

namespace Seawall.Rehearsal.Logins;

/// <summary>Packets of the protocol over a stream, each bounded before it is believed.</summary>
internal sealed class PacketPipe(Stream stream)
{
    private readonly PacketWriter _writer = new();
    private byte[] _buffer = new byte[1024];
    private int _start;
    private int _end;

    /// <summary>The stream below; TLS takes its place once.</summary>
    public Stream Stream { get; set; } = stream;

    /// <summary>The number that the next packet has.</summary>
    public byte Sequence { get; private set; }

    /// <summary>Packets that came.</summary>
    public int Received { get; private set; }

    /// <summary>Packets that went.</summary>
    public int Sent { get; private set; }

    /// <summary>Whether bytes have come that nobody asked for yet.</summary>
    public bool HasMore => _end > _start;

    /// <summary>A payload, good until the next is read; null when the connection has ended, or a packet is longer than it may be.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> Read(int lengthMax, CancellationToken cancel)
    {
        if (!await Fill(PacketHeader.Size, cancel))
            return null;
        var length = PacketHeader.LengthOf(_buffer.AsSpan(_start));
        Sequence = (byte)(PacketHeader.SequenceOf(_buffer.AsSpan(_start)) + 1);
        if (length > lengthMax || !await Fill(PacketHeader.Size + length, cancel))
            return null;
        var payload = _buffer.AsMemory(_start + PacketHeader.Size, length);
        _start += PacketHeader.Size + length;
        Received++;
        return payload;
    }

    /// <summary>Begins a packet of a login, numbered on.</summary>
    public PacketWriter Begin() => _writer.Clear().Begin(Sequence);

    /// <summary>Begins a command: numbers begin again.</summary>
    public PacketWriter BeginCommand() => _writer.Clear().Begin(Sequence = 0);

    /// <summary>Sends what was begun.</summary>
    public ValueTask Send(CancellationToken cancel)
    {
        var bytes = _writer.End().Bytes.ToArray();
        Sent++;
        Sequence++;
        return Stream.WriteAsync(bytes, cancel);
    }

    private async ValueTask<bool> Fill(int count, CancellationToken cancel)
    {
        if (_buffer.Length - _start < count)
        {
            var wider = _buffer.Length < count ? new byte[Math.Max(count, _buffer.Length * 2)] : _buffer;
            _buffer.AsSpan(_start, _end - _start).CopyTo(wider);
            (_buffer, _start, _end) = (wider, 0, _end - _start);
        }
        while (_end - _start < count)
        {
            var read = await Stream.ReadAsync(_buffer.AsMemory(_end), cancel);
            if (read == 0)
                return false;
            _end += read;
        }
        return true;
    }
}
