using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Seawall.MySql.Compression;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Flow.Servers;

/// <summary>Whether a connection to a server is encrypted.</summary>
public enum ServerTls : byte
{
    /// <summary>Never.</summary>
    Off,

    /// <summary>When the server offers it and is not on this machine.</summary>
    Preferred,

    /// <summary>Always; without it there is no connection.</summary>
    Required,
}

/// <summary>How Seawall logs in to one server.</summary>
internal sealed record ServerLoginOptions
{
    /// <summary>Whether to encrypt.</summary>
    internal ServerTls Tls { get; init; } = ServerTls.Preferred;

    /// <summary>Certificates, and what to verify; null when TLS is off.</summary>
    internal TlsClientContext? TlsContext { get; init; }

    /// <summary>The name that the server's certificate must have, when identities are verified.</summary>
    internal string HostName { get; init; } = "";

    /// <summary>How to compress what goes to and fro after the login, when the server offers it.</summary>
    internal CompressionKind Compression { get; init; }

    /// <summary>
    /// Whether a server may send its public key over a connection that is not encrypted. Whoever sits between could send
    /// his own and read the password; so only on this machine by default.
    /// </summary>
    internal bool AllowsPublicKeyRetrieval { get; init; }

    /// <summary>The server's public key, when an operator has brought it along: no other one is believed then.</summary>
    internal PublicKeyOfServer? PublicKey { get; init; }

    /// <summary>The version of the PROXY header that a connection begins with; 0 for none.</summary>
    internal int ProxyVersion { get; init; }

    /// <summary>How long a connection may take to open.</summary>
    internal int ConnectMsMax { get; init; } = 3_000;

    /// <summary>How long a login may take after that: the server's own limit (<c>connect_timeout</c>) is 10 s.</summary>
    internal int LoginMsMax { get; init; } = 10_000;

    /// <summary>Where cryptography runs.</summary>
    internal required Workers Workers { get; init; }
}
