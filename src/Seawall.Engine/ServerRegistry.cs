using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;
using Seawall.Engine.Watch;

namespace Seawall.Engine;

/// <summary>The servers of the settings: what is on the facts board for them, who watches them, how pools reach them.</summary>
internal sealed class ServerRegistry(
    EngineThreads threads, FactsBoard board, SettingsTable settings, Workers workers, Func<EngineOptions> options,
    Func<bool> isClosing, ILogger logger)
{
    private readonly ConcurrentDictionary<ServerId, PoolContext> _contexts = new();
    private readonly Dictionary<ServerId, ServerWatch> _watches = [];
    private readonly ConcurrentDictionary<ServerId, bool> _introduced = new();

    /// <summary>Where pools of a server live.</summary>
    internal PoolContext ContextOf(ServerId id) => _contexts.GetOrAdd(id, MakeContext);

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
                .Select(kind => (SnakeCase.Of(kind), telemetry.DialsFailedFor(kind))).Where(failed => failed.Item2 > 0)],
            IdleLost = telemetry?.IdleLost ?? 0,
            Dial = new HistogramView(telemetry is null ? [] : [telemetry.Dial]),
        };
    }

    /// <summary>Puts the servers of the options on the board; those that were there keep what is known of them.</summary>
    internal void Apply(EngineOptions newOptions) => board.Publish(snapshot => snapshot.With(
        [.. newOptions.Servers.Select(server =>
            snapshot.Servers.FirstOrDefault(known => known.Id == server.Id && known.Endpoint.Text == server.Endpoint.Text)
                is { } known ? known with { Role = server.Role } : NewFacts(server))]));

    /// <summary>Watches every server that is named, and no other. Control loop only.</summary>
    internal void Watch(AccountWatch accounts)
    {
        var named = options().Servers.Select(server => server.Id).ToHashSet();
        foreach (var (id, watch) in _watches.Where(pair => !named.Contains(pair.Key)).ToArray())
        {
            watch.Stop();
            _watches.Remove(id);
        }
        foreach (var id in named.Where(id => !_watches.ContainsKey(id)))
        {
            var watch = new ServerWatch(
                threads.Control, id, board, accounts, settings, () => new WatchOptions(options().Monitor, LoginOf(id)), logger);
            _watches.Add(id, watch);
            watch.Run().Forget(threads.Control.Report);
        }
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
            new PoolDialer(board, settings, () => LoginOf(id)),
            board);
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
            AllowsPublicKeyRetrieval = server?.AllowsPublicKeyRetrieval ?? false,
            ConnectMsMax = server?.ConnectMsMax ?? 3_000,
            LoginMsMax = server?.LoginMsMax ?? 10_000,
            Workers = workers,
        };
    }

    private static ServerFacts NewFacts(ServerOptions server) =>
        new() { Id = server.Id, Endpoint = server.Endpoint, Role = server.Role };
}
