using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Seawall.MySql.Passwords;

/// <summary>The bytes that a server challenges one login with; a proof is worth nothing without them.</summary>
/// <remarks>
/// 20 bytes, sent as 8 and 12 followed by a NUL:
/// MySQL source documentation, <c>page_protocol_connection_phase_packets_protocol_handshake_v10</c>.
/// </remarks>
[InlineArray(Length)]
public struct Nonce
{
    /// <summary>How many bytes a nonce has, without the NUL that follows it on the wire.</summary>
    public const int Length = 20;

    private byte _first;

    /// <summary>The 20 bytes, for writing into a greeting.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Bytes => MemoryMarshal.CreateReadOnlySpan(in _first, Length);

    /// <summary>Reads what a server sent: 20 bytes, or 21 of which the last is NUL, as servers end it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> sent, out Nonce nonce)
    {
        nonce = default;
        if (sent.Length == Length + 1 && sent[Length] == 0)
            sent = sent[..Length];
        if (sent.Length != Length)
            return false;

        sent.CopyTo(nonce);
        return true;
    }
}
