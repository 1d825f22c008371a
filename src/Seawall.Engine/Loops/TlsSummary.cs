namespace Seawall.Engine.Loops;

/// <summary>What the two ends of a TLS connection have agreed on.</summary>
/// <param name="Version">The version, as .NET counts them (<c>SslProtocols</c>); 0: another one.</param>
/// <param name="Cipher">The cipher suite's number in the protocol.</param>
/// <param name="IsResumed">Whether an earlier session was resumed.</param>
public readonly record struct TlsSummary(ushort Version, ushort Cipher, bool IsResumed);
