using System.Net.Sockets;

namespace Seawall.Rehearsal.Logins;

/// <summary>
/// A socket as a stream that counts what goes over it: bytes, and how often somebody waited for the other side. TLS runs on top of it,
/// so that what it costs is counted as well.
/// </summary>
internal sealed class CountingStream(Socket socket) : Stream
{
    // Room for the server's hello and certificates: what is kept of them is read once.
    private const int HeardMax = 16 * 1024;

    private byte[]? _heard;
    private int _heardLength;
    private bool _hasSpoken = true; // That the connection is there is the first thing that was waited for, and is counted with it.

    /// <summary>How often something was read after something was written, and after the connection was made.</summary>
    public int Turns { get; private set; }

    /// <summary>Bytes that came.</summary>
    public long BytesIn { get; private set; }

    /// <summary>Bytes that went.</summary>
    public long BytesOut { get; private set; }

    /// <summary>What came since <see cref="Listen"/>, as it was on the wire.</summary>
    public ReadOnlySpan<byte> Heard => _heard.AsSpan(0, _heardLength);

    /// <summary>Keeps what comes from now on.</summary>
    public void Listen() => _heard = new byte[HeardMax];

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0; // TLS asks like this whether something is there; nothing is waited for.
        var count = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        if (count > 0 && _hasSpoken)
        {
            _hasSpoken = false;
            Turns++;
        }
        BytesIn += count;
        if (_heard is not null)
        {
            var kept = Math.Min(count, HeardMax - _heardLength);
            buffer.Span[..kept].CopyTo(_heard.AsSpan(_heardLength));
            _heardLength += kept;
        }
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _hasSpoken = true;
        BytesOut += buffer.Length;
        while (!buffer.IsEmpty)
            buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
