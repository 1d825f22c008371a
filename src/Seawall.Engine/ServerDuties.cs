using System.Globalization;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine;

/// <summary>What came of a wish.</summary>
/// <param name="IsDone">Whether it was fulfilled.</param>
/// <param name="Words">What was done, or why it was not.</param>
public readonly record struct DutyResult(bool IsDone, string Words);

/// <summary>
/// Servers that people take out and let in again. It lasts until they say otherwise, through reloads, and not beyond the process. From
/// any thread; what it causes runs on the control loop.
/// </summary>
public sealed class ServerDuties : TimerNode
{
    private const int EveryMs = 250;
    private const string BySettings = "the settings";

    private readonly Loop _control;
    private readonly FactsBoard _board;
    private readonly Func<EngineOptions> _options;
    private readonly Func<ServerId, int> _connections;
    private readonly Action<ServerId> _leave;
    private readonly Action<ServerId> _letGo;
    private readonly Action<ServerId> _cut;
    private readonly Action<GateEvent> _tell;
    private readonly ILogger _logger;
    private readonly HashSet<ServerId> _empty = [];

    internal ServerDuties(
        Loop control, FactsBoard board, Func<EngineOptions> options, Func<ServerId, int> connections, Action<ServerId> leave,
        Action<ServerId> letGo, Action<ServerId> cut, Action<GateEvent> tell, ILogger logger)
    {
        (_control, _board, _options, _connections) = (control, board, options, connections);
        (_leave, _letGo, _cut, _tell, _logger) = (leave, letGo, cut, tell, logger);
    }

    private long NowMs => _control.ClockMs;

    /// <summary>
    /// Takes a server out. <paramref name="within"/>: after that, what is still under way there is cut off (draining), or it comes back
    /// (ejected). Without <paramref name="isForced"/> not the one that takes writes: Seawall makes no other the primary.
    /// </summary>
    public DutyResult TakeOut(string name, ServerDuty duty, TimeSpan? within, bool isForced, string by)
    {
        var facts = _board.Current;
        if (facts.Servers.FirstOrDefault(server => server.Id.Name == name) is not { } server)
            return new(false, $"there is no server '{name}'; SHOW SERVERS has those that there are");
        var isPrimary = server.Id == facts.Primary?.Id;
        if (isPrimary && !isForced)
        {
            return new(false, $"'{name}' is the primary: no server would take writes, and Seawall promotes none. Make another the primary first, "
                + "or add FORCE: statements are held then (topology.hold_ms_max), and refused");
        }
        var now = NowMs;
        var until = within is { } time ? now + (long)time.TotalMilliseconds : (long?)null;
        Set(server.Id, new DutyFacts(duty, by, now, until));
        _empty.Remove(server.Id);
        var word = duty == ServerDuty.Draining ? "draining" : "ejected";
        Say(server.Id, word, string.Create(CultureInfo.InvariantCulture,
            $"by {by}{(within is { } limit ? $", {(duty == ServerDuty.Draining ? "within" : "for")} {limit.TotalSeconds:0} s" : "")}"));
        _control.Post(LoopJob.From(_ => _leave(server.Id)));
        return new(true, string.Create(CultureInfo.InvariantCulture,
            $"'{name}' gets nothing new; it has {_connections(server.Id)} connections, SHOW DRAINS has who holds them"));
    }

    /// <summary>Lets a server in again.</summary>
    public DutyResult Admit(string name, string by)
    {
        if (_board.Current.Servers.FirstOrDefault(server => server.Id.Name == name) is not { } server)
            return new(false, $"there is no server '{name}'; SHOW SERVERS has those that there are");
        if (server.Duty is { IsOfSettings: true })
            return new(false, $"the settings drain '{name}' (servers.drain): take that away there, and reload");
        if (server.Duty is null)
            return new(true, $"'{name}' is in");
        Set(server.Id, null);
        Say(server.Id, "in", $"by {by}");
        return new(true, IsDrainedBySettings(server.Id) ? $"'{name}' is drained by the settings alone from now on" : $"'{name}' is in again");
    }

    /// <summary>Whether the settings have it drained, which a primary is not until another one is.</summary>
    public bool IsDrainedBySettings(ServerId id) => _options().Servers.Any(server => server.Id == id && server.IsDrained);

    /// <summary>Begins to look after them. Control loop only.</summary>
    internal void Start() => _control.Arm(this, EveryMs);

    /// <summary>Takes out those that the settings drain, and lets those in that they drain no more. Control loop only.</summary>
    internal void FollowSettings()
    {
        // At the start nobody knows yet which of them is the primary.
        if (_board.Current.Primary is not { } primary)
            return;
        foreach (var server in _board.Current.Servers)
        {
            var isDrained = IsDrainedBySettings(server.Id);
            if (isDrained && server.Duty is null && server.Id != primary.Id)
            {
                Set(server.Id, new DutyFacts(ServerDuty.Draining, BySettings, NowMs, UntilMs: null, IsOfSettings: true));
                _empty.Remove(server.Id);
                Say(server.Id, "draining", $"by {BySettings}");
                _leave(server.Id);
            }
            else if (!isDrained && server.Duty is { IsOfSettings: true })
            {
                Set(server.Id, null);
                Say(server.Id, "in", $"{BySettings} drain it no more");
            }
        }
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        _control.Arm(this, EveryMs);
        FollowSettings();
        foreach (var server in _board.Current.Servers)
        {
            if (server.Duty is not { } duty)
                continue;
            if (duty.UntilMs <= _control.NowMs)
                End(server, duty);
            else if (duty.Duty == ServerDuty.Draining && _connections(server.Id) > 0)
                _letGo(server.Id);
            else if (duty.Duty == ServerDuty.Draining && _empty.Add(server.Id))
                Say(server.Id, "drained", "nothing is left there");
        }
    }

    private void End(ServerFacts server, DutyFacts duty)
    {
        if (duty.Duty == ServerDuty.Ejected)
        {
            Set(server.Id, null);
            Say(server.Id, "in", "its time is over");
            return;
        }
        Set(server.Id, duty with { UntilMs = null });
        if (_connections(server.Id) is var left and > 0)
        {
            Say(server.Id, "cut off", $"its time is over: {left} connections are closed");
            _cut(server.Id);
        }
    }

    private void Set(ServerId id, DutyFacts? duty) =>
        _board.Publish(snapshot => snapshot.With(id, server => server with { Duty = duty }).Judged(NowMs));

    private void Say(ServerId id, string state, string cause)
    {
        TopologyLog.DutyChanged(_logger, id.Name, state, cause);
        _tell(new GateEvent(NowMs, GateEventKind.Server, id.Name, state, cause));
    }
}
