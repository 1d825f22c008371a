using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Captures;
using Seawall.Engine.Deferrals;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Reads;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;
using Seawall.Engine.Watch;
using Seawall.Engine.Watch.Appliers;
using Seawall.Engine.Watch.Positions;
using Seawall.MySql.Passwords;

namespace Seawall.Engine;

/// <summary>
/// The data path as a whole: loops, front doors, pools and those who watch. Two engines can live in one process.
/// </summary>
public sealed class SeawallEngine : IDisposable
{
    private readonly ILogger _logger;
    private readonly RandomNumberGenerator _entropy = RandomNumberGenerator.Create();
    private readonly Workers _workers;
    private readonly EngineThreads _threads;
    private readonly FactsBoard _board = new();
    private readonly SettingsTable _settings = new();
    private readonly PreparedTexts _texts = new();
    private readonly Floodgate _floodgate = new();
    private readonly SchemaMemory _schemas = new();
    private readonly DeferralDesk _deferrals = new();
    private JournalKeeper? _journal;
    private readonly Lazy<ServerRsaKey> _rsaKey = new(ServerRsaKey.Generate);
    private readonly ServerRegistry _servers;
    private readonly AccountWatch _accounts;
    private readonly EngineLane[] _lanes;
    private readonly GateWatch _gates;
    private readonly PrimaryLine _line;
    private readonly TopologyWatch _topology;
    private readonly FreshnessBoard _freshness = new();
    private readonly SpillGate _spill = new();
    private readonly LagBrake _brake = new();
    private readonly LagWatch _lag;
    private readonly ReadBalance _balance;
    private readonly KeptAnswers _answers = new();
    private readonly PositionWatch _positions;
    private readonly List<FreshWaits> _freshWaits = [];
    private readonly List<ICapturingLoop> _scribes = [];
    private volatile EngineOptions _options;
    private bool _isDisposed;

    /// <summary>An engine that is ready but does nothing yet.</summary>
    public SeawallEngine(EngineOptions options, TimeProvider time, ILogger logger)
        : this(options, ThreadsFor(options, time, logger), logger,
            // Twice the processors: a TLS handshake waits for nothing, and the loops must get their turn.
            new Workers(Environment.ProcessorCount, queueMax: 4096))
    {
    }

