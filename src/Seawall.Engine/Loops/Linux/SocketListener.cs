using System.Net;

namespace Seawall.Engine.Loops.Linux;

/// <summary>A listening socket of one loop; <c>SO_REUSEPORT</c> lets the kernel spread clients over the loops.</summary>
internal sealed unsafe class SocketListener : IEpollTarget, IWireListener
{
    /// <summary>Accepted in one turn before others get theirs: a storm must not silence those who are in.</summary>
    private const int BatchMax = 64;

    /// <summary>What waits in the kernel until the loop comes round; the kernel itself caps it (<c>somaxconn</c>).</summary>
    private const int Backlog = 4096;

    /// <summary>How long to wait when the process is out of descriptors: no edge tells when some are free again.</summary>
    private const int RetryMs = 50;

    /// <summary>
    /// Descriptors that clients never get. The runtime opens files when it comes to code that it has not run yet, and ends the
    /// process when it cannot; and dials, the log's reader and operators need some.
    /// </summary>
    private const int Headroom = 48;

    private readonly EpollLoop _loop;
    private readonly Action<Wire> _accepted;
    private readonly RetryTimer _retry;
    private readonly SocketFile? _file;
    private bool _hasTurnedAway;
    private int _fd;
    private int _spare = Libc.eventfd(0, Libc.EFD_CLOEXEC);

    private SocketListener(EpollLoop loop, int fd, Endpoint endpoint, SocketFile? file, Action<Wire> accepted)
    {
        _file = file;
        _loop = loop;
        _fd = fd;
        Endpoint = endpoint;
        _accepted = accepted;
        _retry = new RetryTimer(this);
        loop.Add(this, fd, Libc.EPOLLIN | Libc.EPOLLET);
        loop.Listeners.Add(this);
    }

    public Endpoint Endpoint { get; }

    public Action<Wire>? TurnAway { get; set; }

    public ulong Tag { get; set; }

    public bool GoesFirst => false;

