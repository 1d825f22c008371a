using Seawall.Engine.Loops;

namespace Seawall.Engine.Telemetry;

/// <summary>
/// How long a loop keeps things waiting: four times a second another loop sends it a letter, and what passes until it is opened is
/// what any event would have waited. A loop that is stuck shows by a letter that is never opened.
/// </summary>
/// <remarks>Costs a statement nothing; the same letter is sent again and again, and never twice at a time.</remarks>
internal sealed class LoopPulse(Loop loop, Histogram delay) : LoopJob
{
    private long _sentAt;
    private long _lastUs;

    /// <summary>The loop.</summary>
    internal Loop Loop { get; } = loop;

    /// <summary>How long the letter under way has been waiting, in microseconds; 0 when none is.</summary>
    internal long WaitingUs => Volatile.Read(ref _sentAt) is var sentAt and not 0 ? Loop.MicrosecondsSince(sentAt) : 0;

    /// <summary>How long things wait on the loop now, in microseconds: what the last letter has waited, or the one under way, if that is longer.</summary>
    internal long DelayUs => Math.Max(WaitingUs, Volatile.Read(ref _lastUs));

    /// <summary>Sends the letter, unless it has not come back yet. The sender's loop only.</summary>
    internal void Send()
    {
        if (Volatile.Read(ref _sentAt) != 0)
            return;
        Volatile.Write(ref _sentAt, Loop.Timestamp());
        Loop.Post(this);
    }

    /// <inheritdoc/>
    public override void Run(Loop loop)
    {
        var waitedUs = loop.MicrosecondsSince(_sentAt);
        delay.Record(waitedUs);
        Volatile.Write(ref _lastUs, waitedUs);
        Volatile.Write(ref _sentAt, 0);
    }
}

/// <summary>Sends letters to other loops, four times a second.</summary>
internal sealed class LoopPulses(Loop sender, LoopPulse[] pulses) : TimerNode
{
    private const int EveryMs = 250;

    /// <summary>Begins. The sender's loop only.</summary>
    internal void Start() => sender.Arm(this, EveryMs);

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        foreach (var pulse in pulses)
            pulse.Send();
        sender.Arm(this, EveryMs);
    }
}