    /// <summary>An engine on given loops; it takes over the workers, and the loops if they are its own.</summary>
    internal SeawallEngine(EngineOptions options, EngineThreads threads, ILogger logger, Workers workers)
    {
        _options = options;
        _logger = logger;
        _workers = workers;
        _threads = threads;
        _gates = new GateWatch(_threads.Control, () => _servers!.Sluices, logger);
        Brownouts = new BrownoutBoard(_threads.Control, options.Overload, logger, _gates.Keep);
        _servers = new ServerRegistry(_threads, _board, _settings, _workers, () => _options, () => _floodgate.IsClosing, logger)
        {
            CloseAll = CloseAllTo,
            KeepEvent = _gates.Keep,
        };
        Pools = new PoolBook(_servers.ContextOf);
        _line = new PrimaryLine(_threads.Control, () => _board.Current.Topology.TakesWrites, () => _options.Topology);
        _topology = new TopologyWatch(_threads.Control, _board, Follow, _gates.Keep, () => _options.Topology.HoldMsMax, logger);
        _servers.Looked = _topology.Look;
        Duties = new ServerDuties(_threads.Control, _board, () => _options, id => _servers.ContextOf(id).Server.Slots.Used, GiveNothingNew,
            LetGo, CutOff, _gates.Keep, logger);
        _balance = new ReadBalance(_freshness, _threads.Control.Random, _gates.Keep, logger);
        _positions = new PositionWatch(
            _threads.Control, _board, _freshness, _settings, () => _options.Reads, _servers.WatchOptionsOf)
        {
            News = () => _freshWaits.ForEach(waits => waits.Tell()),
            Look = () => _servers.LookAtReads(_spill, _balance),
            IsWantedBesides = () => _options.Overload is { LagMs: > 0, Mode: not OverloadMode.Off },
        };
        _accounts = new AccountWatch(_threads.Control, _board, Pools.Renew, logger);
        var house = new HouseRules(_board, _settings, () => _options.Clients, _workers, _rsaKey, _entropy, logger)
        {
            Loops = _threads.Data.Count,
            NumbersFrom = _options.NumbersFrom,
            Strain = new Strain(() => _options.Protection),
            LookSoon = _servers.LookSoon,
            Gate = new LoginGate(() => Brownouts.Measures, () => _options.Clients, () => LoginCount, () => _workers.Queued),
            Tarpit = new Tarpit(() => _options.Overload.TarpitMax),
            Accounts = _accounts,
            Learnt = new LearntAccounts(_board, Pools, _servers.Introduce),
        };
        House = house;
        var shortage = new FileShortage(logger, _threads.Control.Time);
        foreach (var loop in _threads.Data.Append(_threads.Control))
            loop.Shortage = shortage;
        var kills = new KillDesk[_threads.Data.Count];
        _lanes = [.. _threads.Data.Select(loop => MakeLane(loop, house, kills))];
        _lag = new LagWatch(_threads.Control, _board, _freshness, _brake, [.. _lanes.Select(lane => lane.Meter)], () => _options.Overload, _gates.Keep, logger);
        Captures = new CaptureDesk(_scribes, _threads.Control, options.Capture, _threads.IsSimulated, logger)
        {
            Server = () => _board.Current.Primary?.Version?.Display ?? "",
        };
        Views = new EngineViews(_lanes, _threads.Control, Pools, _servers, _board, house.Strain, _deferrals);
        SelfWatch = new SelfWatch(
            _threads.Control, house.Strain, () => House.Count + Pools.All.Sum(pool => pool.Total), Views.DelayGauges, Hurry, logger)
        {
            DescriptorsMax = () => (long)Math.Min(Libc.OpenFileLimits().Soft, long.MaxValue),
        };
    }

    /// <summary>What is known of the world.</summary>
    public FactsSnapshot Facts => _board.Current;

    /// <summary>The loop for everything that is not on the statement path; the SQL admin port runs on it too.</summary>
    public Loop ControlLoop => _threads.Control;

    /// <summary>What the engine was told last.</summary>
    public EngineOptions Options => _options;

    /// <summary>What it looks like from outside: pools, clients, servers, counters.</summary>
    public EngineViews Views { get; }

    /// <summary>Servers that people have taken out.</summary>
    public ServerDuties Duties { get; }

    /// <summary>What is written down of what clients do.</summary>
    public CaptureDesk Captures { get; }

    /// <summary>What people have switched off, thinned out or slowed down for a while.</summary>
    public BrownoutBoard Brownouts { get; }

    /// <summary>The last changes in how statements are held back, the newest first, and how many milliseconds ago each was.</summary>
    public IReadOnlyList<(GateEvent Event, long AgoMs)> GateEvents(int max)
    {
        var nowMs = _servers.NowMs;
        return [.. _gates.Last(max).Select(news => (news, nowMs - news.AtMs))];
    }

    /// <summary>What would become of a statement that came now; null while no server is known.</summary>
    public IReadOnlyList<AdmissionStep>? ExplainAdmission(AdmissionQuestion question)
    {
        if (_board.Current.Primary is not { Version: not null } server)
            return null;
        var dialect = SessionDialect.Of(_settings.Fresh, server);
        question = question with { IsUnknown = question.User is { } user && _board.Current.Accounts.Find(user) is null };
        return new AdmissionExplainer(Brownouts.Measures, _servers.SluiceOf(server.Id), server, dialect, _servers.NowMs).Explain(question);
    }

