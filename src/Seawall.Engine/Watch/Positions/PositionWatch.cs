using System.Collections.Concurrent;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Engine.Watch.Positions;

/// <summary>
/// One stream of positions for each server, and what follows from them together: how fresh each replica is, and that those who wait look
/// again. Control loop, but for what says otherwise.
/// </summary>
internal sealed class PositionWatch : TimerNode
{
    /// <summary>How often it is looked at what nobody has told anything of.</summary>
    private const int LookEveryMs = 100;

    private readonly Loop _loop;
    private readonly FactsBoard _facts;
    private readonly Func<ReadOptions> _options;
    private readonly Func<ServerId, WatchOptions?> _logins;
    private readonly ConcurrentDictionary<ServerId, PositionStream> _streams = new();
    private readonly PositionLedger _ledger = new();
    private readonly WakeJob _wake;
    private ServerId _primary;

    internal PositionWatch(
        Loop loop, FactsBoard facts, FreshnessBoard board, SettingsTable settings, Func<ReadOptions> options, Func<ServerId, WatchOptions?> logins)
    {
        _loop = loop;
        _facts = facts;
        Board = board;
        Settings = settings;
        _options = options;
        _logins = logins;
        _wake = new WakeJob(this);
        board.Wake = () => _loop.Post(_wake);
    }

    /// <summary>The clock of questions.</summary>
    internal FreshnessBoard Board { get; }

    /// <summary>For connections.</summary>
    internal SettingsTable Settings { get; }

    /// <summary>Called when something new is known; those who wait look again.</summary>
    internal Action News { get; set; } = () => { };

    /// <summary>Whether somebody needs to know what replicas have although nothing is read from them.</summary>
    internal Func<bool> IsWantedBesides { get; set; } = () => false;

    /// <summary>Called ten times a second while replicas are read from.</summary>
    internal Action Look { get; set; } = () => { };

    /// <summary>Begins.</summary>
    internal void Start() => _loop.Arm(this, LookEveryMs);

    /// <summary>Ends all streams.</summary>
    internal void Stop()
    {
        _loop.Timers.Disarm(this);
        foreach (var stream in _streams.Values)
            stream.Stop();
        _streams.Clear();
    }

    internal ServerFacts? FactsOf(ServerId id) => _facts.Current.Find(id);

    internal WatchOptions? LoginOf(ServerId id) => _logins(id);

    /// <summary>What is known of a server's position. From any thread.</summary>
    internal FreshnessView View(ServerFacts server, ServerFacts? primary, long nowMs)
    {
        var slot = server.Freshness;
        var isReplica = server.Role == ServerRole.Replica;
        return new FreshnessView(server.Id.Name, isReplica ? "replica" : "primary", slot.State,
            isReplica && primary is not null ? ReplicaFitness.Judge(primary, server) : Unfitness.None,
            isReplica && slot.ReachedMs != long.MinValue ? nowMs - slot.ReachedMs : null,
            string.Join(',', slot.Position?.Tokens.Select(Board.Sources.Spell) ?? []),
            slot.Position is { } position ? nowMs - position.BegunMs : null,
            _streams.GetValueOrDefault(server.Id)?.Questions ?? 0, slot.Running, slot.Weight);
    }

    /// <summary>A server has said what it has.</summary>
    internal void Published(ServerFacts server, ServerPosition position)
    {
        var options = _options();
        if (server.Role == ServerRole.Primary)
        {
            if (_primary != server.Id)
                _ledger.Clear();
            _primary = server.Id;
            _ledger.Note(position);
            server.Freshness.MovedSources = _ledger.Moved;
            foreach (var other in _facts.Current.Servers)
                Judge(other, options);
        }
        else
            Judge(server, options);
        News();
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        _loop.Arm(this, LookEveryMs);
        var options = _options();
        Follow(options);
        if (!IsWanted(options))
            return;
        foreach (var server in _facts.Current.Servers)
            Judge(server, options);
        if (options.From == ReadsFrom.Replicas)
            Look();
    }

    private bool IsWanted(ReadOptions options) => options.From == ReadsFrom.Replicas || IsWantedBesides();

    private void Judge(ServerFacts server, ReadOptions options)
    {
        if (server.Role == ServerRole.Replica && _streams.GetValueOrDefault(server.Id) is { } stream)
            stream.Judge(server, _ledger, options.LagMsMax);
    }

    private void Follow(ReadOptions options)
    {
        var servers = _facts.Current.Servers;
        var wanted = IsWanted(options) && servers.Count > 1;
        foreach (var (id, stream) in _streams.ToArray())
        {
            if (wanted && servers.Any(server => server.Id == id))
                continue;
            stream.Stop();
            _streams.TryRemove(id, out _);
        }
        if (!wanted)
            return;
        foreach (var server in servers)
        {
            if (_streams.ContainsKey(server.Id))
                continue;
            var stream = new PositionStream(_loop, server.Id, this);
            _streams[server.Id] = stream;
            stream.Run().Forget(_loop.Report);
        }
    }

    private sealed class WakeJob(PositionWatch watch) : LoopJob
    {
        public override void Run(Loop loop)
        {
            foreach (var stream in watch._streams.Values)
                stream.Wake();
        }
    }
}
