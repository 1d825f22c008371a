using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Seawall.MySql.Compression;
using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Flow.Clients;

/// <summary>How clients are received.</summary>
public sealed record ClientOptions
{
    /// <summary>Clients at one time; one more hears "too many connections" in place of a greeting.</summary>
    public int CountMax { get; init; } = 10_000;

    /// <summary>
    /// Logins under way at one time; for one more, the oldest is ended. Far more than honest logins, which take milliseconds,
    /// and fewer than <see cref="CountMax"/>: those who do not log in cannot take all the places of those who do.
    /// </summary>
    public int LoginsMax { get; init; } = 4_000;

    /// <summary>
    /// Pieces of cryptography of logins that may wait for a worker: each takes a millisecond or two of a processor, so the last of them
    /// waits for a second or so. Whoever needs one more is refused.
    /// </summary>
    public int CryptoMax { get; init; } = 1_000;

    /// <summary>Logins under way from one address, or one IPv6 network of 64 bits; one more is turned away.</summary>
    public int LoginsPerSourceMax { get; init; } = 1_000;

    /// <summary>
    /// <see cref="LoginsMax"/>, or half of the clients where there may be few. Below 128 an honest storm would meet it.
    /// </summary>
    internal int LoginsNow => Math.Min(LoginsMax, Math.Max(128, CountMax / 2));

    /// <summary>
    /// <see cref="LoginsPerSourceMax"/>, or a quarter of the clients where there may be few: no source can take all places.
    /// Below 64 a program that fills its pool would meet it.
    /// </summary>
    internal int LoginsPerSourceNow => Math.Min(LoginsPerSourceMax, Math.Max(64, CountMax / 4));

    /// <summary>Bytes that logins under way hold, all together, beyond 4 KiB each.</summary>
    public int LoginBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>Wrong passwords for one account from one source that cost nothing: people mistype.</summary>
    public int WrongPasswordsFree { get; init; } = 3;

    /// <summary>The longest pause before the next password of that account from that source is looked at; 0 for none.</summary>
    public int WrongPasswordMsMax { get; init; } = 5_000;

    /// <summary>How long a login may take: the server's own limit (<c>connect_timeout</c>).</summary>
    public int LoginMsMax { get; init; } = 10_000;

    /// <summary>How long a client may be silent: the server's own limit (<c>wait_timeout</c>), 8 hours.</summary>
    public long IdleMsMax { get; init; } = 28_800_000;

    /// <summary>
    /// Whether a statement is ended at the server when its client has gone: one that only reads, or is rolled back anyway.
    /// </summary>
    public bool CancelsVanished { get; init; } = true;

    /// <summary>Certificates for clients that want TLS; null when none is offered.</summary>
    public TlsServerContext? Tls { get; init; }

    /// <summary>Whether clients without TLS are turned away; Unix sockets count as safe.</summary>
    public bool RequiresTls { get; init; }

    /// <summary>
    /// What is offered to clients when the server offers it as well. Both by default: a client that asks for compression at the
    /// server finds it here.
    /// </summary>
    public Capabilities Compression { get; init; } = CompressionKinds.All;

    /// <summary>
    /// Whether the servers must have an account for the client's own address, not just for Seawall's. On by default:
    /// otherwise a front door next to a server would open root@localhost to the world.
    /// </summary>
    public bool MatchesClientHost { get; init; } = true;

    /// <summary>
    /// Proxies that say ahead of each connection whose it is (the PROXY protocol). Whoever comes from there must say so, and
    /// nobody else may.
    /// </summary>
    public PeerNetworks ProxiesFrom { get; init; } = PeerNetworks.None;
}