    /// <summary>Where a statement would go that came now; null while no server is known.</summary>
    public IReadOnlyList<AdmissionStep>? ExplainRoute(AdmissionQuestion question) => _board.Current.Primary is { Version: not null } server
        ? RouteExplainer.Explain(question, SessionDialect.Of(_settings.Fresh, server), _board.Current, _options.Reads, _servers.NowMs)
        : null;

    /// <summary>What is known of each server's position.</summary>
    public IReadOnlyList<FreshnessView> Freshness() => [.. _board.Current.Servers.Select(server =>
        _positions.View(server, _board.Current.Primary, _servers.NowMs))];

    /// <summary>What the primary does of the reads that no replica may answer.</summary>
    public SpillView Spill => new(_board.Current.Primary?.Id.Name, _spill.HasBudget, _spill.Max, _spill.Used, _spill.OwnHigh, _spill.Stretch,
        _spill.IsCooling && _spill.HasBudget, _spill.Spilled, _spill.Denied);

    /// <summary>Answers that are kept for brown-outs, and their bytes.</summary>
    public (int Count, long Bytes) KeptAnswers => _answers.Size;

    /// <summary>How writes of low classes are slowed because replicas lag.</summary>
    public LagView Lag => _brake.View();

    /// <summary>How reads are spread over the replicas.</summary>
    public IReadOnlyList<ReplicaView> Replicas => _options.Reads.From == ReadsFrom.Replicas ? _balance.Replicas : [];

    /// <summary>What would be left of the replicas without the biggest one; null while none is read from.</summary>
    public HeadroomView? Headroom => _options.Reads.From == ReadsFrom.Replicas ? _balance.Headroom : null;

    /// <summary>Whether it is going down.</summary>
    public bool IsClosing => _floodgate.IsClosing;

    /// <summary>Clients that are in, or logging in.</summary>
    public int ClientCount => House.Count;

    /// <summary>Clients that are logging in.</summary>
    public int LoginCount => House.Logins.Count;

    internal PoolBook Pools { get; }

    internal HouseRules House { get; }

    internal int PreparedTextCount => _texts.Count;

    internal IReadOnlyList<EngineLane> Lanes => _lanes;

    internal ServerRegistry Servers => _servers;

    internal Workers Workers => _workers;

    internal DeferralDesk Deferrals => _deferrals;

    internal SelfWatch SelfWatch { get; }

    /// <summary>
    /// Starts the threads, looks at the servers and opens the front door. Throws
    /// <see cref="System.Net.Sockets.SocketException"/> when an address cannot be had, and <see cref="IOException"/> when the journal of
    /// deferred statements cannot.
    /// </summary>
    public void Start()
    {
        StartBehindTheDoor();
        OpenDoor([]);
    }

    /// <summary>Starts the threads and looks at the servers; nobody can come in before <see cref="OpenDoor"/>.</summary>
    public void StartBehindTheDoor()
    {
        OpenJournal();
        _servers.Apply(new EngineOptions(), _options);
        _threads.Start();
        _threads.Control.Post(LoopJob.From(_ =>
        {
            _accounts.Configure(_options.Accounts, _options.Monitor);
            _servers.Watch(_accounts);
            new Housekeeping(_threads.Control, Pools, _answers, () => Brownouts.Measures).Start();
            new LimitWatch(_threads.Control, _servers.LookAtLimits).Start();
            new LimitWatch(_threads.Control, _lag.Look).Start();
            Views.Start();
            SelfWatch.Start();
            _gates.Start();
            _topology.Start();
            Duties.Start();
            _positions.Start();
            _journal?.Start();
            Captures.Begin();
        }));
    }

