using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Limits;

namespace Seawall.Tests.Admission;

/// <summary>One attempt of a client.</summary>
internal sealed class Attempt(ModelRequest request, Action<bool> answered) : Applicant
{
    internal ModelRequest Request { get; } = request;

    /// <summary>The client does not wait any more.</summary>
    internal bool IsAbandoned { get; set; }

    /// <summary>How long its program says that it waits for it; 0: it says nothing.</summary>
    internal int SaysMs { get; init; }

    /// <summary>What happens when it has been decided about.</summary>
    internal Action<Attempt>? OnDecided { get; set; }

    /// <summary>Answers the client; false for an error.</summary>
    internal void Answer(bool isOk) => answered(isOk);

    internal override void Decided() => OnDecided?.Invoke(this);
}

/// <summary>What is between clients and server.</summary>
internal abstract class ModelGate
{
    /// <summary>What was asked for, and what of it was refused or would have been, in milliseconds of a core.</summary>
    internal (double WantedMs, double RefusedMs) Work { get; private protected set; }

    /// <summary>What share of the work was refused, or would have been.</summary>
    internal double RefusedWork => Work.RefusedMs / Math.Max(1, Work.WantedMs);

    internal abstract void Enter(Attempt attempt);

    internal virtual void Abandon(Attempt attempt)
    {
    }
}

/// <summary>Seawall's own decision, the real one.</summary>
internal sealed class SluiceGate : ModelGate
{
    private readonly ModelClock _clock;
    private readonly ModelServer _server;

    internal SluiceGate(ModelClock clock, ModelServer server, int limit, SluiceParts leftOut = SluiceParts.None,
        OverloadOptions? options = null)
    {
        _clock = clock;
        _server = server;
        Sluice = new Sluice(1) { LeftOut = leftOut };
        Sluice.Apply(options ?? new OverloadOptions { Mode = OverloadMode.Enforce }, limit, 0, runningMin: 4);
        clock.In(ServicePace.EveryMs, Tick);
    }

    /// <summary>What the limit was, at each look.</summary>
    internal List<(double AtMs, int Limit)> Limits { get; } = [];

    /// <summary>Whether a statement whose client takes its answer slowly makes room for others meanwhile.</summary>
    internal bool TakesPauses { get; init; } = true;

    /// <summary>Whether who says how long he waits is taken to need a part of that for himself.</summary>
    internal bool KnowsNeeds { get; init; } = true;

    /// <summary>How far away the server is: what statements take besides, while they are not there.</summary>
    internal double WayMs { get; set; }

    /// <summary>Whether the server is asked how many statements run.</summary>
    internal bool IsAsked { get; init; } = true;

    /// <summary>The mean of the limit in this time.</summary>
    internal double LimitMean(double fromMs, double toMs) =>
        Limits.Where(one => one.AtMs >= fromMs && one.AtMs < toMs).Average(one => one.Limit);

    private void Tick()
    {
        Sluice.Tick(_clock.Ms, new ServerSignals(0, IsAsked ? _server.Running : null));
        Limits.Add((_clock.NowMs, Sluice.Limit));
        _clock.In(ServicePace.EveryMs, Tick);
    }

    internal Sluice Sluice { get; }

    internal override void Enter(Attempt attempt)
    {
        var request = attempt.Request;
        Work = Work with { WantedMs = Work.WantedMs + request.WorkMs };
        var shape = Sluice.Keeper.Table.Find(request.Shape);
        var lane = Sluice.Keeper.LaneOf(shape);
        // As Admission has it.
        if (attempt.SaysMs > 0 && KnowsNeeds && Sluice.IsTooLate(shape, attempt.SaysMs))
        {
            Work = Work with { RefusedMs = Work.RefusedMs + request.WorkMs };
            _clock.In(0, () => attempt.Answer(false));
            return;
        }
        if (Sluice.TryPass(0, request.Class, lane))
        {
            Run(attempt);
            return;
        }
        attempt.OnDecided = Decided;
        attempt.Apply(request.Class, request.Cohort, 200, "app", _clock.Ms);
        attempt.Lane = lane;
        attempt.Tenant = Sluice.Tenants.Find(request.Tenant);
        (attempt.DeadlineMs, attempt.NeedMs) = (attempt.SaysMs, attempt.SaysMs > 0 && KnowsNeeds ? Sluice.Keeper.NeedMsOf(shape) : 0);
        Sluice.Join(attempt, _clock.Ms);
        // As a GateWaiter does: only who waits looks.
        if (attempt.Turn == Turn.Waiting)
            Watch(attempt, Sluice.LookAt(attempt, _clock.Ms));
    }

    internal override void Abandon(Attempt attempt) => Sluice.Withdraw(attempt, _clock.Ms);

    private void Watch(Attempt attempt, long inMs)
    {
        if (inMs >= 0)
            _clock.In(inMs, () => Watch(attempt, attempt.Turn == Turn.Waiting ? Sluice.LookAt(attempt, _clock.Ms) : -1));
    }

    private void Decided(Attempt attempt)
    {
        if (attempt.Turn == Turn.Come)
            Run(attempt);
        else if (attempt.Turn == Turn.Shed)
        {
            Work = Work with { RefusedMs = Work.RefusedMs + attempt.Request.WorkMs };
            _clock.In(0, () => attempt.Answer(false));
        }
    }

