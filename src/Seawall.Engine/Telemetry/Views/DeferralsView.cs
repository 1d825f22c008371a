using Seawall.Engine.Deferrals;

namespace Seawall.Engine.Telemetry.Views;

/// <summary>Deferred statements of one rule.</summary>
public sealed record DeferralView
{
    /// <summary>The rule.</summary>
    public required string Rule { get; init; }

    /// <summary>What has become of its statements since the start.</summary>
    public required DeferralTally Tally { get; init; }

    /// <summary>Statements that have been acknowledged and have not run.</summary>
    public int Waiting { get; init; }

    /// <summary>Bytes of their texts.</summary>
    public long WaitingBytes { get; init; }

    /// <summary>How old the oldest of them is, in milliseconds; 0 when there is none.</summary>
    public long OldestMs { get; init; }

    /// <summary>Why some of them do not run now; null when nothing is known that is in their way.</summary>
    public string? Problem { get; init; }
}

/// <summary>A statement that was acknowledged and did not run.</summary>
/// <param name="Id">Its id.</param>
/// <param name="At">When it was given up.</param>
/// <param name="AcceptedAt">When it was acknowledged.</param>
/// <param name="Rule">Its rule.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Key">Its key.</param>
/// <param name="End">How it ended.</param>
/// <param name="Code">The server's error number, or 0.</param>
/// <param name="Message">Why.</param>
/// <param name="Statement">The statement.</param>
public sealed record DeadLetterView(
    string Id, DateTimeOffset At, DateTimeOffset AcceptedAt, string Rule, string User, string Key, string End, int Code, string Message,
    string Statement);

/// <summary>What is deferred.</summary>
/// <param name="Rules">By rule, in the order of their names.</param>
/// <param name="Bytes">What the journal has on disk.</param>
/// <param name="BytesMax">What it may have; 0 when there is no journal.</param>
/// <param name="Flushes">Writes to the disk that were waited for.</param>
/// <param name="Problem">Why it takes nothing until a restart; null when it does.</param>
public sealed record DeferralsView(IReadOnlyList<DeferralView> Rules, long Bytes, long BytesMax, long Flushes, string? Problem);