    /// <summary>
    /// Opens the front door; where <paramref name="inherited"/> has sockets of another process for it, those are gone on with. They are
    /// the engine's from now on. Throws <see cref="System.Net.Sockets.SocketException"/> when an address cannot be had.
    /// </summary>
    public void OpenDoor(IReadOnlyList<InheritedListener> inherited)
    {
        foreach (var endpoint in _options.Listen)
            Listen(endpoint, [.. inherited.Where(listener => listener.Endpoint == endpoint.Text)]);
    }

    /// <summary>One more descriptor of each socket that listens, for a process that is to take over.</summary>
    public async Task<IReadOnlyList<InheritedListener>> ShareListeners()
    {
        var all = new List<InheritedListener>();
        foreach (var lane in _lanes)
        {
            var shared = new TaskCompletionSource<IReadOnlyList<InheritedListener>>(TaskCreationOptions.RunContinuationsAsynchronously);
            lane.Loop.Post(LoopJob.From(_ =>
            {
                try
                {
                    shared.SetResult(lane.Door.ShareListeners());
                }
                catch (System.Net.Sockets.SocketException failure)
                {
                    shared.SetException(failure);
                }
            }));
            all.AddRange(await shared.Task);
        }
        return all;
    }

    /// <summary>Another process accepts those who come from now on, at the same sockets; who is in stays in.</summary>
    public void HandDoorOver()
    {
        foreach (var lane in _lanes)
            lane.Loop.Post(LoopJob.From(_ => lane.Door.CloseListeners(areHandedOver: true)));
    }

    /// <summary>
    /// Takes over new options while running. What did not change is not touched, and nobody is disturbed in a transaction.
    /// Where clients come in and the number of loops stay as they are: they take a restart.
    /// </summary>
    public void Apply(EngineOptions options)
    {
        var before = _options;
        _options = options = options with
        {
            Listen = before.Listen,
            Loops = before.Loops,
            Deferral = options.Deferral with { Folder = before.Deferral.Folder },
        };
        Brownouts.Apply(options.Overload);
        Captures.Apply(options.Capture);
        var elsewhere = _servers.Apply(before, options);
        // Whether connections tell of transactions is said when they are opened.
        Pools.Renew(options.Reads.From == before.Reads.From ? elsewhere : options.Servers.Select(server => server.Id).ToHashSet());
        Pools.FollowLimits();
        _threads.Control.Post(LoopJob.From(_ =>
        {
            _accounts.Configure(options.Accounts, options.Monitor);
            _servers.Watch(_accounts);
            Duties.FollowSettings();
        }));
        var wishes = elsewhere.Count > 0 ? SessionWishes.GiveUpSoftHold : SessionWishes.None;
        if (options.Clients.IdleMsMax != before.Clients.IdleMsMax)
            wishes |= SessionWishes.LookAtClock;
        if (wishes == SessionWishes.None)
            return;
        foreach (var lane in _lanes)
            lane.Loop.Post(LoopJob.From(_ => lane.Wish(wishes, stopListening: false)));
    }

