using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Flow.Floodgates.Limits;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>How many statements of a class were refused for a reason.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Count">How many.</param>
public readonly record struct ShedView(ShedReason Reason, long Count)
{
    /// <summary>All reasons that there are.</summary>
    public static IReadOnlyList<ShedReason> Reasons { get; } =
        [.. Enum.GetValues<ShedReason>().Where(reason => reason != ShedReason.None)];
}

/// <summary>A class at one server, as it is now.</summary>
public sealed record ClassView
{
    /// <summary>The class.</summary>
    public required StatementClass Class { get; init; }

    /// <summary>How its statements wait.</summary>
    public required ClassLimits Limits { get; init; }

    /// <summary>Statements that run.</summary>
    public required int Running { get; init; }

    /// <summary>Statements that wait.</summary>
    public required int Waiting { get; init; }

    /// <summary>What these hold in memory.</summary>
    public required long WaitingBytes { get; init; }

    /// <summary>How long the oldest of them waits.</summary>
    public required long OldestMs { get; init; }

    /// <summary>Whether the queue stands.</summary>
    public required bool Stands { get; init; }

    /// <summary>The share of its cohorts that is served, 0 to 1.</summary>
    public required double CohortShare { get; init; }

    /// <summary>Statements that came, without those of open transactions.</summary>
    public required long Offered { get; init; }

    /// <summary>Statements that passed at once.</summary>
    public required long Passed { get; init; }

    /// <summary>Statements of open transactions, which nobody holds.</summary>
    public required long Continued { get; init; }

    /// <summary>Statements that waited, and went.</summary>
    public required long Admitted { get; init; }

    /// <summary>Statements whose client went away, or ended them, while they waited.</summary>
    public required long Withdrawn { get; init; }

    /// <summary>Statements that were refused, by reason.</summary>
    public required IReadOnlyList<ShedView> Shed { get; init; }

    /// <summary>Statements that were refused.</summary>
    public long ShedInAll => Shed.Sum(shed => shed.Count);
}

/// <summary>Where the limit of a server comes from.</summary>
/// <param name="IsAdaptive">Whether it finds itself.</param>
/// <param name="Min">The least that it may be, when it does.</param>
/// <param name="Max">The most.</param>
/// <param name="Stretch">How much longer statements take than in an idle hour; null when nobody knows.</param>
/// <param name="Cause">Why it is what it is.</param>
public sealed record LimitView(bool IsAdaptive, int Min, int Max, double? Stretch, LimitCause Cause)
{
    /// <summary>Long statements that run.</summary>
    public int LongRunning { get; init; }

    /// <summary>Long statements that may.</summary>
    public int LongMax { get; init; }

    /// <summary>Shapes of statements that are held back because they take many times as long as they used to.</summary>
    public int Broken { get; init; }

    /// <summary>Shapes of statements that wait for one another, of which few run.</summary>
    public int Hot { get; init; }
}

/// <summary>What is in front of one server, as it is now.</summary>
/// <param name="Server">The server's name.</param>
/// <param name="Mode">Whether it holds anybody.</param>
/// <param name="Running">Statements that run; when it only observes, those that would.</param>
/// <param name="Limit">Statements that may.</param>
/// <param name="Bounds">Where that comes from.</param>
/// <param name="RanMs">How long one runs, of late.</param>
/// <param name="Classes">The classes, the most important first.</param>
public sealed record SluiceView(
    string Server, OverloadMode Mode, int Running, int Limit, LimitView Bounds, double RanMs, IReadOnlyList<ClassView> Classes)
{
    /// <summary>What is deferred there.</summary>
    public DeferralView Deferral { get; init; } = new(0, 0, 0, 0, 0, 0);
}
