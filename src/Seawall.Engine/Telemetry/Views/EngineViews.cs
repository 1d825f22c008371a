using Seawall.Engine.Deferrals;
using Seawall.Engine.Facts;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Tenants;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.Engine.Watch.Appliers;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;

namespace Seawall.Engine.Telemetry.Views;

/// <summary>
/// What an engine looks like from outside, for people and for monitoring. Thread-safe. What belongs to a loop is gathered by
/// a job on that loop, which reads it between two of its other jobs; a loop that does not answer is named, and nobody waits
/// for it. Counters are read where they are: they never go back, whether or not their loop answers.
/// </summary>
public sealed class EngineViews
{
    /// <summary>How long a loop may take to answer. A healthy one does within a millisecond.</summary>
    public const int AnswerMsMax = 1_000;

    private readonly IReadOnlyList<EngineLane> _lanes;
    private readonly Loop _control;
    private readonly IReadOnlyList<LoopPulse> _pulses;
    private readonly IReadOnlyList<Histogram> _delays;
    private readonly PoolBook _pools;
    private readonly ServerRegistry _servers;
    private readonly FactsBoard _board;
    private readonly TimeProvider _time;
    private readonly Strain _strain;
    private readonly DeferralDesk _desk;

    internal EngineViews(
        IReadOnlyList<EngineLane> lanes, Loop control, PoolBook pools, ServerRegistry servers, FactsBoard board, Strain strain,
        DeferralDesk desk)
    {
        _desk = desk;
        _strain = strain;
        _lanes = lanes;
        _control = control;
        _pools = pools;
        _servers = servers;
        _board = board;
        _time = control.Time;
        _delays = [.. lanes.Select(lane => lane.Meter.TurnDelay), new Histogram()];
        _pulses = [.. lanes.Select(lane => lane.Loop).Append(control).Select((loop, i) => new LoopPulse(loop, _delays[i]))];
    }

    /// <summary>The counters of the loops that move bytes, in the order of the loops; they count on while one looks.</summary>
    public IReadOnlyList<LoopMeter> Meters => [.. _lanes.Select(lane => lane.Meter)];

    /// <summary>All loops together.</summary>
    public HistogramView Together(LoopLatency latency) => new(_lanes.Select(lane => latency.Of(lane.Meter)));

    /// <summary>The pools, by server and account.</summary>
    public IReadOnlyList<PoolView> Pools()
    {
        var nowMs = (long)(_time.GetTimestamp() * (1e3 / _time.TimestampFrequency));
        return [.. _pools.All.Select(pool => ViewOf(pool, nowMs))
            .OrderBy(pool => pool.Server, StringComparer.Ordinal).ThenBy(pool => pool.User, StringComparer.Ordinal)
            .ThenBy(pool => pool.Form)];
    }

    /// <summary>The servers, in the order of the settings.</summary>
    public IReadOnlyList<ServerView> Servers() => [.. _board.Current.Servers.Select(_servers.ViewOf)];

    /// <summary>What is in front of each server, in the order of the settings.</summary>
    public IReadOnlyList<SluiceView> Sluices() =>
        [.. _board.Current.Servers.Select(server => _servers.SluiceOf(server.Id).View(server.Id.Name, _servers.NowMs))];

    /// <summary>Who shares each server, those first who have had most of late.</summary>
    public IReadOnlyList<(string Server, TenantView View)> Tenants(int max) =>
        [.. _board.Current.Servers.SelectMany(server => _servers.SluiceOf(server.Id).Tenants.View(max).Select(view => (server.Id.Name, view)))];

    /// <summary>The last refusals of each server, the newest first, and how long ago each was.</summary>
    public IReadOnlyList<(string Server, ShedEntry Entry, long AgoMs)> LastShed(int max)
    {
        var nowMs = _servers.NowMs;
        return [.. _board.Current.Servers
            .SelectMany(server => _servers.SluiceOf(server.Id).LastShed(max).Select(entry => (server.Id.Name, entry, nowMs - entry.AtMs)))
            .OrderBy(shed => shed.Item3).Take(max)];
    }

    /// <summary>Clients, at most so many.</summary>
    public Task<ClientsView> Clients(int max, CancellationToken cancel) => Look(max, _ => true, cancel);