    /// <summary>
    /// Goes down: accepts nobody, lets statements and transactions finish, tells idle clients. Ends when everybody has left or
    /// the time is over; whoever is left then is cut off. True when nobody was.
    /// </summary>
    public async Task<bool> Shutdown(TimeSpan atMost, TimeProvider time, CancellationToken now)
    {
        _floodgate.Close();
        foreach (var lane in _lanes)
            lane.Loop.Post(LoopJob.From(_ => lane.Wish(SessionWishes.LookUp, stopListening: true)));
        // Whoever waits for a connection has nothing open, and would only be told later.
        _servers.CloseSluices();
        Brownouts.Close();
        _brake.Pace.CloseForGood();
        _line.CloseForGood();
        Pools.FailWaiters(LeaseFailure.ShuttingDown);
        using var timer = new CancellationTokenSource(atMost, time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, now);
        while (House.Count > 0 && !ends.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        var everybodyLeft = House.Count == 0;
        foreach (var lane in _lanes)
            lane.Loop.Post(LoopJob.From(_ => lane.CutOff()));
        await LeaveServers(time);
        return everybodyLeft;
    }

    // In good order, or each server's log counts as many aborted connections as there were.
    private async Task LeaveServers(TimeProvider time)
    {
        const int TriesMax = 10;
        _threads.Control.Post(LoopJob.From(_ =>
        {
            Views.Applier?.Stop();
            _servers.StopWatching();
            _positions.Stop();
        }));
        for (var left = TriesMax; left > 0 && Pools.All.Any(pool => pool.Total > 0); left--)
        {
            Pools.Empty();
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        }
    }

    private void OpenJournal()
    {
        if (_options.Deferral.Folder.Length == 0)
            return;
        Span<byte> number = stackalloc byte[8];
        _entropy.GetBytes(number);
        var applier = new Applier(new ApplierContext(_threads.Control, _board, _settings, House.Learnt, _servers.ContextOf,
            _servers.SluiceOf, _deferrals, () => _options.Deferral, _logger));
        _journal = new JournalKeeper(_threads.Control, _deferrals, applier, BitConverter.ToUInt64(number), _threads.IsSimulated, _logger);
        _journal.Open();
        Views.Applier = applier;
    }

    // What is idle there is closed, what is in use when it comes back; who waits for a connection goes elsewhere, or is held.
    private void GiveNothingNew(ServerId server)
    {
        _topology.Look();
        Pools.Renew(new HashSet<ServerId> { server });
        Pools.MoveWaiters(server);
        LetGo(server);
    }

    private void LetGo(ServerId server)
    {
        foreach (var lane in _lanes)
            lane.Loop.Post(LoopJob.From(_ => lane.LetGo(server)));
    }

    // Whoever has something open there hears at his next statement that it is lost.
    private void CutOff(ServerId server) => LeaveServer(server, isAnswering: false);

    // The primary is another one, or there is none, or there is one again. Control loop only.
    private void Follow(TopologyFacts before, TopologyFacts now)
    {
        if (before.Primary is { } old)
        {
            // What somebody drains may finish there.
            var isDrained = _board.Current.Find(old) is { Duty.Duty: ServerDuty.Draining };
            if (now.Primary != old && before.IsFound && !isDrained)
                LeaveServer(old, isAnswering: now.Of(old) is { State: MemberState.Up });
            else if (!now.TakesWrites || isDrained)
                Pools.MoveWaiters(old);
        }
        if (!now.TakesWrites)
            return;
        if (now is { IsFound: true, Primary: { } found } && found != before.Primary)
        {
            // Its connections were opened when its global values were counted by themselves.
            Pools.Renew(new HashSet<ServerId> { found });
            _servers.LookSoon(found); // Accounts are read from it from now on.
        }
        if (_line.Release() is var held and > 0)
            TopologyLog.Released(_logger, held);
    }

    private void LeaveServer(ServerId server, bool isAnswering)
    {
        Pools.Depose(server);
        foreach (var lane in _lanes)
        {
            lane.Loop.Post(LoopJob.From(_ =>
            {
                lane.LetGo(server);
                if (!isAnswering && lane.CutOff(server, all: false) is var cut and > 0)
                    TopologyLog.CutOff(_logger, cut, server.Name);
            }));
        }
    }

    /// <summary>How long ago something was, in milliseconds.</summary>
    public long? AgeMs(long? atMs) => atMs is { } at ? _servers.NowMs - at : null;

    /// <summary>Statements that wait for a primary.</summary>
    public PrimaryLineView PrimaryLine => _line.View(_servers.NowMs);

    // Whoever waits for an answer is told that nobody knows whether his statement ran; whoever had something open there hears at his next
    // statement that it is lost. What is idle is closed, and what is being cleaned when it comes back.
    private void CloseAllTo(ServerId server)
    {
        Pools.Renew(new HashSet<ServerId> { server });
        foreach (var lane in _lanes)
            lane.Loop.Post(LoopJob.From(_ => lane.CutOff(server, all: true)));
    }

    private void Hurry()
    {
        foreach (var lane in _lanes)
            lane.Loop.Post(LoopJob.From(_ => lane.Wish(SessionWishes.LookAtClock, stopListening: false)));
    }

    /// <summary>Ends at once and closes every connection, of clients and to servers; <see cref="Shutdown"/> is the polite way.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return; // Descriptors must not be closed twice: somebody else may have them by then.
        _floodgate.Close();
        Captures.Dispose();
        _deferrals.Journal?.Dispose(); // It tells the loops what it has written.
        _threads.Dispose();
        _workers.Dispose();
        _entropy.Dispose();
        if (_rsaKey.IsValueCreated)
            _rsaKey.Value.Dispose();
    }

