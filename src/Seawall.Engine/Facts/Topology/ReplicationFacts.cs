using System.Collections.Immutable;

namespace Seawall.Engine.Facts.Topology;

/// <summary>Whether a server follows another, and gets on with it.</summary>
public enum ReplicationState : byte
{
    /// <summary>Not asked, or the monitoring account may not know.</summary>
    Unknown,

    /// <summary>It follows nobody.</summary>
    None,

    /// <summary>It receives and applies.</summary>
    Running,

    /// <summary>It follows, but does not receive or does not apply: somebody has stopped it, or it has failed.</summary>
    Broken,
}

/// <summary>One source that a server follows.</summary>
/// <param name="Host">Where it is, as the server was told.</param>
/// <param name="Port">Its port.</param>
/// <param name="Uuid">MySQL's identity of it; empty where there is none or it was never reached.</param>
/// <param name="ServerId">Its number; 0 when it was never reached.</param>
/// <param name="Receives">Whether the server gets what it writes.</param>
/// <param name="Applies">Whether the server applies it.</param>
/// <param name="IsStopped">Whether both were ended, as before a promotion, and not by an error.</param>
/// <param name="LagSeconds">How far the server says that it is behind; null is no number, and not 0.</param>
/// <param name="Problem">What went wrong, in the server's words; empty when nothing did.</param>
public sealed record SourceFacts(
    string Host, int Port, string Uuid, long ServerId, bool Receives, bool Applies, bool IsStopped, long? LagSeconds, string Problem);

/// <summary>What a server says of its replication.</summary>
public sealed record ReplicationFacts
{
    /// <summary>Before it was asked.</summary>
    public static ReplicationFacts Unknown { get; } = new();

    /// <summary>Whether it follows another, and gets on with it.</summary>
    public ReplicationState State { get; init; }

    /// <summary>Whom it follows.</summary>
    public ImmutableArray<SourceFacts> Sources { get; init; } = [];

    /// <summary>Why nothing is known; empty when something is.</summary>
    public string Problem { get; init; } = "";

    /// <summary>The greatest lag that it names; null when it names none.</summary>
    public long? LagSeconds => Sources.IsEmpty || Sources.Any(source => source.LagSeconds is null)
        ? null : Sources.Max(source => source.LagSeconds);

    /// <summary>What its sources make of it.</summary>
    public static ReplicationFacts Of(ImmutableArray<SourceFacts> sources) => new()
    {
        Sources = sources,
        State = sources.IsEmpty ? ReplicationState.None
            : sources.All(source => source is { Receives: true, Applies: true }) ? ReplicationState.Running : ReplicationState.Broken,
    };
}
