using System.Net;
using System.Text;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.Tests.Framing;

/// <summary>Headers of the PROXY protocol, from the specification's own examples and from what strangers may send instead.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "0D0A0D0A000D0A515549540A";
    private const string Tcp4Body = "C0000207" + "C6336401" + "A0D1" + "0CEA"; // 192.0.2.7:41169 to 198.51.100.1:3306

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 41169 3306\r\n", "192.0.2.7", 41169)]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255", 65535)]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 0 3306\r\n", "2001:db8::7", 0)]
    [InlineData("PROXY UNKNOWN\r\n", null, 0)]
    [InlineData("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", null, 0)]
    public void A_line_of_version_1_names_the_client(string line, string? source, int port) => Names(Encoding.ASCII.GetBytes(line), source, port);

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 41169\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 41169 3306 1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7  198.51.100.1 41169 3306\r\n")]
    [InlineData("PROXY TCP4 2001:db8::7 2001:db8::1 41169 3306\r\n")]
    [InlineData("PROXY TCP6 192.0.2.7 198.51.100.1 41169 3306\r\n")]
    [InlineData("PROXY TCP4 192.0.2.07 198.51.100.1 41169 3306\r\n")]
    [InlineData("PROXY TCP4 0xC0000207 198.51.100.1 41169 3306\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 fe80::2 41169 3306\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 65536 3306\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 041 3306\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 -1 3306\r\n")]
    [InlineData("PROXY UDP4 192.0.2.7 198.51.100.1 41169 3306\r\n")]
    [InlineData("PROXY UNKNOWNS\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("proxy TCP4 192.0.2.7 198.51.100.1 41169 3306\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 41169 3306                                                                       \r\n")]
    public void What_makes_no_sense_in_version_1_is_malformed(string line) =>
        Assert.Equal(ProxyHeaderResult.Malformed, ProxyHeader.Read(Encoding.ASCII.GetBytes(line), out _));

    [Theory]
    [InlineData("2111000C" + Tcp4Body, "192.0.2.7", 41169)]
    [InlineData("21110018" + Tcp4Body + "040002ABCD" + "EE00040000CEEE", "192.0.2.7", 41169)]
    [InlineData("21210024" + "20010DB8000000000000000000000007" + "20010DB8000000000000000000000001" + "A0D10CEA", "2001:db8::7", 41169)]
    [InlineData("20000000", null, 0)]
    [InlineData("2011000C" + Tcp4Body, null, 0)]
    [InlineData("2000000512345678FF", null, 0)]
    [InlineData("21000000", null, 0)]
    public void A_header_of_version_2_names_the_client(string hex, string? source, int port) => Names(Binary(hex), source, port);

    [Fact]
    public void A_unix_socket_of_the_proxy_is_nobody_elses_address() =>
        Names([.. Binary("213100D8"), .. Encoding.ASCII.GetBytes("/run/a.sock"), .. new byte[205]], null, 0);

    [Theory]
    [InlineData("1111000C" + Tcp4Body)] // version 1
    [InlineData("3111000C" + Tcp4Body)] // version 3
    [InlineData("2211000C" + Tcp4Body)] // no such command
    [InlineData("2112000C" + Tcp4Body)] // datagrams
    [InlineData("2141000C" + Tcp4Body)] // no such family
    [InlineData("2111000B" + "C0000207C6336401A0D10C")] // addresses that are cut
    [InlineData("2111000E" + Tcp4Body + "0400")] // a piece without a length
    [InlineData("21110010" + Tcp4Body + "040002AB")] // a piece that is cut
    [InlineData("21110011" + Tcp4Body + "0300020000")] // a checksum of two bytes
    [InlineData("21112000")] // longer than is believed, which is known before it is there
    public void What_makes_no_sense_in_version_2_is_malformed(string hex) =>
        Assert.Equal(ProxyHeaderResult.Malformed, ProxyHeader.Read(Binary(hex), out _));

    [Fact]
    public void A_checksum_must_be_right_when_there_is_one()
    {
        var bytes = Binary("21110013" + Tcp4Body + "03000400000000");
        // The polynomial bit by bit, as RFC 3720 gives it: the code under test has a table, or the processor's own.
        var sum = uint.MaxValue;
        foreach (var one in bytes)
        {
            sum ^= one;
            for (var bit = 0; bit < 8; bit++)
                sum = (sum & 1) == 1 ? (sum >> 1) ^ 0x82F63B78 : sum >> 1;
        }
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(bytes.Length - 4), ~sum);
        Names(bytes, "192.0.2.7", 41169);

        const int type = 28; // Another type is another piece, and no checksum.
        for (var i = 16; i < bytes.Length; i += i == type - 1 ? 2 : 1)
        {
            bytes[i] ^= 1;
            Assert.NotEqual(ProxyHeaderResult.Header, ProxyHeader.Read(bytes, out _));
            bytes[i] ^= 1;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_is_written_can_be_read(int version)
    {
        var into = new byte[ProxyHeader.TextLengthMax];
        foreach (var (source, target) in ((string, string)[])[("192.0.2.7:1", "198.51.100.1:3306"), ("[2001:db8::7]:65535", "[2001:db8::1]:3306")])
        {
            var from = IPEndPoint.Parse(source);
            Names(into[..ProxyHeader.Write(version, from, IPEndPoint.Parse(target), into)], from.Address.ToString(), from.Port);
        }
        Names(into[..ProxyHeader.Write(version, null, null, into)], null, 0);
    }

    private static void Names(byte[] bytes, string? source, int port)
    {
        for (var there = 0; there < bytes.Length; there++)
            Assert.Equal(ProxyHeaderResult.Incomplete, ProxyHeader.Read(bytes.AsSpan(0, there), out _));
        Assert.Equal(ProxyHeaderResult.Header, ProxyHeader.Read([.. bytes, 1, 2, 3], out var header));
        Assert.Equal((bytes.Length, source, port), (header.Length, header.Source?.ToString(), header.Port));
    }

    private static byte[] Binary(string hex) => Convert.FromHexString(Signature + hex);
}
