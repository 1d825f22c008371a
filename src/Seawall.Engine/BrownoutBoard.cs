using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine;

/// <summary>
/// Brown-outs: who has said that groups of rules are to be cut down, and until when. They end by themselves, and go on over a reload of
/// the settings; over a restart go those that somebody writes down. Thread-safe; loops read what follows from it as one reference.
/// </summary>
public sealed class BrownoutBoard
{
    private readonly Lock _lock = new();
    private readonly Loop _control;
    private readonly ILogger _logger;
    private readonly Action<GateEvent> _tell;
    private readonly Alarm _alarm;
    private volatile Measures _measures;

    internal BrownoutBoard(Loop control, OverloadOptions options, ILogger logger, Action<GateEvent> tell)
    {
        _control = control;
        _logger = logger;
        _tell = tell;
        _alarm = new Alarm(this);
        _measures = Measures.Of(options, [], before: null);
    }

    /// <summary>The groups that there are, and which of them are cut down now.</summary>
    public IReadOnlyList<BrownoutView> View() => _measures.View(NowMs);

    /// <summary>Called, from any thread, when one has begun or ended.</summary>
    public Action? Changed { get; set; }

    /// <summary>Those that go on, and for how long yet.</summary>
    public IReadOnlyList<(BrownoutOrder Order, long LeftMs)> Orders()
    {
        var (orders, now) = (_measures.Orders, NowMs);
        return [.. orders.Where(order => order.UntilMs > now).Select(order => (order, order.UntilMs - now))];
    }

    /// <summary>The paces of rules.</summary>
    public IReadOnlyList<PaceView> Paces()
    {
        var now = NowMs;
        return
        [
            .. _measures.Paces.OrderBy(pace => pace.Name, StringComparer.Ordinal).Select(pace => new PaceView(
                pace.Name, pace.Limits, pace.Ask(now), pace.Held, pace.Waited, pace.Refused)),
        ];
    }

    /// <summary>What follows for statements.</summary>
    internal Measures Measures => _measures;

    /// <summary>
    /// Begins one, in the place of one of the same group, or of one of a level in place of another level. Returns the groups that it
    /// concerns; none: nothing was begun, because there is no such group, or none of such a level.
    /// </summary>
    public IReadOnlyList<BrownoutGroup> Begin(string? group, int level, TimeSpan time, string by, string why)
    {
        lock (_lock)
        {
            var order = new BrownoutOrder(group, level, NowMs + (long)time.TotalMilliseconds, by, why);
            BrownoutGroup[] concerned = [.. _measures.Options.Brownouts.Where(order.Concerns)];
            if (concerned.Length == 0)
                return concerned;
            var others = _measures.Orders;
            if (others.FirstOrDefault(other => other.Group == group) is { } before)
            {
                SayEnded(before, $"another one takes its place, by {by}");
                others = others.Remove(before);
            }
            Change(_measures.Options, others.Add(order));
            var effect = string.Join(", ", concerned.Select(one => one.Effect));
            var reason = why.Length > 0 ? $" ({why})" : "";
            EngineLog.BrownoutBegan(_logger, order.What, time.TotalMinutes, by, reason, effect);
            _tell(new(NowMs, GateEventKind.Brownout, order.What, effect, $"for {time.TotalMinutes:0.##} minutes, by {by}{reason}"));
            return concerned;
        }
    }

    /// <summary>Ends that of a group, or all that there are; how many there were.</summary>
    public int End(string? group, string by)
    {
        lock (_lock)
            return EndThose(order => group is null || order.Group == group, $"by {by}");
    }

    /// <summary>Follows the settings: a brown-out whose groups are gone ends.</summary>
    internal void Apply(OverloadOptions options)
    {
        lock (_lock)
        {
            if (options == _measures.Options)
                return;
            Change(options, _measures.Orders);
            EndThose(order => !options.Brownouts.Any(order.Concerns), "the settings have no such group any more");
            if (options.Mode == OverloadMode.Off)
                EndThose(_ => true, "overload.mode is off now");
        }
    }

    /// <summary>Nobody who waits for a pace will get his turn any more.</summary>
    internal void Close()
    {
        foreach (var pace in _measures.AllPaces)
            pace.CloseForGood();
    }

    private long NowMs => _control.ClockMs;

    private int EndThose(Func<BrownoutOrder, bool> which, string cause)
    {
        var ended = _measures.Orders.Where(which).ToArray();
        if (ended.Length == 0)
            return 0;
        Change(_measures.Options, _measures.Orders.RemoveRange(ended));
        foreach (var order in ended)
            SayEnded(order, cause);
        return ended.Length;
    }

    private void SayEnded(BrownoutOrder order, string cause)
    {
        EngineLog.BrownoutEnded(_logger, order.What, order.By, cause);
        _tell(new(NowMs, GateEventKind.Brownout, order.What, "as before", cause));
    }

    private void Change(OverloadOptions options, ImmutableArray<BrownoutOrder> orders)
    {
        var isNews = orders != _measures.Orders;
        _measures = Measures.Of(options, orders, _measures);
        if (isNews)
            Changed?.Invoke();
        // Timers belong to their loop's thread.
        if (!orders.IsEmpty)
            _control.Post(LoopJob.From(_ => _alarm.Arm()));
    }

    private sealed class Alarm(BrownoutBoard board) : TimerNode
    {
        protected internal override void OnDue()
        {
            lock (board._lock)
            {
                var now = board.NowMs;
                board.EndThose(order => order.UntilMs <= now, "its time is over");
            }
            Arm();
        }

        internal void Arm()
        {
            if (board._measures.Orders.IsEmpty)
                return;
            var next = board._measures.Orders.Min(order => order.UntilMs);
            board._control.Arm(this, Math.Max(1, next - board.NowMs));
        }
    }
}
