using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Reads;

namespace Seawall.Tests.Reads;

/// <summary>What happens in a run of <see cref="ReplicaModel"/>.</summary>
internal sealed record ReplicaPlan
{
    internal int Seed { get; init; } = 1;

    internal int Replicas { get; init; } = 3;

    /// <summary>The reads, of what all replicas together can.</summary>
    internal double Load { get; init; } = 0.8;

    /// <summary>The primary's own work, of what it can.</summary>
    internal double OwnLoad { get; init; } = 0.5;

    /// <summary>Replicas that are gone for a while.</summary>
    internal int Lost { get; init; } = 1;

    /// <summary>Whether these are there and late, instead of gone.</summary>
    internal bool AreLate { get; init; }

    /// <summary>Reads of those that must find their own writes, of all; late replicas may answer the others.</summary>
    internal double NeedsFresh { get; init; } = 1;

    /// <summary>What each server has. It is told that so much more than twice as much may run there.</summary>
    internal int Cores { get; init; } = 8;

    /// <summary>
    /// What of these it may use in each tenth of a second, as in a container: it is fast until that is used up, and then stands still. Nobody
    /// outside sees that before it is too late.
    /// </summary>
    internal double Quota { get; init; } = 1;

    /// <summary>What reads of replicas may have of the primary, in hundredths: the product's ten, or nothing at all, to compare with.</summary>
    internal int SpillShare { get; init; } = 10;

    /// <summary>Whether reads that no replica answers go to the primary without a budget (reads.spill_budget = "none"). The control.</summary>
    internal bool HasNoBudget { get; init; }

    /// <summary>Whether nothing limits what a server gets either, and what becomes of it, as elsewhere.</summary>
    internal bool HasNoLimits { get; init; }
}

/// <summary>What came of it, for times before, during and after.</summary>
internal sealed class ReplicaFigures
{
    private readonly List<double> _ownMs = [];

    internal int OwnOffered { get; set; }

    internal int OwnGood { get; set; }

    internal int ReadsOffered { get; set; }

    internal int ReadsGood { get; set; }

    internal int Spilled { get; set; }

    internal int SpillMost { get; set; }

    internal double OwnGoodput => (double)OwnGood / Math.Max(1, OwnOffered);

    internal double ReadGoodput => (double)ReadsGood / Math.Max(1, ReadsOffered);

    internal double OwnP99 => _ownMs.Count == 0 ? double.PositiveInfinity : _ownMs.Order().ElementAt((int)(_ownMs.Count * 0.99));

    internal void NoteOwn(double ms)
    {
        OwnGood++;
        _ownMs.Add(ms);
    }

    public override string ToString() => FormattableString.Invariant(
        $"own {OwnGoodput:0.000} p99 {OwnP99:0} ms of {OwnGood}, reads {ReadGoodput:0.000}, spilled {Spilled}, at most {SpillMost} at once");
}

/// <summary>
/// A primary and its replicas in virtual time, in steps of a millisecond: servers of some cores that become slower the more they are given
/// beyond that, clients that come whatever happens, wait a second and try three times. What decides is the product's own
/// <see cref="SpillGate"/> and <see cref="ReplicaCare"/>; balancing is by two choices, as the product's.
/// </summary>
internal sealed class ReplicaModel(ReplicaPlan plan)
{
    private const double WorkMs = 10;
    private const int PeriodMs = 100;
    private const int PatienceMs = 1_000;
    private const int QueueMsMax = 250;
    private const int FallBackMs = 200;
    private const int LostAtMs = 10_000;
    private const int BackAtMs = 20_000;
    private const int EndMs = 40_000;

    private int Limit => (2 * plan.Cores) + 1;

    // Apart, so that the primary's own work is the same whatever becomes of the reads.
    private readonly Random _ownRandom = new(plan.Seed + 1);
    private readonly Random _random = new(plan.Seed);
    private readonly SpillGate _spill = new();
    private readonly ReplicaCare _care = new(new Random(plan.Seed));
    private readonly Server _primary = new();
    private readonly Server[] _replicas = [.. Enumerable.Range(0, plan.Replicas).Select(_ => new Server())];
    private ReadTally _ownTally;
    private int _nowMs;

    internal ReplicaPlan Plan => plan;

