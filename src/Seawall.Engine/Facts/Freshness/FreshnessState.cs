namespace Seawall.Engine.Facts.Freshness;

/// <summary>How much is known of what a replica has. Nothing but <see cref="Fresh"/> reads as fresh.</summary>
public enum FreshnessState : byte
{
    /// <summary>Nothing is known, or not any more: not asked yet, no answer, no transactions that can be counted.</summary>
    Unknown,

    /// <summary>It has had everything that the primary had, a moment ago.</summary>
    Fresh,

    /// <summary>It is further behind than the settings allow.</summary>
    Lagging,

    /// <summary>The primary has gone on, and the replica has not moved at all since.</summary>
    Frozen,

    /// <summary>It does not follow: its replication has stopped, or failed.</summary>
    Broken,
}

/// <summary>What a state is judged by.</summary>
/// <param name="NowMs">Now.</param>
/// <param name="ConfirmedMs">When the question was sent whose answer came last; null when none has come, or none that could be counted.</param>
/// <param name="ReachedMs">The last moment of which it is known that it has all that the primary had then; null for none.</param>
/// <param name="MovedMs">When its position was seen to change last.</param>
/// <param name="DueSinceMs">Since when the primary has something that it has not; null when it is not known to lack anything.</param>
/// <param name="Replicates">Whether its replication runs; null when that is not known.</param>
internal readonly record struct FreshnessFacts(
    long NowMs, long? ConfirmedMs, long? ReachedMs, long MovedMs, long? DueSinceMs, bool? Replicates);

/// <summary>
/// Judges how fresh a replica is. Pure. What was not confirmed for a while is unknown by itself, and a question without an answer never
/// makes anything better.
/// </summary>
internal static class FreshnessJudge
{
    /// <summary>How long an answer is believed: three of the questions that are asked when nobody needs to know.</summary>
    internal const int SilentMsMax = 1_500;

    /// <summary>How long a replica may stand still while it has something to do: ten times what a busy one needs for a commit.</summary>
    internal const int FrozenMs = 1_000;

    /// <summary>Of times in a row that it must be bad before it counts; and good, at half of the bound, before that is forgotten.</summary>
    internal const int TimesBad = 2;

    /// <inheritdoc cref="TimesBad"/>
    internal const int TimesGood = 3;

    /// <summary>What the facts say by themselves. <paramref name="lagMsMax"/> is how far behind it may be.</summary>
    internal static FreshnessState Judge(in FreshnessFacts facts, long lagMsMax)
    {
        if (facts.Replicates == false)
            return FreshnessState.Broken;
        if (facts.ConfirmedMs is not { } confirmed || facts.NowMs - confirmed > SilentMsMax)
            return FreshnessState.Unknown;
        if (facts.DueSinceMs is { } due && facts.NowMs - Math.Max(due, facts.MovedMs) > FrozenMs)
            return FreshnessState.Frozen;
        if (facts.ReachedMs is not { } reached)
            return FreshnessState.Unknown;
        return facts.NowMs - reached > lagMsMax ? FreshnessState.Lagging : FreshnessState.Fresh;
    }

    /// <summary>
    /// The state after one more look: what is bad for a moment only does not count, unless it is unknown or broken, and what was bad must
    /// be good for a while. <paramref name="times"/> counts the looks that speak for a change.
    /// </summary>
    internal static FreshnessState Settle(FreshnessState before, FreshnessState now, bool isWellBelow, ref int times)
    {
        if (now == before)
        {
            times = 0;
            return before;
        }
        switch (now)
        {
            case FreshnessState.Unknown or FreshnessState.Broken:
                times = 0;
                return now;
            case FreshnessState.Fresh when before == FreshnessState.Unknown:
                times = 0;
                return now;
            case FreshnessState.Fresh when !isWellBelow:
                times = 0;
                return before;
            default:
                if (++times < (now == FreshnessState.Fresh ? TimesGood : TimesBad))
                    return before;
                times = 0;
                return now;
        }
    }
}
