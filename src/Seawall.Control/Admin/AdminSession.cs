using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>One connection to the admin port: what it would remember if it were a session at a server.</summary>
/// <param name="id">The number that it was greeted with.</param>
/// <param name="peer">Where it comes from.</param>
internal sealed class AdminSession(uint id, PeerAddress peer)
{
    /// <summary>The one schema that the admin port says it has: some clients must be in one.</summary>
    internal const string SchemaName = "seawall";

    /// <summary>Nothing here is ever in a transaction.</summary>
    internal const ServerStatus Status = ServerStatus.Autocommit;

    /// <summary>The number that it was greeted with.</summary>
    internal uint Id { get; } = id;

    /// <summary>Where it comes from, in words.</summary>
    internal string Peer { get; } = peer.ToString();

    /// <summary>The host in its full name, as servers write it.</summary>
    internal string Host { get; } = peer.IsUnix ? "localhost" : peer.ToIPAddress().ToString();

    /// <summary>Who it is; empty before the login has ended.</summary>
    internal string User { get; set; } = "";

    /// <summary>What the two ends agreed on.</summary>
    internal Capabilities Capabilities { get; set; }

    /// <summary>The schema that it is in.</summary>
    internal string? Schema { get; set; }

    /// <summary>The warnings of the command before.</summary>
    internal IReadOnlyList<string> Warnings { get; set; } = [];

    /// <summary>Goes into a schema; null when that is the one there is, or why not.</summary>
    internal AdminRefusal? Enter(string schema)
    {
        if (!schema.Equals(SchemaName, StringComparison.OrdinalIgnoreCase))
            return new(SqlError.UnknownSchema, $"Unknown database '{schema}'; the admin port has '{SchemaName}' only");
        Schema = SchemaName;
        return null;
    }
}
