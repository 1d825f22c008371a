using Seawall.MySql.Handshakes;

namespace Seawall.MySql.Compression;

/// <summary>How the packets of a connection are compressed, once it is logged in.</summary>
public enum CompressionKind : byte
{
    /// <summary>Not at all: no frames.</summary>
    None,

    /// <summary>By zlib, which every server and most clients know.</summary>
    Zlib,

    /// <summary>By Zstandard, which MySQL knows since 8.0.18.</summary>
    Zstd,
}

/// <summary>Compression in a handshake.</summary>
public static class CompressionKinds
{
    /// <summary>Both flags of a handshake.</summary>
    public const Capabilities All = Capabilities.Compress | Capabilities.Zstd;

    /// <summary>The flags of what this machine has the libraries for.</summary>
    public static Capabilities Available { get; } =
        FlagOf(CompressionBench.Has(CompressionKind.Zlib) ? CompressionKind.Zlib : CompressionKind.None)
        | FlagOf(CompressionBench.Has(CompressionKind.Zstd) ? CompressionKind.Zstd : CompressionKind.None);

    /// <summary>What two ends have agreed on: of both, servers and clients take zlib.</summary>
    public static CompressionKind AgreedIn(Capabilities agreed) =>
        agreed.HasFlag(Capabilities.Compress) ? CompressionKind.Zlib
        : agreed.HasFlag(Capabilities.Zstd) ? CompressionKind.Zstd : CompressionKind.None;

    /// <summary>The flag that asks for it.</summary>
    public static Capabilities FlagOf(CompressionKind kind) => kind switch
    {
        CompressionKind.None => Capabilities.None,
        CompressionKind.Zlib => Capabilities.Compress,
        CompressionKind.Zstd => Capabilities.Zstd,
    };
}
