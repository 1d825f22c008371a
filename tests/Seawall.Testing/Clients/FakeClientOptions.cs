using Seawall.MySql.Handshakes;

namespace Seawall.Testing.Clients;

/// <summary>Who a <see cref="FakeClient"/> is, and what it can.</summary>
public sealed record FakeClientOptions
{
    /// <summary>What drivers of today can.</summary>
    public const Capabilities Modern =
        Capabilities.ClientMySql | Capabilities.LongFlag | Capabilities.Protocol41 | Capabilities.Transactions
        | Capabilities.SecureConnection | Capabilities.MultiResults | Capabilities.PreparedMultiResults
        | Capabilities.PluginAuth | Capabilities.PluginAuthLengthEncoded | Capabilities.ConnectAttributes
        | Capabilities.SessionTrack | Capabilities.DeprecateEof;

    /// <summary>What drivers of ten years ago could.</summary>
    public const Capabilities Old = Modern & ~(Capabilities.SessionTrack | Capabilities.DeprecateEof);

    /// <summary>Its account.</summary>
    public string User { get; init; } = "app";

    /// <summary>Its password.</summary>
    public string Password { get; init; } = "secret";

    /// <summary>Where it begins.</summary>
    public string? Schema { get; init; }

    /// <summary>Its collation.</summary>
    public byte Collation { get; init; } = 45;

    /// <summary>What it can.</summary>
    public Capabilities Capabilities { get; init; } = Modern;

    /// <summary>The level of zstd that it asks for, when it asks for zstd.</summary>
    public byte ZstdLevel { get; init; } = 3;

    /// <summary>The plugin that it begins with; null: whatever the greeting says.</summary>
    public string? Plugin { get; init; }

    /// <summary>
    /// Whether it sends no proof by a plugin that the nonce was not meant for, as libmysqlclient does not: not in a login
    /// that was greeted with another one, nor at COM_CHANGE_USER.
    /// </summary>
    public bool WaitsForNonce { get; init; }

    /// <summary>Whether it shows its password in clear when it is asked, as drivers do on Unix sockets and under TLS.</summary>
    public bool IsProtected { get; init; }

    /// <summary>Whether it takes what makes no sense without complaint: its server is a hostile one.</summary>
    public bool TakesAnything { get; init; }

    /// <summary>Its attributes.</summary>
    public IReadOnlyList<(string Name, string Value)> Attributes { get; init; } = [];
}
