using System.Runtime.CompilerServices;

namespace Seawall.Engine.Loops.Linux;

/// <summary>A TCP or Unix stream socket, registered once with its loop.</summary>
internal sealed unsafe class SocketWire : Wire, IEpollTarget
{
    // Balancers and firewalls forget what has been silent for four minutes and more; the system's own two hours are too late.
    private const int KeepAliveIdleSeconds = 60;
    private const int KeepAliveIntervalSeconds = 10;
    private const int KeepAliveProbes = 6;

    private const uint Interest =
        Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET;

    /// <summary>Descriptors that dials leave: fewer than clients do, see <see cref="SocketListener"/>.</summary>
    private const int Headroom = 32;

    private int _fd;
    private int _connectErrno; // What became of the connect of this side; EINPROGRESS until that is known.

    private SocketWire(EpollLoop loop, int fd, PeerAddress peer, int connectErrno)
        : base(loop)
    {
        _fd = fd;
        Peer = peer;
        _connectErrno = connectErrno;
        WriteReady = !IsConnecting;
        try
        {
            loop.Add(this, fd, Interest);
        }
        catch
        {
            _ = Libc.close(fd); // Nobody else knows of it.
            throw;
        }
    }

    public override string? ConnectProblem => _connectErrno == 0 || IsConnecting ? null : Libc.Describe(_connectErrno);

    public override PeerAddress OwnAddress
    {
        get
        {
            var address = stackalloc byte[128];
            var length = 128;
            return Libc.getsockname(_fd, address, &length) == 0 ? PeerAddress.FromSockaddr(new(address, length)) : PeerAddress.Unix;
        }
    }

    /// <summary>What the peer's system has not confirmed; its own buffer is full when it confirms no more.</summary>
    protected override long UntakenBelow
    {
        get
        {
            var count = 0;
            return Libc.ioctl(_fd, Libc.SIOCOUTQ, &count) == 0 ? count : 0;
        }
    }

    public ulong Tag { get; set; }

    private bool IsConnecting => _connectErrno == Libc.EINPROGRESS;

    internal static SocketWire Accepted(EpollLoop loop, int fd, PeerAddress peer)
    {
        if (!peer.IsUnix)
            SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        return new SocketWire(loop, fd, peer, connectErrno: 0);
    }

    internal static SocketWire Connect(EpollLoop loop, Endpoint endpoint)
    {
        var fd = EpollLoop.Checked(
            Libc.socket(endpoint.Family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0));
        if (Libc.IsNearLimit(fd, Headroom))
        {
            _ = Libc.close(fd);
            throw new System.Net.Sockets.SocketException(Libc.EMFILE, Libc.Describe(Libc.EMFILE));
        }
        if (!endpoint.IsUnix)
        {
            SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
            KeepAlive(fd);
        }
        int result;
        fixed (byte* address = endpoint.Sockaddr)
            result = Libc.connect(fd, address, endpoint.Sockaddr.Length);
        var errno = result < 0 ? Libc.Errno : 0;
        var wire = new SocketWire(loop, fd, PeerAddress.FromSockaddr(endpoint.Sockaddr), errno);
        if (errno is not 0 and not Libc.EINPROGRESS)
            wire.PeerGone = wire.ReadReady = wire.WriteReady = true;
        return wire;
    }

    public override int Receive(Span<byte> into)
    {
        nint count;
        var errno = 0;
        do
        {
            fixed (byte* buffer = into)
                count = Libc.recv(_fd, buffer, into.Length, 0);
            if (count < 0)
                errno = Libc.ErrnoNow;
        }
        while (errno == Libc.EINTR && count < 0);
        if (count > 0)
        {
            // A short read means drained: the next bytes raise a new edge. After a hang-up there is none to come.
            if (count < into.Length && !PeerGone)
                ReadReady = false;
            return (int)count;
        }
        if (count == 0)
            return WireResult.End;
        if (errno != Libc.EAGAIN)
            return WireResult.Broken;
        ReadReady = false;
        return WireResult.Later;
    }

    public override bool LooksDead()
    {
        if (IsClosed || PeerGone)
            return true;
        byte one;
        var count = Libc.recv(_fd, &one, 1, Libc.MSG_PEEK | Libc.MSG_DONTWAIT);
        return count == 0 || (count < 0 && Libc.ErrnoNow is not Libc.EAGAIN and not Libc.EINTR);
    }

    public void Note(uint flags)
    {
        if (IsConnecting)
            NoteConnected(flags);
        if ((flags & (Libc.EPOLLIN | Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
            ReadReady = true;
        if ((flags & (Libc.EPOLLOUT | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
            WriteReady = true;
        if ((flags & (Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
            PeerGone = true;
        NoteAbove();
    }

    public void Wake() => WakeAll();

    public void Abandon()
    {
        _ = Libc.close(_fd);
        _fd = -1;
    }

    protected override int Write(ReadOnlySpan<byte> bytes)
    {
        nint count;
        var errno = 0;
        do
        {
            fixed (byte* buffer = bytes)
                count = Libc.send(_fd, buffer, bytes.Length, Libc.MSG_NOSIGNAL);
            if (count < 0)
                errno = Libc.ErrnoNow;
        }
        while (errno == Libc.EINTR && count < 0);
        if (count == bytes.Length)
            return (int)count;
        if (count < 0 && errno != Libc.EAGAIN)
            return WireResult.Broken;
        // A partial write means that the buffer is full; room raises an edge. So it does when the peer has only ended its
        // own side: to call that "ready" would have the sender try for ever, and the loop with it.
        WriteReady = false;
        return count > 0 ? (int)count : WireResult.Later;
    }

    protected override void CloseCore()
    {
        if (_fd < 0)
            return;
        ((EpollLoop)Loop).Remove(this, _fd, stillOpen: false);
        _ = Libc.close(_fd);
        _fd = -1;
    }

    protected override void LetGoCore() => ((EpollLoop)Loop).Remove(this, _fd, stillOpen: true);

    protected override void ComeToCore()
    {
        // Registering anew reports at once whatever is true now, so nothing that came in between is lost.
        ReadReady = false;
        ((EpollLoop)Loop).Add(this, _fd, Interest);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteConnected(uint flags)
    {
        if ((flags & (Libc.EPOLLOUT | Libc.EPOLLERR | Libc.EPOLLHUP)) == 0)
            return;
        int error = 0, length = sizeof(int);
        _ = Libc.getsockopt(_fd, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length);
        _connectErrno = error;
        if (error != 0)
            PeerGone = true;
    }

    /// <summary>
    /// Has the kernel ask a silent peer whether it is still there, and end the connection when it is not: a machine that lost its
    /// power, or a firewall that forgot the connection, says no goodbye. What a listening socket has its connections get.
    /// </summary>
    internal static void KeepAlive(int fd)
    {
        SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, KeepAliveIdleSeconds);
        SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, KeepAliveIntervalSeconds);
        SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, KeepAliveProbes);
        SetOption(fd, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
    }

    private static void SetOption(int fd, int level, int name, int value) =>
        _ = Libc.setsockopt(fd, level, name, &value, sizeof(int));
}