    internal static SocketListener Open(EpollLoop loop, Endpoint endpoint, Action<Wire> accepted)
    {
        var fd = EpollLoop.Checked(
            Libc.socket(endpoint.Family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0));
        SocketFile? file = null;
        try
        {
            int one = 1;
            if (!endpoint.IsUnix)
            {
                EpollLoop.Checked(Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, &one, sizeof(int)));
                EpollLoop.Checked(Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, &one, sizeof(int)));
                SocketWire.KeepAlive(fd); // Inherited: no call for each client.
            }
            fixed (byte* address = endpoint.Sockaddr)
                EpollLoop.Checked(Libc.bind(fd, address, endpoint.Sockaddr.Length));
            if (endpoint.IsUnix)
            {
                file = new SocketFile(endpoint.Text);
                // Before anybody listens nobody can connect, so there is no moment at which too many may.
                EpollLoop.Checked(Libc.chmod(endpoint.Text, (uint)endpoint.Mode));
            }
            EpollLoop.Checked(Libc.listen(fd, Backlog));
            return new SocketListener(loop, fd, Bound(fd, endpoint), file, accepted);
        }
        catch
        {
            file?.Remove();
            _ = Libc.close(fd);
            throw;
        }
    }

    /// <summary>Goes on with a socket that another process has opened.</summary>
    internal static SocketListener Inherit(EpollLoop loop, Endpoint endpoint, int fd, Action<Wire> accepted)
    {
        var listener = new SocketListener(loop, fd, endpoint, endpoint.IsUnix ? new SocketFile(endpoint.Text) : null, accepted);
        loop.Arm(listener._retry, 0); // Those who wait already make no edge.
        return listener;
    }

    public int Share() => EpollLoop.Checked(Libc.fcntl(_fd, Libc.F_DUPFD_CLOEXEC, 0));

    public void Note(uint flags)
    {
    }

    public void Wake() => AcceptBatch();

    public void Abandon() => Close();

    public void Close(bool isHandedOver = false)
    {
        if (_fd < 0)
            return;
        _loop.Timers.Disarm(_retry);
        _loop.Listeners.Remove(this);
        _loop.Remove(this, _fd, stillOpen: true); // Another process may have it as well, and events would go on coming.
        if (isHandedOver)
            _file?.Keep();
        _file?.Remove(); // First, so that whoever comes next finds either a listener or nothing.
        _ = Libc.close(_fd);
        _fd = -1;
        if (_spare >= 0)
            _ = Libc.close(_spare);
        _spare = -1;
    }

    private void AcceptBatch()
    {
        _hasTurnedAway = false;
        for (var left = BatchMax; _fd >= 0; left--)
        {
            if (left == 0)
            {
                // No further edge tells of those who wait already. Those who are turned away may come again at once.
                _loop.Arm(_retry, _hasTurnedAway ? RetryMs : 0);
                return;
            }
            var address = stackalloc byte[128];
            var length = 128;
            var fd = Libc.accept4(_fd, address, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
            if (fd >= 0)
            {
                if (TurnAway is not null && Libc.IsNearLimit(fd, Headroom))
                {
                    _loop.Shortage?.Note(Libc.EMFILE);
                    _hasTurnedAway = true;
                    SendAway(fd, PeerAddress.FromSockaddr(new(address, length)));
                    continue;
                }
                _loop.Shortage?.NoteSuccess();
                Receive(fd, PeerAddress.FromSockaddr(new(address, length)));
                continue;
            }
            if (Libc.Errno is Libc.ECONNABORTED or Libc.EINTR)
                continue;
            if (Libc.Errno == Libc.EAGAIN)
                return;
            if (Libc.Errno is Libc.EMFILE or Libc.ENFILE && TurnAwayOne(Libc.Errno))
                continue;
            _loop.Arm(_retry, RetryMs);
            return;
        }
    }

    // A descriptor is kept for this: with it one of those who wait can be accepted, told, and closed. In the kernel's queue
    // they would wait until somebody leaves, with no word from anybody.
    private bool TurnAwayOne(int errno)
    {
        _loop.Shortage?.Note(errno);
        if (TurnAway is null)
            return false;
        if (_spare >= 0)
            _ = Libc.close(_spare);
        var address = stackalloc byte[128];
        var length = 128;
        var fd = Libc.accept4(_fd, address, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
        if (fd >= 0)
            SendAway(fd, PeerAddress.FromSockaddr(new(address, length)));
        _spare = Libc.eventfd(0, Libc.EFD_CLOEXEC); // Another thread may have been faster; then there is none until the next time.
        _hasTurnedAway = fd >= 0;
        return fd >= 0;
    }

    private void SendAway(int fd, PeerAddress peer)
    {
        try
        {
            TurnAway!(SocketWire.Accepted(_loop, fd, peer));
        }
        catch (Exception bug)
        {
            _loop.Report(bug);
        }
    }

    // Whatever goes wrong with one must not keep out those behind: no further edge tells of them.
    private void Receive(int fd, PeerAddress peer)
    {
        try
        {
            _accepted(SocketWire.Accepted(_loop, fd, peer));
        }
        catch (Exception bug)
        {
            _loop.Report(bug);
        }
    }

    private static Endpoint Bound(int fd, Endpoint asked)
    {
        if (asked.IsUnix)
            return asked;
        var address = stackalloc byte[128];
        var length = 128;
        EpollLoop.Checked(Libc.getsockname(fd, address, &length));
        var bound = PeerAddress.FromSockaddr(new(address, length));
        var ip = asked.Family == Libc.AF_INET6 ? bound.ToIPAddress().MapToIPv6() : bound.ToIPAddress();
        return Endpoint.Tcp(asked.Family == Libc.AF_INET6 && ip.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Any : ip,
            bound.Port);
    }

    private sealed class RetryTimer(SocketListener listener) : TimerNode
    {
        protected internal override void OnDue() => listener.AcceptBatch();
    }
}