    /// <summary>Clients that have not said anything yet, those that are logging in among them; of loops that answer.</summary>
    public async Task<int> Newcomers(CancellationToken cancel)
    {
        var answers = await Ask<object>(lane => lane.Door.Sessions.Count(session =>
            session is { Current: null, LastCommand.Command: CommandKind.Sleep }), cancel);
        return answers.Sum(answer => answer is int count ? count : 0);
    }

    /// <summary>Clients that keep a server connection because of what they have there, at most so many.</summary>
    public Task<ClientsView> Pinned(int max, CancellationToken cancel) =>
        Look(max, session => session.PinReasons != PinReasons.None, cancel);

    /// <summary>Clients that have a connection to a server, at most so many.</summary>
    public Task<ClientsView> At(string server, int max, CancellationToken cancel) =>
        Look(max, session => session.Lease?.Pool?.Key.Server.Name == server, cancel);

    /// <summary>Sessions by why they are pinned, those of loops that answer.</summary>
    public async Task<IReadOnlyDictionary<PinReasons, int>> PinnedByReason(CancellationToken cancel)
    {
        var counts = PinCatalog.All.ToDictionary(entry => entry.Reason, _ => 0);
        var answers = await Ask(lane => lane.Door.Sessions.Select(session => session.PinReasons)
            .Where(reasons => reasons != PinReasons.None).ToArray(), cancel);
        foreach (var reasons in answers.SelectMany(answer => answer ?? []))
        {
            foreach (var entry in PinCatalog.All.Where(entry => reasons.HasFlag(entry.Reason)))
                counts[entry.Reason]++;
        }
        return counts;
    }

    /// <summary>The loops, the one for everything else last.</summary>
    public async Task<IReadOnlyList<LoopView>> Loops(CancellationToken cancel)
    {
        var loops = _pulses.Select(pulse => pulse.Loop).ToArray();
        var answers = await Task.WhenAll(loops.Select(loop => Answered(loop, cancel)));
        return [.. loops.Select((loop, i) => new LoopView
        {
            Index = loop.Index,
            IsControl = loop == _control,
            AnsweredUs = answers[i]?.TookUs,
            Clients = answers[i]?.Clients,
            Timers = answers[i]?.Timers,
            TurnDelay = new HistogramView([_delays[i]]),
            PulseWaitingUs = _pulses[i].WaitingUs,
        })];
    }

    /// <summary>What everything on each loop waits for its turn, and how long the last pulse has been waiting.</summary>
    public IReadOnlyList<(int Loop, HistogramView Delay, long PulseWaitingUs)> Delays() =>
        [.. _pulses.Select((pulse, i) => (pulse.Loop.Index, new HistogramView([_delays[i]]), pulse.WaitingUs))];

    /// <summary>What Seawall itself may run short of, and how long each has been at its level, in milliseconds.</summary>
    public IReadOnlyList<(StrainReading Reading, long AgoMs)> Strain() =>
        [.. _strain.Readings.Select(reading => (reading, _servers.NowMs - reading.SinceMs))];

    /// <summary>For each loop that moves bytes, how long things wait there now, in microseconds.</summary>
    internal IReadOnlyList<Func<long>> DelayGauges =>
        [.. _pulses.Where(pulse => pulse.Loop != _control).Select(pulse => (Func<long>)(() => pulse.DelayUs))];

    /// <summary>What is deferred; null when there is no journal, or nobody answers in time.</summary>
    public async Task<DeferralsView?> Deferrals(CancellationToken cancel) => Applier is { } applier && _desk.Journal is { } journal
        ? await Ask(_control, () => ApplierViews.All(applier, journal), cancel)
        : null;

    /// <summary>Statements that were acknowledged and did not run, the newest first.</summary>
    public async Task<IReadOnlyList<DeadLetterView>> DeadLetters(int max, CancellationToken cancel) => Applier is { } applier
        ? await Ask(_control, () => ApplierViews.DeadLetters(applier, max), cancel) ?? []
        : [];

    /// <summary>Who runs deferred statements; null when nobody does.</summary>
    internal Applier? Applier { get; set; }

    /// <summary>
    /// Cuts a client off. A statement that it has under way is ended at the server, and its server connection is cleaned. Not
    /// found when no loop that answered has such a client; those that did not have done nothing, nor will they.
    /// </summary>
    public async Task<(bool Found, IReadOnlyList<int> SilentLoops)> Kill(uint client, CancellationToken cancel)
    {
        var answers = await Ask(lane => lane.Door.Find(client) is { } session
            ? Cut(lane, session) : "", cancel);
        return (answers.Any(answer => answer?.Length > 0), SilentIn(answers));
    }

