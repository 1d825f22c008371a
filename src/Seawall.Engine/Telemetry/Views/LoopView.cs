namespace Seawall.Engine.Telemetry.Views;

/// <summary>A loop as it is now.</summary>
public sealed record LoopView
{
    /// <summary>Its number.</summary>
    public required int Index { get; init; }

    /// <summary>Whether it is the one for everything that is not on the statement path.</summary>
    public required bool IsControl { get; init; }

    /// <summary>How long it took to answer; null when it did not within <see cref="EngineViews.AnswerMsMax"/>.</summary>
    public long? AnsweredUs { get; init; }

    /// <summary>Clients on it; null when it did not answer.</summary>
    public int? Clients { get; init; }

    /// <summary>Timers that run; null when it did not answer.</summary>
    public int? Timers { get; init; }

    /// <summary>What everything on it waits for its turn.</summary>
    public required HistogramView TurnDelay { get; init; }

    /// <summary>How long the last pulse has been waiting unanswered, in microseconds: large when the loop is stuck.</summary>
    public required long PulseWaitingUs { get; init; }
}
