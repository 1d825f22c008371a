using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;
using Seawall.Engine.Watch;

namespace Seawall.Engine;

/// <summary>
/// The servers of the settings: what is on the facts board for them, who watches them, how pools reach them.
/// </summary>
internal sealed class ServerRegistry(
    EngineThreads threads, FactsBoard board, SettingsTable settings, Workers workers, Func<EngineOptions> options,
    Func<bool> isClosing, ILogger logger)
{
    private readonly ConcurrentDictionary<ServerId, PoolContext> _contexts = new();
    private readonly ConcurrentDictionary<ServerId, Sluice> _sluices = new();
    private readonly Dictionary<ServerId, Watched> _watches = [];
    private readonly ConcurrentDictionary<ServerId, bool> _introduced = new();

    /// <summary>Closes all connections to a server; set before anything runs.</summary>
    internal Action<ServerId> CloseAll { get; set; } = _ => { };

    /// <summary>Keeps an event for people to see; set before anything runs.</summary>
    internal Action<GateEvent> KeepEvent { get; set; } = _ => { };

    /// <summary>Where pools of a server live.</summary>
    internal PoolContext ContextOf(ServerId id) => _contexts.GetOrAdd(id, MakeContext);

    /// <summary>What is in front of a server. From any thread.</summary>
    internal Sluice SluiceOf(ServerId id) => _sluices.GetOrAdd(id, static (_, loops) => new Sluice(loops), threads.Data.Count);

    /// <summary>What is in front of each server of the settings. From any thread.</summary>
    internal IEnumerable<(string Server, Sluice Sluice)> Sluices => options().Servers.Select(server => (server.Id.Name, SluiceOf(server.Id)));

    /// <summary>Nobody gets his turn any more.</summary>
    internal void CloseSluices()
    {
        foreach (var sluice in _sluices.Values)
            sluice.CloseForGood(NowMs);
    }

    /// <summary>Looks at what may run at each server. Ten times a second, control loop only.</summary>
    internal void LookAtLimits()
    {
        foreach (var facts in board.Current.Servers)
        {
            if (!_sluices.TryGetValue(facts.Id, out var sluice) || sluice.Mode == OverloadMode.Off)
                continue;
            var telemetry = _contexts.GetValueOrDefault(facts.Id)?.Telemetry;
            var refusals = telemetry is null ? 0
                : telemetry.DialsFailedFor(DialFailureKind.TooManyConnections) + telemetry.DialsFailedFor(DialFailureKind.TimedOut);
            sluice.Tick(NowMs, new ServerSignals(refusals, facts.Health == ServerHealth.Up ? facts.Running : null));
            LimitLog.Say(logger, facts.Id.Name, sluice.Keeper, sluice.Limit);
        }
    }

    /// <summary>Has a server looked at soon: somebody has met something there that the last look did not show. From any thread.</summary>
    internal void LookSoon(ServerId id)
    {
        if (threads.Control.IsCurrent)
            _watches.GetValueOrDefault(id)?.Watch.LookSoon();
        else
            threads.Control.Post(LoopJob.From(_ => _watches.GetValueOrDefault(id)?.Watch.LookSoon()));
    }

    /// <summary>Called on the control loop whenever something new is known of a server.</summary>
    internal Action Looked { get; set; } = () => { };

    private bool AsksReplication => options().Servers.Length > 1;

    private bool AsksRunning => options().Overload is { Mode: not OverloadMode.Off, Limit: LimitMode.Adaptive };

    /// <summary>Now, as the loops count it.</summary>
    internal long NowMs => threads.Control.ClockMs;

    /// <summary>What Seawall has at a server, besides what is known of it. From any thread.</summary>
    internal ServerView ViewOf(ServerFacts facts)
    {
        var context = _contexts.GetValueOrDefault(facts.Id);
        var gate = context?.Server.Gate;
        var (inProgress, inProgressMax, perSecond, backingOff) = gate?.State ?? default;
        var telemetry = context?.Telemetry;
        return new ServerView
        {
            Facts = facts,
            Connections = context?.Server.Slots.Used ?? 0,
            ConnectionsMax = Find(facts.Id)?.ConnectionsMax ?? 0,
            Gate = gate is null
                ? new(0, Find(facts.Id)?.Dial.InProgressMax ?? 0, Find(facts.Id)?.Dial.PerSecond ?? 0, false, 0)
                : new(inProgress, inProgressMax, perSecond, backingOff, gate.Queued),
            DialsSucceeded = telemetry?.DialsSucceeded ?? 0,
            DialsFailed = telemetry is null ? [] : [.. Enum.GetValues<DialFailureKind>()
                .Select(kind => (SnakeCase.Of(kind), telemetry.DialsFailedFor(kind)))
                    .Where(failed => failed.Item2 > 0)],
            IdleLost = telemetry?.IdleLost ?? 0,
            ClientsStalled = telemetry?.ClientsStalled ?? 0,
            Hangs = context?.Server.Pulse.Hangs ?? 0,
            Dial = new HistogramView(telemetry is null ? [] : [telemetry.Dial]),
        };
    }

    /// <summary>
    /// Puts the servers of the options on the board; those that were there keep what is known of them. Returns the
    /// servers whose connections must not be used any more: they lead elsewhere, or are protected otherwise than is
    /// wanted now.
    /// </summary>
    internal IReadOnlySet<ServerId> Apply(EngineOptions before, EngineOptions now)
    {
        board.Publish(snapshot => snapshot.With([.. now.Servers.Select(server =>
            FactsOf(server, snapshot.Find(server.Id)))]).Judged(NowMs));
        foreach (var server in now.Servers)
        {
            SluiceOf(server.Id).Apply(now.Overload, server.RunningMax, NowMs, server.RunningMin);
            if (_contexts.GetValueOrDefault(server.Id) is { } context)
                threads.Control.Post(LoopJob.From(loop => context.Server.Gate.Apply(server.Dial, loop)));
        }
        return before.Servers.Where(old => !now.Servers.Any(server => server.Id == old.Id
                && server.Endpoint.Text == old.Endpoint.Text && server.Tls == old.Tls && server.Compression == old.Compression))
            .Select(old => old.Id).ToHashSet();
    }

    /// <summary>
    /// Watches every server that is named, and no other; anew where a watch would look elsewhere or as somebody else
    /// now. Control loop only.
    /// </summary>
    internal void Watch(AccountWatch accounts)
    {
        var now = options();
        foreach (var (id, watched) in _watches.ToArray())
        {
            if (Find(id) is { } server && watched.IsFor(server, now.Monitor))
                continue;
            watched.Stop();
            _watches.Remove(id);
        }
        foreach (var server in now.Servers.Where(server => !_watches.ContainsKey(server.Id)))
        {
            var id = server.Id;
            var watch = new ServerWatch(
                threads.Control, id, board, accounts, settings,
                () => new WatchOptions(options().Monitor, LoginOf(id), AsksRunning, AsksReplication), Looked, logger);
            var hangs = new HangWatch(threads.Control, id, board, ContextOf(id).Server.Pulse, House);
            _watches.Add(id, new Watched(watch, hangs, server, now.Monitor));
            hangs.Start();
            watch.Run().Forget(threads.Control.Report);
        }
    }

    /// <summary>How a server is logged in to for watching it; null when it is named no more.</summary>
    internal WatchOptions? WatchOptionsOf(ServerId id) => Find(id) is null ? null : new WatchOptions(options().Monitor, LoginOf(id));

    /// <summary>
    /// Looks at what the servers may take: how reads are spread over them, and what of them the primary may take over. Ten times a second,
    /// control loop only.
    /// </summary>
    internal void LookAtReads(SpillGate spill, ReadBalance balance)
    {
        foreach (var facts in board.Current.Servers)
        {
            var sluice = SluiceOf(facts.Id);
            var isLimited = sluice.Mode != OverloadMode.Off;
            var limit = isLimited ? sluice.Limit : Find(facts.Id)?.RunningMax ?? 1;
            facts.Freshness.Weight = Math.Max(1, limit);
            if (facts.Role == ServerRole.Primary)
            {
                var isStrained = facts.Health != ServerHealth.Up || (isLimited && sluice.IsStrained(NowMs));
                spill.HasBudget = !options().Reads.SpillsWithoutBudget;
                spill.Look(limit, facts.Freshness.Running, isStrained, options().Reads.SpillShare, facts.Freshness.Tally, NowMs);
            }
        }
        balance.Look(board.Current, options().Reads, NowMs);
    }

    /// <summary>Lets the servers go, with a word to each. Control loop only.</summary>
    internal void StopWatching()
    {
        foreach (var watched in _watches.Values)
            watched.Stop();
        _watches.Clear();
        foreach (var context in _contexts.Values)
            context.Server.Cancels.Close();
    }

    /// <summary>
    /// A connection was opened to a server that nobody may watch: what it says of itself is asked on it, once.
    /// </summary>
    internal async LoopTask Introduce(ServerConnection connection, ServerId id)
    {
        if (!_introduced.TryAdd(id, true))
            return;
        if (await ServerQuestions.AskOnce(connection) is { } answers)
        {
            board.Publish(snapshot => snapshot.With(id, answers));
        }
        else
        {
            _introduced.TryRemove(id, out _);
        }
    }

    private PoolContext MakeContext(ServerId id)
    {
        var server = Find(id);
        var pool = new PoolServer(
            id,
            new DialGate(new DialPace(server?.Dial ?? new DialLimits(), new Random(threads.Data[0].Random.Next()))),
            new ServerSlots(() => Find(id)?.ConnectionsMax ?? 0),
            new PoolDialer(board, settings, () => LoginOf(id), () => options().Reads.From == ReadsFrom.Replicas),
            board,
            threads.Control,
            () => Find(id)?.Cancels ?? new CancelLimits(),
            new ServerPulse(threads.Data.Count));
        return new PoolContext(threads.Data, pool, () => options().Pools, isClosing, new PoolTelemetry(logger));
    }

    private ServerOptions? Find(ServerId id)
    {
        foreach (var server in options().Servers)
        {
            if (server.Id == id)
                return server;
        }
        return null;
    }

    private ServerLoginOptions LoginOf(ServerId id)
    {
        var server = Find(id);
        return new ServerLoginOptions
        {
            Tls = server?.Tls ?? ServerTls.Preferred,
            TlsContext = server?.TlsContext,
            HostName = server?.HostName ?? "",
            Compression = server?.Compression ?? default,
            PublicKey = server?.PublicKey,
            AllowsPublicKeyRetrieval = server?.AllowsPublicKeyRetrieval ?? false,
            ProxyVersion = server?.ProxyVersion ?? 0,
            ConnectMsMax = server?.ConnectMsMax ?? 3_000,
            LoginMsMax = server?.LoginMsMax ?? 10_000,
            Workers = workers,
        };
    }

    // A server that has moved keeps its version and collations until it is seen at its new place: sessions need them.
    private static ServerFacts FactsOf(ServerOptions server, ServerFacts? known)
    {
        known ??= new() { Id = server.Id, Endpoint = server.Endpoint, Role = ServerRole.Replica };
        known = known with
        {
            Role = server.Role ?? known.Role,
            IsRoleFixed = server.Role is not null,
            Address = server.Endpoint.IsUnix || server.HostName.Length == 0
                ? "" : $"{server.HostName}{server.Endpoint.Text[server.Endpoint.Text.LastIndexOf(':')..]}",
        };
        return known.Endpoint.Text == server.Endpoint.Text ? known : known with
        {
            Endpoint = server.Endpoint,
            Health = ServerHealth.Unknown,
            Problem = null,
            SeenAtMs = null,
            UnwellSinceMs = null,
            Absence = ServerAbsence.None,
            Replication = ReplicationFacts.Unknown,
        };
    }

    private HangHouse House => new(settings, id => (options().Monitor, LoginOf(id)), id => Find(id)?.HangMsMax ?? 0, CloseAll, Looked, KeepEvent, logger);

    private sealed record Watched(ServerWatch Watch, HangWatch Hangs, ServerOptions Server, Account? Monitor)
    {
        internal void Stop()
        {
            Watch.Stop();
            Hangs.Stop();
        }

        internal bool IsFor(ServerOptions server, Account? monitor) => server.Endpoint.Text == Server.Endpoint.Text
            && server.Tls == Server.Tls && server.ProxyVersion == Server.ProxyVersion && server.Compression == Server.Compression
            && (monitor is null ? Monitor is null : Monitor is not null && monitor.IsSameAs(Monitor));
    }
}
