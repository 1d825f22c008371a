using Seawall.Engine.Loops;

namespace Seawall.Testing.Worlds;

/// <summary>A loop without a thread: its <see cref="World"/> gives it turns.</summary>
public sealed class SimulatedLoop : Loop
{
    private readonly World _world;
    private readonly Queue<LoopJob> _posted = [];
    private List<SimulatedWire> _raised = [];
    private List<SimulatedWire> _waking = [];

    internal SimulatedLoop(World world, int index, Random random)
        : base(index, world.Clock, random, world.NoteBug) => _world = world;

    /// <inheritdoc/>
    public override bool IsCurrent => _world.Running is null || _world.Running == this;

    /// <summary>Turns it has had.</summary>
    public long Turns { get; private set; }

    /// <summary>Whether it gets no turns: a process that was stopped.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Whether something is to be done at once.</summary>
    internal bool HasWork => !IsFrozen && (_posted.Count > 0 || _raised.Count > 0 || HasYielded);

    /// <summary>When its timers want a turn, in the clock's ticks; null when there are none.</summary>
    internal long? NextDue
    {
        get
        {
            var waitMs = Timers.WaitMs(NowMs);
            return waitMs < 0 || IsFrozen ? null : (NowMs + waitMs) * TimeSpan.TicksPerMillisecond;
        }
    }

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
        Turns++;
        BeginTurn();
        (_raised, _waking) = (_waking, _raised);
        foreach (var wire in _waking)
            wire.Note();
        foreach (var wire in _waking)
            Guarded(wire.WakeUp);
        _waking.Clear();
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
