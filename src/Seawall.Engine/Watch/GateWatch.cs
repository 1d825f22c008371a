using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine.Watch;

/// <summary>
/// Tells of changes of mode at servers: gathers what the sluices have noted, from the control loop, so that no statement waits for a log.
/// All are kept for a while; of the queue of one class the log has one line in ten seconds, with how many there were.
/// </summary>
internal sealed class GateWatch(Loop control, Func<IEnumerable<(string Server, Sluice Sluice)>> sluices, ILogger logger) : TimerNode
{
    internal const int EveryMs = 250;

    private const int Kept = 500;
    private const int SayEveryMs = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<GateEvent> _events = new();
    private readonly Dictionary<string, (long AtMs, int More)> _said = [];

    /// <summary>Begins. Control loop only.</summary>
    internal void Start() => control.Arm(this, EveryMs);

    /// <summary>The last changes, the newest first. From any thread.</summary>
    internal IReadOnlyList<GateEvent> Last(int max)
    {
        lock (_lock)
            return [.. _events.Reverse().Take(max)];
    }

    /// <summary>Keeps one that somebody else has told of. From any thread.</summary>
    internal void Keep(GateEvent news)
    {
        lock (_lock)
        {
            if (_events.Count == Kept)
                _events.Dequeue();
            _events.Enqueue(news);
        }
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        control.Arm(this, EveryMs);
        foreach (var (server, sluice) in sluices())
        {
            foreach (var news in sluice.TakeEvents())
                Tell(server, news with { Of = news.Of.Length == 0 ? server : $"{server} {news.Of}" });
        }
    }

    private void Tell(string server, GateEvent news)
    {
        Keep(news);
        if (news.Kind == GateEventKind.Mode)
        {
            EngineLog.GateModeChanged(logger, server, news.To, news.Cause);
            return;
        }
        var (atMs, more) = _said.GetValueOrDefault(news.Of, (long.MinValue / 2, 0));
        if (news.AtMs - atMs < SayEveryMs)
        {
            _said[news.Of] = (atMs, more + 1);
            return;
        }
        _said[news.Of] = (news.AtMs, 0);
        EngineLog.QueueTurned(logger, news.Of, news.To, news.Cause, more);
    }
}
