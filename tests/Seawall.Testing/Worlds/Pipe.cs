namespace Seawall.Testing.Worlds;

/// <summary>One direction of a <see cref="Link"/>: what was sent, what is under way, what has arrived and is not read yet.</summary>
public sealed class Pipe
{
    private readonly Link _link;
    private byte[] _arrived = new byte[4096];
    private int _start;
    private int _end;
    private int _underWay;
    private long _freeAt;
    private long _cutAfter = long.MaxValue;
    private Ending _cutEnding;

    internal Pipe(Link link) => _link = link;

    /// <summary>How much may be sent and not yet read before the writer must wait.</summary>
    public int WindowBytes { get; set; } = 256 * 1024;

    /// <summary>Bytes accepted from the writer so far.</summary>
    public long Written { get; private set; }

    /// <summary>Whether its end was sent.</summary>
    public bool IsOver { get; private set; }

    internal bool HasArrived => _end > _start;

    /// <summary>Whether the end has arrived.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Whether a reset has arrived.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Bytes that were sent and are not read yet.</summary>
    public int Untaken => _underWay + _end - _start;

    internal int Room => Math.Max(0, WindowBytes - Untaken);

    private bool IsToServer => _link.ToServer == this;

    private SimulatedWire? Reader => IsToServer ? _link.ServerWire : _link.ClientWire;

    private SimulatedWire? Writer => IsToServer ? _link.ClientWire : _link.ServerWire;

    private Pipe Other => IsToServer ? _link.ToClient : _link.ToServer;

    /// <summary>Ends the whole link once so many bytes have gone this way: exactly these arrive.</summary>
    public void CutAfter(long bytes, Ending ending = Ending.Closed)
    {
        _cutAfter = bytes;
        _cutEnding = ending;
        if (Written >= bytes)
            _link.Cut(ending);
    }

    internal int Write(ReadOnlySpan<byte> bytes)
    {
        var accepted = Math.Min(bytes.Length, Room);
        if (accepted == 0 || IsOver)
            return accepted; // A connection that is cut looks well to its writer for a while.
        var sent = (int)Math.Min(accepted, _cutAfter - Written);
        Send(bytes[..sent]);
        Written += sent;
        if (Written >= _cutAfter)
            _link.Cut(_cutEnding);
        return accepted;
    }

    internal int Read(Span<byte> into)
    {
        var count = Math.Min(into.Length, _end - _start);
        if (count == 0)
            return 0;
        _arrived.AsSpan(_start, count).CopyTo(into);
        _start += count;
        if (_start == _end)
            _start = _end = 0;
        if (Room >= WindowBytes / 3)
            Writer?.RoomCame();
        return count;
    }

    /// <summary>Sends the end after what is under way.</summary>
    internal void End(Ending ending)
    {
        if (IsOver && ending == Ending.Closed)
            return;
        IsOver = true;
        _link.Network.Deliver(this, null, ending, ArrivalOf(0));
    }

    internal void Arrive(byte[]? bytes, Ending ending)
    {
        if (bytes is null)
        {
            HasEnded |= ending == Ending.Closed;
            IsBroken |= ending == Ending.Reset;
            Reader?.Raise();
            return;
        }
        _underWay -= bytes.Length;
        if (Reader is null or { IsClosed: true })
        {
            Other.End(Ending.Reset); // Nobody is there any more: the writer hears of it.
            return;
        }
        Keep(bytes);
        Reader.Raise();
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (_link.IsBlackHole)
            return;
        while (bytes.Length > 0)
        {
            var count = Math.Clamp(_link.Network.Chunk(bytes.Length), 1, bytes.Length);
            _underWay += count;
            _link.Network.Deliver(this, bytes[..count].ToArray(), Ending.Closed, ArrivalOf(count));
            bytes = bytes[count..];
        }
    }

    // Pieces arrive one after the other, a tick apart at least, so that each is a read of its own.
    private long ArrivalOf(int count)
    {
        var now = _link.Network.NowTicks;
        var sending = _link.BytesPerSecond > 0 ? count * TimeSpan.TicksPerSecond / _link.BytesPerSecond : 0;
        _freeAt = Math.Max(_freeAt, now) + sending + 1;
        return _freeAt + (_link.LatencyUs * TimeSpan.TicksPerMicrosecond);
    }

    private void Keep(byte[] bytes)
    {
        if (_arrived.Length - _end < bytes.Length)
        {
            var larger = _arrived.Length - (_end - _start) >= bytes.Length
                ? _arrived
                : new byte[Math.Max(_arrived.Length * 2, _end - _start + bytes.Length)];
            _arrived.AsSpan(_start, _end - _start).CopyTo(larger);
            (_arrived, _start, _end) = (larger, 0, _end - _start);
        }
        bytes.CopyTo(_arrived, _end);
        _end += bytes.Length;
    }
}
