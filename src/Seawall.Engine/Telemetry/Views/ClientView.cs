using Seawall.Engine.Flow;
using Seawall.Engine.Loops;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Telemetry.Views;

/// <summary>What a client is doing.</summary>
public enum ClientState : byte
{
    /// <summary>Nothing, and it keeps no server connection for more than a moment.</summary>
    Idle,

    /// <summary>It is logging in.</summary>
    Login,

    /// <summary>Its statement waits for a server connection.</summary>
    Waiting,

    /// <summary>Its statement is being answered.</summary>
    Running,

    /// <summary>Nothing, in the middle of a transaction.</summary>
    InTransaction,

    /// <summary>Nothing, but it keeps its server connection: see <c>SHOW PINS</c>.</summary>
    Pinned,
}

/// <summary>
/// A client as it is now. Nothing in it was said by the client but its name, and what the statements that pin it look like: no value.
/// </summary>
public sealed record ClientView
{
    /// <summary>The number that it was greeted with.</summary>
    public required uint Id { get; init; }

    /// <summary>The account; null before the login has ended.</summary>
    public string? User { get; init; }

    /// <summary>Where it comes from.</summary>
    public required PeerAddress Peer { get; init; }

    /// <summary>What it is doing.</summary>
    public required ClientState State { get; init; }

    /// <summary>How long it has been here.</summary>
    public required long AgeMs { get; init; }

    /// <summary>How long it has been doing what it does: running, waiting or silent.</summary>
    public required long StateMs { get; init; }

    /// <summary>Its schema.</summary>
    public string? Schema { get; init; }

    /// <summary>The server whose connection it has; null when it has none.</summary>
    public string? Server { get; init; }

    /// <summary>The server's own number of that connection.</summary>
    public uint? ServerThread { get; init; }

    /// <summary>The TLS version; null without TLS.</summary>
    public string? Tls { get; init; }

    /// <summary>The verb of its present statement, or of the last one; null before the first.</summary>
    public string? LastStatement { get; init; }

    /// <summary>Why it keeps its connection.</summary>
    public PinReasons Pins { get; init; }

    /// <summary>How long it has been pinned; 0 when what pins it ends with its next statement.</summary>
    public long PinnedMs { get; init; }

    /// <summary>
    /// What the statements look like that pinned it: one for each reason, in the order of <see cref="PinCatalog"/>, or null.
    /// </summary>
    public IReadOnlyList<StatementDigest?> PinnedBy { get; init; } = [];

    /// <summary>Statements that it has prepared.</summary>
    public required int Prepared { get; init; }

    /// <summary>The loop that it is on.</summary>
    public required int Loop { get; init; }
}

/// <summary>Clients, as far as they were asked for.</summary>
/// <param name="Rows">The clients, those that have been here longest first.</param>
/// <param name="Total">How many there are of the kind that was asked for.</param>
/// <param name="SilentLoops">Loops that did not answer in time; their clients are missing.</param>
public sealed record ClientsView(IReadOnlyList<ClientView> Rows, int Total, IReadOnlyList<int> SilentLoops);