    private void Listen(Endpoint endpoint, InheritedListener[] inherited)
    {
        // The first loop finds the port when the system chooses one; the others join it there.
        var bound = endpoint;
        if (endpoint.IsUnix)
        {
            bound = _lanes[0].Open(endpoint, endpoint.Text, _lanes, DescriptorOf(0)); // A path has one listener.
        }
        else
        {
            for (var i = 0; i < Math.Max(_lanes.Length, inherited.Length); i++)
                bound = _lanes[i % _lanes.Length].Open(bound, endpoint.Text, inherited: DescriptorOf(i));
        }
        lock (_bound)
            _bound.Add(bound);

        int DescriptorOf(int i) => i < inherited.Length ? inherited[i].Descriptor : -1;
    }

    /// <summary>Where clients come in, with the ports that the system chose.</summary>
    public IReadOnlyList<Endpoint> Bound
    {
        get
        {
            lock (_bound)
                return [.. _bound];
        }
    }

    private readonly List<Endpoint> _bound = [];

    private static EngineThreads ThreadsFor(EngineOptions options, TimeProvider time, ILogger logger) =>
        new(options.Loops > 0 ? options.Loops : Environment.ProcessorCount, time, bug => EngineLog.Bug(logger, bug));

    private EngineLane MakeLane(Loop loop, HouseRules house, KillDesk[] kills)
    {
        var meter = new LoopMeter(loop);
        var door = new FrontDoor(loop, meter, house);
        var interruptions = new Interruptions(door);
        var schemas = new SchemaCheck(door, Pools, _schemas, () => Brownouts.Measures);
        var cancelling = new Cancelling(door);
        var scribe = new Scribe(door);
        door.Turned = scribe.TurnedAway;
        _scribes.Add(scribe);
        var waits = new FreshWaits(loop);
        _freshWaits.Add(waits);
        var tries = new SecondTries(door, _freshness, () => _options.Reads, _logger);
        var own = new OwnAnswers(door, _freshness, waits, _texts, () => _options.Reads);
        var keeping = new Keeping(door, _answers, () => Brownouts.Measures);
        var admission = new Admission(door, _servers.SluiceOf, () => Brownouts.Measures, keeping, _brake, _logger);
        var rooms = new ConversationRooms(
            new Reception(door, schemas, interruptions, scribe, _logger),
            new StatementDesk(door),
            _floodgate,
            own,
            new Deferring(door, _deferrals, () => _options.Deferral),
            new Routing(door, _freshness, _spill, waits, own, tries, admission, () => _options.Reads, () => Brownouts.Measures.Options),
            new Interregnum(door, _line),
            keeping,
            admission,
            tries,
            new Leasing(door, Pools, admission, tries, _logger),
            new Recall(_texts),
            new Departure(meter, () => _options.Pools),
            new Aftermath(door, _texts, _logger) { Untracked = Options.Untracked },
            new CommandDesk(door, schemas, _logger),
            interruptions,
            new KillDesk(door, cancelling, kills),
            cancelling,
            scribe);
        return new EngineLane(loop, meter, door, rooms);
    }
}
