namespace Seawall.Engine.Telemetry.Views;

/// <summary>A pool as it is now: the connections of one account to one server.</summary>
public sealed record PoolView
{
    /// <summary>The server's name.</summary>
    public required string Server { get; init; }

    /// <summary>The account.</summary>
    public required string User { get; init; }

    /// <summary>What was agreed on at their logins, in words: clients that chose otherwise have a pool of their own.</summary>
    public string Form { get; init; } = "";

    /// <summary>Connections that it may have (<c>pool.size</c>).</summary>
    public required int SizeMax { get; init; }

    /// <summary>Connections that exist or are being opened.</summary>
    public required int Total { get; init; }

    /// <summary>Connections that nobody uses.</summary>
    public required int Idle { get; init; }

    /// <summary>Connections being opened, or waiting at the dial gate.</summary>
    public required int Dialing { get; init; }

    /// <summary>Statements that wait for a connection.</summary>
    public required int Waiting { get; init; }

    /// <summary>How long the oldest of them has been waiting; 0 when nobody does.</summary>
    public required long OldestWaitMs { get; init; }

    /// <summary>Why the last dial failed; null once one has succeeded.</summary>
    public string? LastFailure { get; init; }

    /// <summary>How often the account has changed: connections of before are closed when they come back.</summary>
    public required int Generation { get; init; }

    /// <summary>Connections that sessions use or keep, or that are being cleaned after them.</summary>
    public int InUse => Math.Max(0, Total - Idle - Dialing);
}