    internal ReplicaFigures Before { get; } = new();

    internal ReplicaFigures During { get; } = new();

    /// <summary>From five seconds after they are back.</summary>
    internal ReplicaFigures After { get; } = new();

    internal ReplicaModel Run()
    {
        for (_nowMs = 0; _nowMs < EndMs; _nowMs++)
        {
            if (_nowMs == LostAtMs || _nowMs == BackAtMs)
                Change(isBack: _nowMs == BackAtMs);
            if (_nowMs % 100 == 0)
                Look();
            for (var i = Arrivals(_ownRandom, plan.OwnLoad * plan.Cores * plan.Quota / WorkMs); i > 0; i--)
                Offer(isOwn: true);
            for (var i = Arrivals(_random, plan.Load * plan.Replicas * plan.Cores * plan.Quota / WorkMs); i > 0; i--)
                Offer(isOwn: false);
            Step(_primary);
            foreach (var replica in _replicas)
                Step(replica);
        }
        return this;
    }

    private void Look()
    {
        _spill.HasBudget = !plan.HasNoBudget;
        _spill.Look(Limit, _primary.Running.Count, _primary.Queue.Count > 0, share: plan.SpillShare, _ownTally, _nowMs);
        // Who is late goes on to answer those who need nothing fresh, and is not looked at by how it does.
        ReplicaLook[] looks = [.. _replicas.Select((replica, i) => new ReplicaLook($"{i}", !replica.IsGone, true, Limit, replica.Load, default))];
        if (plan.HasNoLimits)
            return;
        _care.Look(looks, slowFactor: 0, _nowMs);
        foreach (var (replica, standing) in _replicas.Zip(_care.Standings))
            replica.Room = standing.Room;
    }

    private ReplicaFigures? FiguresAt(int ms) => ms switch
    {
        < 2_000 => null,
        < LostAtMs => Before,
        < BackAtMs => During,
        < BackAtMs + 5_000 => null,
        < EndMs - PatienceMs => After,
        _ => null,
    };

    private void Change(bool isBack)
    {
        foreach (var replica in _replicas.Take(plan.Lost))
        {
            replica.IsLate = plan.AreLate && !isBack;
            if (plan.AreLate)
                continue;
            replica.IsGone = !isBack;
            foreach (var job in replica.Running.Concat(replica.Queue))
                Fail(job);
            replica.Running.Clear();
            replica.Queue.Clear();
        }
    }

    private void Offer(bool isOwn)
    {
        var figures = FiguresAt(_nowMs);
        if (isOwn && figures is not null)
            figures.OwnOffered++;
        else if (figures is not null)
            figures.ReadsOffered++;
        Try(new Job(_nowMs, isOwn, !isOwn && _random.NextDouble() < plan.NeedsFresh, figures));
    }

    private void Try(Job job)
    {
        job.TriedMs = _nowMs;
        job.Tries++;
        job.LeftMs = -WorkMs * Math.Log(1 - (job.IsOwn ? _ownRandom : _random).NextDouble());
        job.WasMoved = false;
        if (job.IsOwn)
        {
            _primary.Add(job, _nowMs);
            return;
        }
        var usable = _replicas.Where(replica => !replica.IsGone && replica.Load < replica.Room && !(replica.IsLate && job.NeedsFresh)).ToArray();
        if (usable.Length == 0)
        {
            Move(job, SpillReason.Capacity);
            return;
        }
        var (one, two) = (usable[_random.Next(usable.Length)], usable[_random.Next(usable.Length)]);
        // Over what each is given, and nobody is given more than it can.
        (one.Load * Math.Min(two.Room, Limit) <= two.Load * Math.Min(one.Room, Limit) ? one : two).Add(job, _nowMs);
    }

    // No replica answers it in time.
    private void Move(Job job, SpillReason reason)
    {
        job.WasMoved = true;
        if (!_spill.TryEnter(reason, _primary.Load))
            return; // A refusal is heard at once, and who hears it does not come again at once: it says so.
        Count(job);
        job.Spills = reason;
        job.QueuedMs = _nowMs;
        // Whoever has a place finds a processor idle. All others stand in line with the primary's own.
        if (plan.HasNoBudget)
            _primary.Add(job, _nowMs);
        else
            _primary.Start(job);
    }

