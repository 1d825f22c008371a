using System.Net;
using System.Net.Sockets;

namespace Seawall.Engine.Facts.Accounts;

/// <summary>
/// The host part of an account, as servers match it: <c>%</c> and <c>_</c> as wildcards, an address, a network
/// (<c>198.51.100.0/255.255.255.0</c>, <c>198.51.100.0/24</c>) or a name. Names are compared as they are: nothing is looked up.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/refman/9.1/en/account-names.html and connection-access.html (the order of rows).</remarks>
public static class HostPattern
{
    /// <summary>Whether a host, as a server names it (an address, a name, <c>localhost</c>), falls under the pattern.</summary>
    public static bool Matches(string pattern, string host)
    {
        if (pattern.Contains('/'))
            return IPAddress.TryParse(host, out var address) && IsInNetwork(pattern, address);
        return Like(pattern, host);
    }

    /// <summary>
    /// Whether a client's own address falls under the pattern. <c>localhost</c> means this machine, by whatever way.
    /// </summary>
    public static bool Matches(string pattern, IPAddress address, bool isLocal) =>
        (isLocal && Like(pattern, "localhost")) || Matches(pattern, address.ToString());

    /// <summary>
    /// How servers order rows: the more letters before the first wildcard the earlier, and exact hosts first of all.
    /// Smaller comes first.
    /// </summary>
    public static int Rank(string pattern)
    {
        var wildcard = pattern.AsSpan().IndexOfAny('%', '_');
        if (wildcard >= 0)
            return 2000 - Math.Min(wildcard, 999);
        return pattern.Length == 0 ? 3000 : pattern.Contains('/') ? 500 : 0;
    }

    private static bool IsInNetwork(string pattern, IPAddress address)
    {
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(pattern.AsSpan(0, slash), out var network) || network.AddressFamily != address.AddressFamily)
            return false;
        if (int.TryParse(pattern.AsSpan(slash + 1), out var bits))
        {
            var all = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
            return bits >= 0 && bits <= all && new IPNetwork(Masked(network, bits), bits).Contains(address);
        }
        if (!IPAddress.TryParse(pattern.AsSpan(slash + 1), out var mask) || mask.AddressFamily != address.AddressFamily)
            return false;
        ReadOnlySpan<byte> of = address.GetAddressBytes(), with = mask.GetAddressBytes(), to = network.GetAddressBytes();
        for (var i = 0; i < of.Length; i++)
        {
            if ((of[i] & with[i]) != to[i])
                return false;
        }
        return true;
    }

    // IPNetwork refuses a base address with bits beyond the prefix; servers ignore them.
    private static IPAddress Masked(IPAddress network, int bits)
    {
        var bytes = network.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(bits - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }
        return new IPAddress(bytes);
    }

    private static bool Like(ReadOnlySpan<char> pattern, ReadOnlySpan<char> host)
    {
        int at = 0, star = -1, resume = 0, next = 0;
        while (at < host.Length)
        {
            if (next < pattern.Length && pattern[next] == '%')
            {
                star = next++;
                resume = at;
            }
            else if (next < pattern.Length && (pattern[next] == '_'
                || char.ToLowerInvariant(pattern[next]) == char.ToLowerInvariant(host[at])))
            {
                next++;
                at++;
            }
            else if (star >= 0)
            {
                next = star + 1;
                at = ++resume;
            }
            else
            {
                return false;
            }
        }
        while (next < pattern.Length && pattern[next] == '%')
            next++;
        return next == pattern.Length;
    }
}
