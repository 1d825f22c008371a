namespace Seawall.Engine.Loops.Tls;

/// <summary>The oldest version of the protocol that is spoken.</summary>
public enum TlsVersion : byte
{
    /// <summary>TLS 1.2, <c>"1.2"</c> in the settings.</summary>
    Tls12,

    /// <summary>TLS 1.3, <c>"1.3"</c>.</summary>
    Tls13,
}

/// <summary>Whether clients show certificates: <c>clients.tls_verify</c>.</summary>
public enum ClientCertificates : byte
{
    /// <summary>They are not asked for one.</summary>
    None,

    /// <summary>They may; one that the authority has not signed ends the handshake.</summary>
    Optional,

    /// <summary>They must.</summary>
    Required,
}

/// <summary>What of a server's certificate is verified: <c>servers.tls_verify</c>.</summary>
public enum ServerVerification : byte
{
    /// <summary>Nothing: nobody can listen, but anybody could answer.</summary>
    None,

    /// <summary>That an authority that is trusted has signed it.</summary>
    Ca,

    /// <summary>That, and that it is for the server's name or address.</summary>
    Identity,
}

/// <summary>What a <see cref="TlsServerContext"/> is made of; paths of PEM files.</summary>
public sealed record TlsServerFiles
{
    /// <summary>The certificate, with those of the authorities between it and the root behind it: <c>clients.tls_certificate</c>.</summary>
    public required string Certificate { get; init; }

    /// <summary>Its private key, without a passphrase: <c>clients.tls_key</c>. May be the same file.</summary>
    public required string Key { get; init; }

    /// <summary>The authorities that sign clients' certificates: <c>clients.tls_ca</c>.</summary>
    public string? Ca { get; init; }

    /// <summary>Whether clients show certificates; anything but <c>None</c> needs <see cref="Ca"/>.</summary>
    public ClientCertificates Verify { get; init; }

    /// <summary>The oldest version that is spoken: <c>clients.tls_min</c>.</summary>
    public TlsVersion Min { get; init; }
}

/// <summary>What a <see cref="TlsClientContext"/> is made of; paths of PEM files.</summary>
public sealed record TlsClientFiles
{
    /// <summary>The authorities that sign servers' certificates: <c>servers.tls_ca</c>. Null: those that the system trusts.</summary>
    public string? Ca { get; init; }

    /// <summary>What is verified: <c>servers.tls_verify</c>.</summary>
    public ServerVerification Verify { get; init; }

    /// <summary>A certificate to show to the server: <c>servers.tls_certificate</c>; null for none.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key, without a passphrase: <c>servers.tls_key</c>.</summary>
    public string? Key { get; init; }

    /// <summary>The oldest version that is spoken: <c>servers.tls_min</c>.</summary>
    public TlsVersion Min { get; init; }

    /// <summary>The newest. No setting: two ends that can do better only speak an old version when a test wants it.</summary>
    internal TlsVersion Max { get; init; } = TlsVersion.Tls13;
}

/// <summary>A context, or in words for people why there is none: exactly one of the two.</summary>
/// <param name="Context">The context: immutable, for any number of connections, on any loop.</param>
/// <param name="Problem">Which file is at fault, and how.</param>
/// <typeparam name="T">Which of the two contexts.</typeparam>
public readonly record struct TlsLoad<T>(T? Context, string? Problem)
    where T : class;

/// <summary>How going over to TLS ended: with a wire, or in words why not. Without one the raw wire is still there, and of no use.</summary>
/// <param name="Wire">The wire that takes the place of the raw one; closing it closes both.</param>
/// <param name="Problem">What went wrong, and on whose side.</param>
public readonly record struct TlsUpgrade(TlsWire? Wire, string? Problem);