    /// <summary>
    /// Where a client's last statement went; nothing when no loop that answered has such a client. Those that did not are named.
    /// </summary>
    public async Task<(LastRouteView? Route, IReadOnlyList<int> SilentLoops)> LastRoute(uint client, CancellationToken cancel)
    {
        var answers = await Ask(lane => (LastRouteView?[])[lane.Door.Find(client) is { } session
            ? LastRouteView.Of(session, _board.Current.Primary?.Id) : null], cancel);
        return (answers.Select(answer => answer?[0]).FirstOrDefault(route => route is not null), SilentIn(answers));
    }

    /// <summary>Begins to measure how the loops are. Control loop only.</summary>
    internal void Start()
    {
        new LoopPulses(_control, [.. _pulses.Where(pulse => pulse.Loop != _control)]).Start();
        // Nobody can find out by himself how long he keeps others waiting.
        var first = _lanes[0].Loop;
        first.Post(LoopJob.From(_ => new LoopPulses(first, [.. _pulses.Where(pulse => pulse.Loop == _control)]).Start()));
    }

    private static string Cut(EngineLane lane, Session session)
    {
        // Between two statements it can hear why; in the middle of an answer there is no room for words.
        if (session.Current is null && session.ActiveMs != 0)
            ClientReplies.SendError(session, 0, SqlError.Killed, "Connection was killed by an operator of Seawall");
        lane.Kills.EndSession(session);
        return "cut";
    }

    private static PoolView ViewOf(Pool pool, long nowMs) => new()
    {
        Server = pool.Key.Server.Name,
        User = pool.Key.User,
        Form = LoginForm.Words(pool.Key.Form),
        SizeMax = pool.Limits.SizeMax,
        Total = pool.Total,
        Idle = pool.Idle,
        Dialing = pool.Dialing,
        Waiting = pool.Waiting,
        OldestWaitMs = pool.OldestWaiterSinceMs is var since and not long.MaxValue ? Math.Max(0, nowMs - since) : 0,
        LastFailure = pool.LastFailure?.Text,
        Generation = pool.Generation,
    };

    private async Task<ClientsView> Look(int max, Func<Session, bool> wanted, CancellationToken cancel)
    {
        var answers = await Ask(lane => Listed(lane, max, wanted), cancel);
        var rows = answers.SelectMany(answer => answer?.Rows ?? []).OrderBy(client => client.Id).Take(max);
        var total = answers.Sum(answer => answer?.Total ?? 0);
        return new([.. rows], total, SilentIn(answers));
    }

    private int[] SilentIn<T>(T?[] answers)
        where T : class => [.. _lanes.Where((_, i) => answers[i] is null).Select(lane => lane.Loop.Index)];

    private static ClientsView Listed(EngineLane lane, int max, Func<Session, bool> wanted)
    {
        var rows = new List<ClientView>();
        var total = 0;
        foreach (var session in lane.Door.Sessions)
        {
            if (wanted(session) && ++total <= max)
                rows.Add(SessionView.Of(session, lane.Loop));
        }
        return new(rows, total, []);
    }

    private Task<T?[]> Ask<T>(Func<EngineLane, T> question, CancellationToken cancel)
        where T : class => Task.WhenAll(_lanes.Select(lane => Ask(lane.Loop, () => question(lane), cancel)));

    // Null when the loop does not answer in time.
    private async Task<T?> Ask<T>(Loop loop, Func<T> question, CancellationToken cancel)
        where T : class
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(LoopJob.From(_ =>
        {
            // Whoever asked has gone: a stuck loop must not catch up on questions first.
            if (!answer.Task.IsCompleted)
                answer.TrySetResult(question());
        }));
        try
        {
            return await answer.Task.WaitAsync(TimeSpan.FromMilliseconds(AnswerMsMax), _time, cancel);
        }
        catch (TimeoutException)
        {
            answer.TrySetCanceled(CancellationToken.None);
            return null;
        }
    }

    private async Task<LoopAnswer?> Answered(Loop loop, CancellationToken cancel)
    {
        var lane = _lanes.FirstOrDefault(lane => lane.Loop == loop);
        var asked = loop.Timestamp();
        return await Ask(loop, () => new LoopAnswer(
            loop.MicrosecondsSince(asked), lane?.Door.Sessions.Count ?? 0, loop.Timers.Count), cancel);
    }

    private sealed record LoopAnswer(long TookUs, int Clients, int Timers);
}
