using System.Text;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class Sha256CryptTests
{
    // The vectors of https://www.akkadia.org/drepper/SHA-crypt.txt, checked again with `openssl passwd -5` (3.0.19).
    // crypt(3) cuts salts at 16 bytes and raises rounds to 1,000; MySQL has no such texts, so that part is done here by
    // hand.
    [Theory]
    [InlineData("saltstring", 5000, "Hello world!", "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5")]
    [InlineData("saltstringsaltst", 10000, "Hello world!", "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA")]
    [InlineData("toolongsaltstrin", 5000, "This is just a test", "Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5")]
    [InlineData(
        "anotherlongsalts",
        1400,
        "a very much longer text to encrypt.  This one even stretches over morethan one line.",
        "Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1")]
    [InlineData(
        "short",
        77777,
        "we have a short salt string but not a short password",
        "JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/")]
    [InlineData("asaltof16chars..", 123456, "a short string", "gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZKmF/wJvD")]
    [InlineData(
        "roundstoolow", 1000, "the minimum number is still observed", "yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC")]
    public void The_published_vectors_come_out(string salt, int rounds, string password, string digest) =>
        Assert.Equal(digest, Digest(Encoding.ASCII.GetBytes(password), Encoding.ASCII.GetBytes(salt), rounds));

    // An independent implementation in Python, which gives the published vectors and MySQL 5.6.24's own digests as
    // well. The lengths are those where the repetitions of 32 bytes come out even, or do not.
    [Theory]
    [InlineData(1, "OQPhFnaasYNyUf2bsJWbAERZ7gdc6FU7PxhfZrZaH00")]
    [InlineData(31, "zmYMpS8QPgO5qAB0Ng/scEGlXauYzBN0YNKeg2fbct8")]
    [InlineData(32, "Xv4MX0wlrBbYpVXXiEaZTCDhY6TGHvb07qNKxqFrj4C")]
    [InlineData(33, "Xmq8PE.KXygAdGUPWvdXIz1xDs4BNlu0Kbw6k/SOui2")]
    [InlineData(64, "INTIkNtcTUSu3aXGJagTn.iKv/xgaflx/WX27nvRid8")]
    [InlineData(65, "lUOGJ7/5Bl36/gMClrxvk9FkBLC9IeiTSgFGSQtl5A.")]
    [InlineData(255, "5kyHnITM2WiQAy5nB9lOObu56yvfesDHJnBCImn1qP9")]
    [InlineData(256, "RwWWlwg5KH7m.C/YUPsSijb/44Q2ClogK2cJQsQybZ/")]
    public void Passwords_of_every_shape_up_to_256_bytes_come_out_under_a_salt_of_20(int length, string digest)
    {
        var text = string.Concat(Enumerable.Repeat("The tide waits for nobody. ", 10))[..length];
        Assert.Equal(digest, Digest(Encoding.ASCII.GetBytes(text), "seawall-salt-20bytes"u8, 5000));
    }

    [Fact]
    public void A_salt_of_high_bytes_comes_out_too()
    {
        var salt = Enumerable.Range(236, 20).Select(value => (byte)value).ToArray();
        Assert.Equal("MKnctop8n7NcWss3NJwsF48jmE16T35aYfFYilSixp0", Digest(Known.Tide, salt, 5000));
    }

    private static string Digest(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int rounds)
    {
        Span<byte> digest = stackalloc byte[Sha256Crypt.DigestLength];
        Sha256Crypt.WriteDigest(password, salt, rounds, digest);
        return Encoding.ASCII.GetString(digest);
    }
}
