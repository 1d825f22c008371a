using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Seawall.Engine.Loops;

/// <summary>Networks, as settings list them: whether somebody comes from one of them is asked for each connection. Immutable.</summary>
public sealed class PeerNetworks
{
    /// <summary>The word for everybody who comes by a Unix socket.</summary>
    private const string UnixWord = "unix";

    private readonly ImmutableArray<Network> _networks;
    private readonly bool _hasUnix;

    private PeerNetworks(ImmutableArray<string> texts, ImmutableArray<Network> networks, bool hasUnix)
    {
        Texts = texts;
        _networks = networks;
        _hasUnix = hasUnix;
    }

    /// <summary>No network at all.</summary>
    public static PeerNetworks None { get; } = new([], [], false);

    /// <summary>As somebody wrote them.</summary>
    public ImmutableArray<string> Texts { get; }

    /// <summary>Whether one of them is everybody.</summary>
    public bool HasEverybody => _networks.Any(network => network.IsEverybody);

    /// <summary>
    /// Reads a list of addresses, networks (<c>10.0.0.0/8</c>) and the word <c>unix</c>; null, with the first text that is
    /// none of them.
    /// </summary>
    public static PeerNetworks? Read(ImmutableArray<string> texts, out string? wrong)
    {
        wrong = null;
        var networks = ImmutableArray.CreateBuilder<Network>();
        foreach (var text in texts)
        {
            if (text == UnixWord)
                continue;
            if (Network.Read(text) is not { } network)
            {
                wrong = text;
                return null;
            }
            networks.Add(network);
        }
        return texts.IsEmpty ? None : new(texts, networks.ToImmutable(), texts.Contains(UnixWord));
    }

    /// <summary>Whether the peer comes from one of them.</summary>
    public bool Contains(PeerAddress peer)
    {
        if (peer.IsUnix)
            return _hasUnix;
        foreach (var network in _networks)
        {
            if ((peer.High & network.HighMask) == network.High && (peer.Low & network.LowMask) == network.Low)
                return true;
        }
        return false;
    }

    // IPv4 in its mapped form, as peers are kept: 32 bits at the end of 128.
    private readonly record struct Network(ulong High, ulong HighMask, ulong Low, ulong LowMask)
    {
        /// <summary>Whether it is all of IPv4 or all of IPv6.</summary>
        internal bool IsEverybody => (HighMask == 0 && LowMask == 0) || (HighMask == ulong.MaxValue && LowMask == ulong.MaxValue << 32);

        internal static Network? Read(string text)
        {
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            var host = slash < 0 ? text : text[..slash];
            if (!IPAddress.TryParse(host, out var address) || host.Contains('%', StringComparison.Ordinal))
                return null;
            var isIPv4 = address.AddressFamily == AddressFamily.InterNetwork;
            if (isIPv4 && address.ToString() != host)
                return null; // "10" and "0x0a.1" are addresses for the library alone.
            var bitsMax = isIPv4 ? 32 : 128;
            var bits = bitsMax;
            if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > bitsMax))
                return null;
            bits += 128 - bitsMax;
            var (high, low) = (MaskOf(bits), MaskOf(bits - 64));
            var peer = PeerAddress.From(address, 0);
            return new(peer.High & high, high, peer.Low & low, low);
        }

        private static ulong MaskOf(int bits) => bits <= 0 ? 0 : bits >= 64 ? ulong.MaxValue : ~(ulong.MaxValue >> bits);
    }
}
