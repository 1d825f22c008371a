using System.Net;
using System.Security.Cryptography.X509Certificates;
using Seawall.Rehearsal.Drivers;

namespace Seawall.Rehearsal.Logins;

/// <summary>How TLS is used for one login.</summary>
internal enum LoginTls
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>With a whole handshake.</summary>
    Full,

    /// <summary>An earlier session is taken up, if there is one and the server agrees.</summary>
    Resumed,
}

/// <summary>A password, which nothing shows.</summary>
internal sealed class LoginPassword(ReadOnlySpan<byte> bytes)
{
    private readonly byte[] _bytes = bytes.ToArray();

    /// <summary>The bytes themselves.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Never the bytes.</summary>
    public override string ToString() => "(secret)";
}

/// <summary>One login that is to be tried.</summary>
internal sealed record LoginPlan
{
    /// <summary>Where the server listens.</summary>
    public required EndPoint Address { get; init; }

    /// <summary>The name that its certificate is to have.</summary>
    public string Host { get; init; } = "";

    /// <summary>As whom.</summary>
    public required string User { get; init; }

    /// <summary>The password.</summary>
    public required LoginPassword Password { get; init; }

    /// <summary>The driver that is imitated.</summary>
    public required DriverProfile Profile { get; init; }

    /// <summary>The schema to begin in.</summary>
    public string Schema { get; init; } = "";

    /// <summary>Whether TLS is used.</summary>
    public LoginTls Tls { get; init; }

    /// <summary>Whose certificates are believed; null to believe any, as drivers do that merely prefer TLS.</summary>
    public X509Certificate2Collection? Authority { get; init; }

    /// <summary>Whether to ask for the server's key although the driver would not by itself.</summary>
    public bool MayAskForKey { get; init; }

    /// <summary>Whether the kernel is asked for the other end of the connection as well.</summary>
    public bool LooksAtPeer { get; init; }

    /// <summary>How long all of it may take.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromSeconds(10);
}