    private void GiveBack(Job job)
    {
        if (job.Spills is { } reason)
            _spill.Leave(reason, _nowMs - job.QueuedMs);
        job.Spills = null;
    }

    private void Count(Job job)
    {
        if (job.Figures is not { } figures)
            return;
        figures.Spilled++;
        figures.SpillMost = Math.Max(figures.SpillMost, _spill.Used);
    }

    private void Fail(Job job)
    {
        if (job.Tries < 3 && _nowMs + WorkMs < job.CameMs + (3 * PatienceMs))
            Try(job);
    }

    private void Step(Server server)
    {
        var running = server.Running;
        // Beyond its cores everybody waits for everybody, and more than that for locks and caches.
        var speed = Math.Min(1, (double)plan.Cores / Math.Max(1, running.Count)) / (1 + (0.004 * Math.Max(0, running.Count - plan.Cores)));
        if (_nowMs % PeriodMs == 0)
            server.LeftMs = plan.Quota * plan.Cores * PeriodMs;
        if (server.LeftMs <= 0)
            speed = 0;
        else if (plan.Quota < 1)
            server.LeftMs -= Math.Min(plan.Cores, running.Count);
        for (var i = running.Count - 1; i >= 0; i--)
        {
            var job = running[i];
            job.LeftMs -= speed;
            if (job.LeftMs > 0)
                continue;
            running.RemoveAt(i);
            GiveBack(job);
            End(job);
        }
        var waitMax = plan.HasNoLimits ? PatienceMs : QueueMsMax;
        while (server.Queue.Count > 0 && _nowMs - server.Queue.Peek().QueuedMs > (server == _primary || !plan.HasNoLimits ? waitMax : FallBackMs))
        {
            var job = server.Queue.Dequeue();
            GiveBack(job);
            if (job.IsOwn || job.WasMoved)
                Fail(job);
            else
                Move(job, SpillReason.Capacity);
        }
        // Without a limit who is late adds to what runs.
        var limit = plan.HasNoLimits ? 200 : Limit;
        while (server.Queue.Count > 0 && running.Count - (plan.HasNoBudget ? 0 : running.Count(job => job.Spills is not null)) < limit)
            server.Start(server.Queue.Dequeue());
    }

    private void End(Job job)
    {
        var ms = _nowMs - job.TriedMs;
        if (job.IsOwn)
            _ownTally = new(_ownTally.Reads + 1, 0, _ownTally.Pace + ReadTally.PaceOf(ms));
        if (ms > PatienceMs)
        {
            Fail(job); // Nobody waited for it.
            return;
        }
        if (job.IsOwn)
            job.Figures?.NoteOwn(_nowMs - job.CameMs);
        else if (job.Figures is { } figures)
            figures.ReadsGood++;
    }

    private static int Arrivals(Random random, double perMs)
    {
        var (count, product, limit) = (0, random.NextDouble(), Math.Exp(-perMs));
        while (product > limit)
        {
            count++;
            product *= random.NextDouble();
        }
        return count;
    }

    private sealed class Job(int cameMs, bool isOwn, bool needsFresh, ReplicaFigures? figures)
    {
        internal int CameMs { get; } = cameMs;

        internal bool IsOwn { get; } = isOwn;

        internal bool NeedsFresh { get; } = needsFresh;

        internal ReplicaFigures? Figures { get; } = figures;

        internal int TriedMs { get; set; }

        internal int QueuedMs { get; set; }

        internal int Tries { get; set; }

        internal double LeftMs { get; set; }

        internal bool WasMoved { get; set; }

        internal SpillReason? Spills { get; set; }
    }

    private sealed class Server
    {
        internal List<Job> Running { get; } = [];

        internal Queue<Job> Queue { get; } = new();

        internal bool IsGone { get; set; }

        internal bool IsLate { get; set; }

        internal int Room { get; set; } = int.MaxValue;

        internal double LeftMs { get; set; } = double.MaxValue;

        internal int Load => Running.Count + Queue.Count;

        internal void Add(Job job, int nowMs)
        {
            job.QueuedMs = nowMs;
            Queue.Enqueue(job);
        }

        internal void Start(Job job) => Running.Add(job);
    }
}
