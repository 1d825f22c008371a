using System.Runtime.ExceptionServices;

namespace Seawall.Testing.Worlds;

/// <summary>
/// Loops, a network and a clock on one thread. What happens, and in which order, follows from the seed alone: a test that
/// fails can be run again.
/// </summary>
public sealed class World
{
    private readonly List<SimulatedLoop> _loops = [];
    private readonly List<SimulatedLoop> _ready = [];
    private readonly bool _isChaotic;

    /// <summary>
    /// A world of a seed. In a chaotic one, which loop goes first and how writes are cut is left to chance; in others
    /// everything takes its natural order.
    /// </summary>
    public World(int seed = 1, bool chaotic = false)
    {
        Seed = seed;
        Random = new Random(seed);
        _isChaotic = chaotic;
        Network = new SimulatedNetwork(this);
        if (chaotic)
            Network.Chunk = left => Random.Next(4) == 0 ? Random.Next(1, left + 1) : left;
    }

    /// <summary>What everything follows from.</summary>
    public int Seed { get; }

    /// <summary>The time.</summary>
    public SimulatedClock Clock { get; } = new();

    /// <summary>The network.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>The dice of the world.</summary>
    public Random Random { get; }

    /// <summary>Exceptions that escaped on a loop.</summary>
    public List<Exception> Bugs { get; } = [];

    /// <summary>The loop whose turn it is; null between turns.</summary>
    internal SimulatedLoop? Running { get; private set; }

    /// <summary>Another loop.</summary>
    public SimulatedLoop AddLoop(int index)
    {
        var loop = new SimulatedLoop(this, index, new Random(Random.Next()));
        _loops.Add(loop);
        return loop;
    }

    /// <summary>Lets time pass.</summary>
    public void RunFor(long milliseconds) => RunUntil(() => false, milliseconds);

    /// <summary>Lets time pass until something is true; false when it is not within this time.</summary>
    public bool RunUntil(Func<bool> isDone, long atMostMs = 120_000)
    {
        var end = Clock.Ticks + (atMostMs * TimeSpan.TicksPerMillisecond);
        // A continuation must run where the world runs it, not where a test framework would like it.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            while (!isDone())
            {
                if (!Step(end))
                    return isDone();
            }
            return true;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Lets everything that is under way arrive, without waiting for any timer.</summary>
    public void Settle() => RunUntil(() => !Network.HasDeliveries && !_loops.Exists(loop => loop.HasWork));

    /// <summary>Throws the first exception that escaped on a loop.</summary>
    public void ThrowBugs()
    {
        if (Bugs.Count > 0)
            ExceptionDispatchInfo.Throw(Bugs[0]);
    }

    internal void NoteBug(Exception bug) => Bugs.Add(bug);

    private bool Step(long end)
    {
        _ready.Clear();
        foreach (var loop in _loops)
        {
            if (loop.HasWork)
                _ready.Add(loop);
        }
        var isDue = Network.NextDue <= Clock.Ticks;
        if (isDue && (_ready.Count == 0 || !_isChaotic || Random.Next(2) == 0))
            Network.DeliverOne();
        else if (_ready.Count > 0)
            Turn(_ready[_isChaotic ? Random.Next(_ready.Count) : 0]);
        else
            return PassTime(end);
        return true;
    }

    private bool PassTime(long end)
    {
        var due = Min(Network.NextDue, Clock.NextDue);
        foreach (var loop in _loops)
            due = Min(due, loop.NextDue);
        if (due is not { } next || next > end)
        {
            Clock.AdvanceTo(end);
            return false;
        }
        Clock.AdvanceTo(next);
        while (Clock.FireOne())
        {
        }
        foreach (var loop in _loops)
        {
            if (loop.NextDue <= Clock.Ticks)
                Turn(loop);
        }
        return true;
    }

    private void Turn(SimulatedLoop loop)
    {
        Running = loop;
        loop.Turn();
        Running = null;
    }

    private static long? Min(long? left, long? right) => left is null || right < left ? right : left;
}
