using Seawall.Engine.Facts.Topology;

namespace Seawall.Engine.Telemetry.Views;

/// <summary>A server as it is known now, and what Seawall has there.</summary>
public sealed record ServerView
{
    /// <summary>What is known of it.</summary>
    public required ServerFacts Facts { get; init; }

    /// <summary>Connections of all pools that exist or are being opened.</summary>
    public required int Connections { get; init; }

    /// <summary>Connections that Seawall may have there.</summary>
    public required int ConnectionsMax { get; init; }

    /// <summary>The dial gate.</summary>
    public required DialGateView Gate { get; init; }

    /// <summary>Connections opened.</summary>
    public required long DialsSucceeded { get; init; }

    /// <summary>Attempts that came to nothing, by reason; reasons that never occurred are not there.</summary>
    public required IReadOnlyList<(string Reason, long Count)> DialsFailed { get; init; }

    /// <summary>Connections that the server closed while nobody used them.</summary>
    public required long IdleLost { get; init; }

    /// <summary>Clients that were sent away because others waited for a connection with which they did nothing.</summary>
    public required long ClientsStalled { get; init; }

    /// <summary>How often it was found hanging.</summary>
    public required long Hangs { get; init; }

    /// <summary>How long dials took.</summary>
    public required HistogramView Dial { get; init; }
}

/// <summary>What the dial gate of a server allows now.</summary>
/// <param name="InProgress">Logins under way.</param>
/// <param name="InProgressMax">Logins that may be.</param>
/// <param name="PerSecond">Dials in a second that may begin.</param>
/// <param name="IsBackingOff">Whether the last attempts failed, and the next must wait.</param>
/// <param name="Queued">Dials that wait to be let go.</param>
public sealed record DialGateView(int InProgress, int InProgressMax, double PerSecond, bool IsBackingOff, int Queued);