    private void Run(Attempt attempt)
    {
        var began = _clock.Ms;
        var beganMs = _clock.NowMs;
        var shape = Sluice.Keeper.Table.Find(attempt.Request.Shape);
        var tally = Sluice.Keeper.Tallies[0];
        tally.Enter(shape, attempt.Request.Row != 0);
        var tenant = Sluice.Tenants.Find(attempt.Request.Tenant);
        Sluice.Tenants.On(0).Running[tenant]++;
        _server.Run(attempt.Request, () =>
        {
            // The first byte is there. Whoever takes the rest slowly does not run meanwhile: so Passage has it.
            var firstUs = Us();
            var slowMs = WayMs + (TakesPauses ? 0 : attempt.Request.TakesMs);
            if (slowMs > 0)
                _clock.In(slowMs, End);
            else
                End();

            void End()
            {
                tally.Leave(shape, Us());
                Sluice.Tenants.On(0).Leave(tenant, _clock.Ms - began, Sluice.Keeper.LaneOf(shape) == Lane.Short);
                // What may wait for a lock says nothing of the server, and is not measured: Passage measures probes alone.
                if (attempt.Request.Row == 0)
                    tally.Measure(shape, TakesPauses && WayMs == 0 ? firstUs : Us());
                Sluice.Leave(0, attempt.Request.Class, _clock.Ms, _clock.Ms - began, Sluice.Keeper.LaneOf(shape));
                attempt.Answer(true);
            }

            long Us() => (long)((_clock.NowMs - beganMs) * 1_000);
        });
    }
}

/// <summary>What is there without Seawall: so many connections, and a line in front of them, first come, first served.</summary>
internal class PoolGate(ModelClock clock, ModelServer server, int size, double waitMsMax, bool noticesAbandoned = true) : ModelGate
{
    private readonly Queue<(Attempt Attempt, double SinceMs)> _line = new();
    private int _running;

    internal override void Enter(Attempt attempt)
    {
        _line.Enqueue((attempt, clock.NowMs));
        clock.In(waitMsMax, Next);
        Next();
    }

    protected virtual void Begins(Attempt attempt)
    {
    }

    protected virtual void Ended(Attempt attempt)
    {
    }

    private void Next()
    {
        while (_line.TryPeek(out var first))
        {
            if (clock.NowMs - first.SinceMs >= waitMsMax)
            {
                _line.Dequeue();
                first.Attempt.Answer(false);
            }
            else if (first.Attempt.IsAbandoned && noticesAbandoned)
                _line.Dequeue();
            else if (_running < size)
            {
                _line.Dequeue();
                _running++;
                Begins(first.Attempt);
                server.Run(first.Attempt.Request, () =>
                {
                    _running--;
                    Ended(first.Attempt);
                    first.Attempt.Answer(true);
                    Next();
                });
            }
            else
                return;
        }
    }
}

/// <summary>Seawall's own decision in front of a pool, as long as it only counts: everybody goes on to the pool at once.</summary>
internal sealed class ObservedGate : PoolGate
{
    private readonly ModelClock _clock;
    private readonly Dictionary<Attempt, (Attempt? Shadow, long BeganMs)> _inside = [];

    internal ObservedGate(ModelClock clock, ModelServer server, int limit, int size)
        : base(clock, server, size, ModelLoad.PatienceMs)
    {
        _clock = clock;
        Sluice = new Sluice(1);
        Sluice.Apply(new OverloadOptions { Mode = OverloadMode.Observe }, limit, 0);
        clock.In(ServicePace.EveryMs, Tick);
    }

    private void Tick()
    {
        Sluice.Tick(_clock.Ms, new ServerSignals(0, null));
        _clock.In(ServicePace.EveryMs, Tick);
    }

    internal Sluice Sluice { get; }

    internal override void Enter(Attempt attempt)
    {
        Attempt? shadow = null;
        Work = Work with { WantedMs = Work.WantedMs + attempt.Request.WorkMs };
        if (!Sluice.TryPass(0, attempt.Request.Class))
        {
            shadow = new Attempt(attempt.Request, _ => { }) { OnDecided = Decided };
            shadow.Apply(attempt.Request.Class, attempt.Request.Cohort, 200, "app", _clock.Ms);
            Sluice.Join(shadow, _clock.Ms);
        }
        _inside[attempt] = (shadow, -1);
        base.Enter(attempt);
    }

    private void Decided(Attempt shadow)
    {
        if (shadow.Turn == Turn.Shed)
            Work = Work with { RefusedMs = Work.RefusedMs + shadow.Request.WorkMs };
    }

    internal override void Abandon(Attempt attempt)
    {
        if (_inside.TryGetValue(attempt, out var inside) && inside.BeganMs < 0)
            End(attempt);
    }

    protected override void Begins(Attempt attempt)
    {
        if (_inside.TryGetValue(attempt, out var inside))
            _inside[attempt] = inside with { BeganMs = _clock.Ms };
    }

    protected override void Ended(Attempt attempt) => End(attempt);

    private void End(Attempt attempt)
    {
        if (_inside.Remove(attempt, out var inside))
            Sluice.EndShadow(inside.Shadow, 0, attempt.Request.Class, _clock.Ms, inside.BeganMs < 0 ? null : _clock.Ms - inside.BeganMs);
    }
}
