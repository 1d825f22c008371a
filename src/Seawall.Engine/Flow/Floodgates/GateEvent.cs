namespace Seawall.Engine.Flow.Floodgates;

/// <summary>What has changed in how statements are held back.</summary>
public enum GateEventKind : byte
{
    /// <summary>Whether anything is limited at a server.</summary>
    Mode,

    /// <summary>Whether the queue of a class stands, and so serves the newest first.</summary>
    Queue,

    /// <summary>What is cut down for a while.</summary>
    Brownout,

    /// <summary>Which server is the primary, or that there is none.</summary>
    Primary,

    /// <summary>How a server is, as one of the set.</summary>
    Server,

    /// <summary>Whether writes of low classes are slowed because replicas lag.</summary>
    Lag,

    /// <summary>How replicas are read from, and what would be left without one of them.</summary>
    Reads,
}

/// <summary>One change of mode, with its cause.</summary>
/// <param name="AtMs">When, in the loops' milliseconds.</param>
/// <param name="Kind">Of what.</param>
/// <param name="Of">Of which server, and which class or group there.</param>
/// <param name="To">What it is now.</param>
/// <param name="Cause">Why, or by whom.</param>
public sealed record GateEvent(long AtMs, GateEventKind Kind, string Of, string To, string Cause);

/// <summary>Notes when the queues of a sluice begin and cease to stand. Callers hold the sluice's lock.</summary>
internal sealed class TurnWatch
{
    /// <summary>Changes that are kept until somebody takes them: a queue cannot turn more often than once in its longest wait.</summary>
    private const int Kept = 64;

    private readonly bool[] _stood = new bool[StatementClasses.Count];
    private readonly Queue<GateEvent> _events = new();
    private OverloadMode? _mode;

    /// <summary>Notes the mode.</summary>
    internal void Note(OverloadMode mode, long nowMs)
    {
        if (_mode is { } before && before != mode)
            Add(new(nowMs, GateEventKind.Mode, "", Telemetry.Views.SnakeCase.Of(mode), $"overload.mode was {Telemetry.Views.SnakeCase.Of(before)}"));
        _mode = mode;
    }

    /// <summary>Looks at a queue.</summary>
    internal void Note(ClassQueue queue, int running, int limit, long nowMs)
    {
        var stands = queue.Stands(nowMs);
        if (stands == _stood[(int)queue.Class])
            return;
        _stood[(int)queue.Class] = stands;
        var word = StatementClasses.Word(queue.Class);
        Add(stands
            ? new(nowMs, GateEventKind.Queue, word, "newest first",
                $"it has not been empty for {queue.Limits.WaitMsMax} ms (overload.{word}_wait_ms_max): {queue.Count} wait, {running} of {limit} run")
            : new(nowMs, GateEventKind.Queue, word, "oldest first", "it was empty"));
    }

    /// <summary>What has changed since the last time.</summary>
    internal GateEvent[] Take()
    {
        if (_events.Count == 0)
            return [];
        GateEvent[] taken = [.. _events];
        _events.Clear();
        return taken;
    }

    private void Add(GateEvent news)
    {
        if (_events.Count == Kept)
            _events.Dequeue();
        _events.Enqueue(news);
    }
}
