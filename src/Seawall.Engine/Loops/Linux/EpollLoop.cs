using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Seawall.Engine.Loops.Linux;

/// <summary>The loop on Linux: one thread around <c>epoll_wait</c>, every descriptor registered once, edge-triggered.</summary>
public sealed class EpollLoop : Loop, IDisposable
{
    /// <summary>Events taken in one call; more stay in the kernel for the next. 512 is 6 KiB.</summary>
    private const int EventsMax = 512;

    private readonly int _epoll;
    private readonly int _wakeup;
    private readonly EpollEvents _events = new(EventsMax, RuntimeInformation.ProcessArchitecture);
    private readonly EpollEvents _change = new(1, RuntimeInformation.ProcessArchitecture);
    private readonly Touched[] _touched = new Touched[EventsMax];
    private readonly ConcurrentQueue<LoopJob> _posted = new();
    private readonly TargetSlots _targets = new();
    private readonly Thread _thread;
    private int _wakeupPending;
    private volatile bool _stopping;

    /// <summary>A loop that is ready but does not run yet; <paramref name="onBug"/> as for every <see cref="Loop"/>.</summary>
    public EpollLoop(int index, TimeProvider time, Random random, Action<Exception> onBug)
        : base(index, time, random, onBug)
    {
        _epoll = Checked(Libc.epoll_create1(Libc.EPOLL_CLOEXEC));
        _wakeup = Checked(Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC));
        Register(_wakeup, Libc.EPOLLIN | Libc.EPOLLET, 0);
        _thread = new Thread(Run) { Name = $"loop-{index}", IsBackground = true };
    }

    /// <summary>The listeners that are open, by the loop alone.</summary>
    internal List<SocketListener> Listeners { get; } = [];

    /// <inheritdoc/>
    public override bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Ends the thread after its present turn; <see cref="Dispose"/> closes what is registered. From any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        WakeUp();
    }

    /// <summary>Waits for the thread's end: false when it has not come within the time.</summary>
    public bool Join(TimeSpan atMost) => !_thread.IsAlive || _thread.Join(atMost);

    /// <inheritdoc/>
    public override void Post(LoopJob job)
    {
        _posted.Enqueue(job);
        if (Volatile.Read(ref _wakeupPending) == 0 && Interlocked.Exchange(ref _wakeupPending, 1) == 0)
            WakeUp();
    }

    /// <inheritdoc/>
    public override Wire Connect(Endpoint endpoint) => SocketWire.Connect(this, endpoint);

    /// <inheritdoc/>
    public override IWireListener Listen(Endpoint endpoint, Action<Wire> accepted, int inherited = -1) => inherited >= 0
        ? SocketListener.Inherit(this, endpoint, inherited, accepted) : SocketListener.Open(this, endpoint, accepted);

    /// <summary>Closes whatever is still open on the loop, and frees what it holds; only after <see cref="Join"/>.</summary>
    public void Dispose()
    {
        foreach (var listener in Listeners.ToArray())
            listener.Close();
        foreach (var target in _targets.All)
            target.Abandon();
        _ = Libc.close(_epoll);
        _ = Libc.close(_wakeup);
        _events.Dispose();
        _change.Dispose();
    }

    internal void Add(IEpollTarget target, int fd, uint flags)
    {
        var tag = _targets.Add(target);
        try
        {
            Register(fd, flags, tag);
        }
        catch
        {
            _targets.Remove(target);
            throw;
        }
    }

    /// <summary>Forgets a descriptor; <paramref name="stillOpen"/> when it lives on, on another loop.</summary>
    internal unsafe void Remove(IEpollTarget target, int fd, bool stillOpen)
    {
        _targets.Remove(target);
        if (stillOpen)
            _ = Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_DEL, fd, null); // Closing removes it by itself otherwise.
    }

    internal static int Checked(int result) =>
        result >= 0 ? result : throw new SocketException(Libc.Errno, Libc.Describe(Libc.Errno));

    private unsafe void Register(int fd, uint flags, ulong tag)
    {
        // The change record is the loop's own: only its thread adds, and before it starts only its maker.
        _change.Set(0, flags, tag);
        Checked(Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, fd, _change.Pointer));
    }

    private unsafe void WakeUp()
    {
        ulong one = 1;
        _ = Libc.write(_wakeup, &one, sizeof(ulong));
    }

    private void Run()
    {
        while (!_stopping)
            Turn();
    }

    // A method of its own: one that never returns is compiled once and for all, by what the first thousand turns were like.
    private void Turn()
    {
        var count = Wait();
        BeginTurn();
        // Three passes: first everybody's flags, then the continuations of servers, then those of clients. A server
        // connection that was closed while it was idle is thus known to be closed, and one whose answer has come is
        // free, before a client's statement of the same batch looks for one.
        for (var i = 0; i < count; i++)
            _touched[i].Target = Note(i);
        for (var i = 0; i < count; i++)
        {
            if (_touched[i].Target is { GoesFirst: true })
                Wake(i);
        }
        for (var i = 0; i < count; i++)
            Wake(i);
        RunPosted();
        EndTurn();
    }

    private unsafe int Wait()
    {
        var timeout = HasYielded || !_posted.IsEmpty ? 0 : Timers.WaitMs(NowMs);
        return Math.Max(0, Libc.epoll_wait(_epoll, _events.Pointer, _events.Capacity, timeout));
    }

    private IEpollTarget? Note(int index)
    {
        var tag = _events.DataOf(index);
        if (tag == 0)
        {
            DrainWakeup();
            return null;
        }
        var target = _targets.Find(tag);
        target?.Note(_events.FlagsOf(index));
        return target;
    }

    private void Wake(int index)
    {
        if (_touched[index].Target is not { } target)
            return;
        _touched[index].Target = null;
        try
        {
            target.Wake();
        }
        catch (Exception bug)
        {
            Report(bug);
        }
    }

    private unsafe void DrainWakeup()
    {
        ulong count;
        _ = Libc.read(_wakeup, &count, sizeof(ulong));
    }

    private void RunPosted()
    {
        Volatile.Write(ref _wakeupPending, 0);
        // Only what is there now: jobs that post jobs must not keep the sockets waiting.
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var job); left--)
        {
            try
            {
                job.Run(this);
            }
            catch (Exception bug)
            {
                Report(bug);
            }
        }
    }

    // An array of an interface has the kind of whatever is put into it looked up; one of these does not.
    private struct Touched
    {
        internal IEpollTarget? Target;
    }
}
