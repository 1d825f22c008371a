
namespace Seawall.Engine.Flow.Servers;

/// <summary>Why a dial came to nothing.</summary>
internal enum DialFailureKind : byte
{
    /// <summary>Nobody there, or the connection broke.</summary>
    Unreachable,

    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>The server has as many connections as it takes, or as the account may have.</summary>
    TooManyConnections,

    /// <summary>The server does not let the account in.</summary>
    AccessDenied,

    /// <summary>The server does not let this host in.</summary>
    HostRefused,

    /// <summary>Seawall does not know what it would need to log in as this account.</summary>
    NoSecret,

    /// <summary>The server wants a plugin or a way that is not offered here.</summary>
    NotSupported,

    /// <summary>No TLS although it must be, or it failed.</summary>
    Tls,

    /// <summary>What the server said makes no sense.</summary>
    Malformed,

    /// <summary>Not wanted any more when its turn came.</summary>
    Cancelled,
}

/// <summary>Why a dial came to nothing, in words as well.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Text">What happened, on whose side, and which setting matters.</param>
/// <param name="Code">The server's error number, or 0.</param>
internal sealed record DialFailure(DialFailureKind Kind, string Text, ushort Code = 0)
{
    /// <summary>Whether it concerns this account only: others may well succeed, and waiting does not help.</summary>
    internal bool IsAccountsFault =>
        Kind is DialFailureKind.AccessDenied or DialFailureKind.NoSecret or DialFailureKind.NotSupported;

    /// <summary>What an error packet in the course of a login means.</summary>
    internal static DialFailure FromServer(ServerReply error) => new(
        error.Code switch
        {
            1040 or 1203 or 1226 => DialFailureKind.TooManyConnections,
            1129 or 1130 => DialFailureKind.HostRefused,
            1158 or 1159 or 1160 or 1161 or 1053 => DialFailureKind.Unreachable,
            _ => DialFailureKind.AccessDenied,
        },
        $"the server said: {error.Code} ({error.State}) {error.Message}", error.Code);
}
