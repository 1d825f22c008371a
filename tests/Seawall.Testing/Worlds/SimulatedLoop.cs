using Seawall.Engine.Loops;

namespace Seawall.Testing.Worlds;

/// <summary>A loop without a thread: its <see cref="World"/> gives it turns.</summary>
public sealed class SimulatedLoop : Loop
{
    private readonly World _world;
    private readonly Queue<LoopJob> _posted = [];
    private List<SimulatedWire> _raised = [];
    private List<SimulatedWire> _waking = [];
    private int _woken;
    private long _busyUntil;

    internal SimulatedLoop(World world, int index, Random random)
        : base(index, world.Clock, random, world.NoteBug) => _world = world;

    /// <inheritdoc/>
    public override bool IsCurrent => _world.Running is null || _world.Running == this;

    /// <summary>Turns it has had.</summary>
    public long Turns { get; private set; }

    /// <summary>Whether it gets no turns: a process that was stopped.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>
    /// Microseconds of its processor for each wire that wakes: as long, everything else on it waits. 0: it is as fast as it likes.
    /// </summary>
    public int CostUs { get; set; }

    /// <summary>Microseconds of its processor that it has used.</summary>
    public long UsedUs { get; private set; }

    /// <summary>Whether something is to be done at once.</summary>
    internal bool HasWork => HasSomething && !IsBusy;

    /// <summary>When it wants a turn, in the clock's ticks: for its timers, or to go on with what it has; null when never.</summary>
    internal long? NextDue
    {
        get
        {
            var waitMs = Timers.WaitMs(NowMs);
            if (IsFrozen || (waitMs < 0 && !HasSomething))
                return null;
            return HasSomething ? _busyUntil : Math.Max(_busyUntil, (NowMs + waitMs) * TimeSpan.TicksPerMillisecond);
        }
    }

    private bool HasSomething => !IsFrozen && (_waking.Count > 0 || _posted.Count > 0 || _raised.Count > 0 || HasYielded);

    private bool IsBusy => _world.Clock.Ticks < _busyUntil;

    /// <inheritdoc/>
    public override void Post(LoopJob job) => _posted.Enqueue(job);

    /// <inheritdoc/>
    public override Wire Connect(Endpoint endpoint) => _world.Network.Connect(this, endpoint, PeerAddress.From(
        System.Net.IPAddress.Loopback, 0));

    /// <inheritdoc/>
    public override IWireListener Listen(Endpoint endpoint, Action<Wire> accepted, int inherited = -1) =>
        _world.Network.Listen(this, endpoint, accepted);

    internal void Raise(SimulatedWire wire) => _raised.Add(wire);

    // The same order as on Linux: flags first, then those who wait for them, then what was posted, then timers.
    internal void Turn()
    {
        if (_waking.Count == 0)
        {
            Turns++;
            BeginTurn();
            (_raised, _waking) = (_waking, _raised);
            foreach (var wire in _waking)
                wire.Note();
        }
        // What costs time is done bit by bit, so that answers go out when they would, and not all at the beginning.
        while (_woken < _waking.Count)
        {
            Guarded(_waking[_woken++].WakeUp);
            if (CostUs == 0)
                continue;
            UsedUs += CostUs;
            _busyUntil = _world.Clock.Ticks + (CostUs * TimeSpan.TicksPerMicrosecond);
            if (_woken < _waking.Count)
                return;
        }
        _waking.Clear();
        _woken = 0;
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var job); left--)
            Guarded(() => job.Run(this));
        EndTurn();
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception bug)
        {
            Report(bug);
        }
    }
}
