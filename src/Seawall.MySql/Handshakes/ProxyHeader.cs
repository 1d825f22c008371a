using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Seawall.MySql.Handshakes;

/// <summary>How reading a <see cref="ProxyHeader"/> ended.</summary>
public enum ProxyHeaderResult : byte
{
    /// <summary>A whole header.</summary>
    Header,

    /// <summary>What is there may be the beginning of one.</summary>
    Incomplete,

    /// <summary>It is none, or one that makes no sense; there is no use in more bytes.</summary>
    Malformed,
}

/// <summary>
/// What a proxy says ahead of everything else about the connection that it forwards: the PROXY protocol, versions 1 and 2.
/// </summary>
/// <remarks>https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt</remarks>
public readonly record struct ProxyHeader
{
    /// <summary>The longest header of version 1, its end of line among it.</summary>
    public const int TextLengthMax = 107;

    /// <summary>
    /// The longest header that is believed. The format allows 64 KiB; what proxies send beside the addresses is a few
    /// hundred bytes, or a client's certificate.
    /// </summary>
    public const int LengthMax = 8 * 1024;

    private static readonly SearchValues<byte> s_addressBytes = SearchValues.Create("0123456789abcdefABCDEF.:"u8);

    private const int FixedLength = 16;
    private const int Crc32C = 3;

    // The second half of byte 13: local or forwarded; byte 14: family and transport.
    private const byte Local = 0x20;
    private const byte Forwarded = 0x21;
    private const byte Unspecified = 0x00;
    private const byte Tcp4 = 0x11;
    private const byte Tcp6 = 0x21;
    private const byte UnixStream = 0x31;

    private static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    private static ReadOnlySpan<byte> TextBegin => "PROXY "u8;

    /// <summary>How many bytes it takes.</summary>
    public int Length { get; private init; }

    /// <summary>
    /// Whose connection it is; null when the proxy speaks for itself, or does not say: then it is its own connection.
    /// </summary>
    public IPAddress? Source { get; private init; }

    /// <summary>The port of <see cref="Source"/>.</summary>
    public ushort Port { get; private init; }

    /// <summary>Reads the header at the beginning of what a proxy has sent so far.</summary>
    public static ProxyHeaderResult Read(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (Begins(bytes, Signature))
            return ReadBinary(bytes, out header);
        return Begins(bytes, TextBegin) ? ReadText(bytes, out header) : ProxyHeaderResult.Malformed;
    }

    /// <summary>
    /// Writes a header of version 1 or 2 for a connection between two addresses of one family, or, without addresses, one that
    /// speaks for the sender itself. Returns its length; <see cref="TextLengthMax"/> is always enough.
    /// </summary>
    public static int Write(int version, IPEndPoint? source, IPEndPoint? target, Span<byte> into)
    {
        if (source is null || target is null || source.AddressFamily != target.AddressFamily)
            source = target = null;
        if (version == 1)
        {
            var line = source is null ? "PROXY UNKNOWN\r\n"
                : $"PROXY {(source.AddressFamily == AddressFamily.InterNetworkV6 ? "TCP6" : "TCP4")} {source.Address} {target!.Address} "
                    + $"{source.Port} {target.Port}\r\n";
            return System.Text.Encoding.ASCII.GetBytes(line, into);
        }
        Signature.CopyTo(into);
        into[12] = source is null ? Local : Forwarded;
        into[13] = source is null ? Unspecified : source.AddressFamily == AddressFamily.InterNetworkV6 ? Tcp6 : Tcp4;
        var at = FixedLength;
        if (source is not null)
        {
            source.Address.TryWriteBytes(into[at..], out var size);
            target!.Address.TryWriteBytes(into[(at + size)..], out _);
            at += 2 * size;
            BinaryPrimitives.WriteUInt16BigEndian(into[at..], (ushort)source.Port);
            BinaryPrimitives.WriteUInt16BigEndian(into[(at + 2)..], (ushort)target.Port);
            at += 4;
        }
        BinaryPrimitives.WriteUInt16BigEndian(into[14..], (ushort)(at - FixedLength));
        return at;
    }

    // As far as there are bytes: the first wrong one is enough to know.
    private static bool Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> with) =>
        with.StartsWith(bytes[..Math.Min(bytes.Length, with.Length)]);

    private static ProxyHeaderResult ReadBinary(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (bytes.Length < FixedLength)
            return ProxyHeaderResult.Incomplete;
        var length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (bytes[12] is not (Local or Forwarded) || length > LengthMax)
            return ProxyHeaderResult.Malformed;
        if (bytes.Length < length)
            return ProxyHeaderResult.Incomplete;
        header = new() { Length = length };
        if (bytes[12] == Local)
            return ProxyHeaderResult.Header; // A health check of the proxy's own: what follows is to be skipped.
        var body = bytes[FixedLength..length];
        var size = bytes[13] switch
        {
            Unspecified => 0,
            Tcp4 => 12,
            Tcp6 => 36,
            UnixStream => 216,
            _ => int.MaxValue, // Datagrams, or what nobody has invented yet.
        };
        if (body.Length < size || !HasGoodExtras(bytes[..length], FixedLength + size))
            return ProxyHeaderResult.Malformed;
        if (bytes[13] is Tcp4 or Tcp6)
        {
            var half = (size - 4) / 2;
            header = header with
            {
                Source = new IPAddress(body[..half]),
                Port = BinaryPrimitives.ReadUInt16BigEndian(body[(2 * half)..]),
            };
        }
        return ProxyHeaderResult.Header;
    }

    // What follows the addresses is in pieces with a type and a length; of these only the checksum concerns us.
    private static bool HasGoodExtras(ReadOnlySpan<byte> header, int at)
    {
        while (header.Length - at is var left and > 0)
        {
            if (left < 3)
                return false;
            var (type, length) = (header[at], (int)BinaryPrimitives.ReadUInt16BigEndian(header[(at + 1)..]));
            at += 3;
            if (length > header.Length - at)
                return false;
            if (type == Crc32C && (length != 4 || !HasChecksum(header, at)))
                return false;
            at += length;
        }
        return true;
    }

    // Of the whole header, with zeros in the checksum's own place.
    private static bool HasChecksum(ReadOnlySpan<byte> header, int place)
    {
        var sum = uint.MaxValue;
        for (var i = 0; i < header.Length; i++)
            sum = BitOperations.Crc32C(sum, i >= place && i < place + 4 ? (byte)0 : header[i]);
        return ~sum == BinaryPrimitives.ReadUInt32BigEndian(header[place..]);
    }

    private static ProxyHeaderResult ReadText(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        var there = bytes[..Math.Min(bytes.Length, TextLengthMax)];
        var end = there.IndexOf("\r\n"u8);
        if (end < 0)
            return there.Length < TextLengthMax ? ProxyHeaderResult.Incomplete : ProxyHeaderResult.Malformed;
        header = new() { Length = end + 2 };
        var words = there[TextBegin.Length..end];
        if (words.SequenceEqual("UNKNOWN"u8) || words.StartsWith("UNKNOWN "u8))
            return ProxyHeaderResult.Header; // Whatever follows it is to be skipped.
        var word = NextWord(ref words);
        var family = word.SequenceEqual("TCP4"u8) ? AddressFamily.InterNetwork
            : word.SequenceEqual("TCP6"u8) ? AddressFamily.InterNetworkV6 : AddressFamily.Unknown;
        if (!TryAddress(NextWord(ref words), family, out var source) || !TryAddress(NextWord(ref words), family, out _)
            || !TryPort(NextWord(ref words), out var port) || !TryPort(words, out _))
        {
            return ProxyHeaderResult.Malformed;
        }
        header = header with { Source = source, Port = port };
        return ProxyHeaderResult.Header;
    }

    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> words)
    {
        var end = words.IndexOf((byte)' ');
        var word = end < 0 ? words : words[..end];
        words = end < 0 ? default : words[(end + 1)..];
        return word;
    }

    // The library also reads "1", "0x7f.1" and "fe80::1%eth0", which are no addresses here.
    private static bool TryAddress(ReadOnlySpan<byte> text, AddressFamily family, out IPAddress? address)
    {
        address = null;
        if (text.Length is 0 or > 45 || text.ContainsAnyExcept(s_addressBytes))
            return false;
        if (!IPAddress.TryParse(System.Text.Encoding.ASCII.GetString(text), out address) || address.AddressFamily != family)
            return false;
        return family == AddressFamily.InterNetworkV6
            || text.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(address.ToString()));
    }

    private static bool TryPort(ReadOnlySpan<byte> text, out ushort port)
    {
        port = 0;
        return text.Length is > 0 and <= 5 && (text[0] != '0' || text.Length == 1)
            && System.Buffers.Text.Utf8Parser.TryParse(text, out port, out var length) && length == text.Length;
    }
}
