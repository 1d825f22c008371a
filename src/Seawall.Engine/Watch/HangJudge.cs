namespace Seawall.Engine.Watch;

/// <summary>What to do about a server of which statements are in flight.</summary>
internal enum HangStep : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Ask it something, on a connection of one's own: perhaps its statements just take long.</summary>
    Ask,

    /// <summary>It hangs.</summary>
    Hung,
}

/// <summary>
/// Whether a server hangs: statements are in flight there, none of them has been answered for a while, and it does not answer a
/// question of our own either. A pure function of clock and counters. Time in which nobody looked does not count: a process that was
/// stopped, or a machine that was, must not take its own sleep for that of a server.
/// </summary>
internal sealed class HangJudge
{
    /// <summary>How often it is told: ten looks in the first half of the shortest time that may be set.</summary>
    internal const int EveryMs = 50;

    /// <summary>
    /// Bytes that count as if a statement had been answered: a long result that flows fills this in no time, and one that drips never does.
    /// </summary>
    internal const long FlowBytes = 16 * 1024;

    private long _answers = -1;
    private long _bytes;
    private long _lookedMs = long.MinValue / 2;
    private long _askedAtMs = -1;

    /// <summary>For how long nothing has been answered while something was in flight.</summary>
    internal long QuietMs { get; private set; }

    /// <summary>Whether it was asked, and has not answered.</summary>
    internal bool IsAsked => _askedAtMs >= 0;

    /// <summary>Looks.</summary>
    internal HangStep Note(long nowMs, (int InFlight, long Answers, long Bytes) seen, int hangMsMax)
    {
        var passedMs = Math.Clamp(nowMs - _lookedMs, 0, 2 * EveryMs);
        _lookedMs = nowMs;
        if (hangMsMax == 0 || seen.InFlight == 0 || seen.Answers != _answers || seen.Bytes - _bytes >= FlowBytes)
        {
            Restart();
            (_answers, _bytes) = (seen.Answers, seen.Bytes);
            return HangStep.None;
        }
        QuietMs += passedMs;
        // Half of the time to wait for a statement, and half to wait for the answer to the question; less what may pass between looks.
        if (!IsAsked && QuietMs >= hangMsMax / 2)
        {
            _askedAtMs = QuietMs;
            return HangStep.Ask;
        }
        if (!IsAsked || QuietMs - _askedAtMs < (hangMsMax / 2) - (4 * EveryMs))
            return HangStep.None;
        Restart();
        return HangStep.Hung;
    }

    /// <summary>It has answered: what is in flight takes long.</summary>
    internal void Answered() => Restart();

    private void Restart()
    {
        QuietMs = 0;
        _askedAtMs = -1;
    }
}
