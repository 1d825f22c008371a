using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class RsaPasswordTests(RsaPasswordTests.Keys keys) : IClassFixture<RsaPasswordTests.Keys>
{
    [Fact]
    public void A_masked_password_is_the_known_one()
    {
        // From an independent implementation in Python.
        var masked = "a password longer than one nonce\0"u8.ToArray();
        ClearPassword.Mask(masked, Known.Nonce);
        Assert.Equal(
            "20623325363530273b2e6b20222028352372273c202c632b2b236726262428294d", Convert.ToHexStringLower(masked));

        ClearPassword.Mask(masked, Known.Nonce);
        Assert.Equal("a password longer than one nonce\0"u8, masked);
    }

    [Fact]
    public void A_clear_password_ends_with_one_NUL()
    {
        var sent = new byte[ClearPassword.LengthMax];
        Assert.True(ClearPassword.TryWrite("tide"u8, sent, out var length));
        Assert.Equal("tide\0"u8, sent.AsSpan(0, length));
        Assert.True(ClearPassword.TryRead("tide\0"u8, out var read));
        Assert.Equal("tide"u8, read);
        Assert.True(ClearPassword.TryRead("\0"u8, out read));
        Assert.True(read.IsEmpty);
        Assert.False(ClearPassword.TryRead("tide"u8, out _));
        Assert.False(ClearPassword.TryRead([], out _));
        Assert.False(ClearPassword.TryRead(new byte[ClearPassword.LengthMax + 1], out _));
        Assert.False(ClearPassword.TryWrite("tide"u8, new byte[4], out _));
        Assert.False(ClearPassword.TryWrite(new byte[257], new byte[300], out _));
        Assert.True(ClearPassword.TryWrite(new byte[256], sent, out _));
    }

    [Fact]
    public void The_public_key_is_PEM_of_the_kind_that_clients_read()
    {
        var text = Encoding.ASCII.GetString(keys.Own.PublicKeyPem);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n-----END PUBLIC KEY-----\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 64));

        using var rsa = RSA.Create();
        rsa.ImportFromPem(text);
        Assert.Equal(2048, rsa.KeySize);
    }

    [Fact]
    public void A_password_comes_through_for_every_length_that_fits()
    {
        // OAEP with SHA-1 leaves 214 of 256 bytes, and one is the NUL.
        for (var length = 0; length <= 256; length += length is > 210 and < 216 ? 1 : 15)
        {
            var password = Enumerable.Range(0, length).Select(i => (byte)(1 + (i % 255))).ToArray();
            var cipher = new byte[256];
            var fits = keys.Public.TryEncrypt(password, Known.Nonce, cipher, out var cipherLength);
            Assert.Equal(length <= 213, fits);
            if (!fits)
                continue;

            Assert.Equal(ServerRsaKey.CipherLength, cipherLength);
            var room = new byte[256];
            Assert.True(keys.Own.TryDecrypt(cipher, Known.Nonce, room, out var roomLength));
            Assert.Equal(password, room[..roomLength]);
        }
    }

    [Fact]
    public void A_cipher_text_of_another_nonce_does_not_yield_the_password()
    {
        var cipher = new byte[256];
        var room = new byte[256];
        Assert.True(keys.Public.TryEncrypt("tide"u8, Known.Nonce, cipher, out _));
        var decrypted = keys.Own.TryDecrypt(cipher, Known.NonceOf("TSRQPONMLKJIHGFEDCBA"), room, out var length);
        Assert.False(decrypted && room.AsSpan(0, length).SequenceEqual("tide"u8));
    }

    [Fact]
    public void A_password_that_does_not_fit_the_room_is_refused()
    {
        var cipher = new byte[256];
        Assert.True(keys.Public.TryEncrypt("tide"u8, Known.Nonce, cipher, out _));
        Assert.False(keys.Own.TryDecrypt(cipher, Known.Nonce, new byte[3], out var length));
        Assert.Equal(0, length);
        Assert.False(keys.Public.TryEncrypt("tide"u8, Known.Nonce, new byte[255], out _));
    }

    [Fact]
    public void Plain_text_without_a_NUL_is_refused()
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(Encoding.ASCII.GetString(keys.Own.PublicKeyPem));
        var plain = "tide"u8.ToArray();
        ClearPassword.Mask(plain, Known.Nonce);
        var cipher = rsa.Encrypt(plain, RSAEncryptionPadding.OaepSHA1);
        Assert.False(keys.Own.TryDecrypt(cipher, Known.Nonce, new byte[256], out _));
    }

    [Fact]
    public void Any_bytes_as_a_cipher_text_are_refused_without_an_exception()
    {
        Gen.Byte.Array[0, 300].Sample(
            cipher => !keys.Own.TryDecrypt(cipher, Known.Nonce, new byte[256], out _), iter: 100);
        Gen.Byte.Array[256].Sample(
            cipher => !keys.Own.TryDecrypt(cipher, Known.Nonce, new byte[256], out _), iter: 100);
    }

    [Fact]
    public void A_key_of_MySQL_itself_is_read()
    {
        // SHOW STATUS LIKE 'Caching_sha2_password_rsa_public_key' of a MySQL 9.7.4 that generated its own.
        Assert.True(PublicKeyOfServer.TryParse(Encoding.ASCII.GetBytes(KeyOfMySql97), out var key));
        using (key)
        {
            var cipher = new byte[key.CipherLength];
            Assert.Equal(256, key.CipherLength);
            Assert.True(key.TryEncrypt("tide"u8, Known.Nonce, cipher, out var length));
            Assert.Equal(256, length);
        }
    }

    [Theory]
    [InlineData(512, false)]
    [InlineData(1024, true)]
    [InlineData(3072, true)]
    public void A_key_that_anyone_can_break_is_refused(int bits, bool taken)
    {
        using var rsa = RSA.Create(bits);
        var pem = Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem());
        var read = PublicKeyOfServer.TryParse(pem, out var key);
        key?.Dispose();
        Assert.Equal(taken, read);
    }

    [Fact]
    public void A_private_key_an_elliptic_key_and_a_huge_text_are_refused()
    {
        using var rsa = RSA.Create(1024);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var padded = "-----BEGIN PUBLIC KEY-----\n" + new string('A', 4096) + "\n-----END PUBLIC KEY-----\n";
        string[] texts =
        [
            rsa.ExportPkcs8PrivateKeyPem(), rsa.ExportRSAPublicKeyPem(), ec.ExportSubjectPublicKeyInfoPem(), padded,
        ];
        foreach (var text in texts)
            Assert.False(PublicKeyOfServer.TryParse(Encoding.ASCII.GetBytes(text), out _));
    }

    [Fact]
    public void A_key_with_an_even_modulus_or_no_exponent_encrypts_nothing()
    {
        foreach (var (last, exponent) in ((byte, byte)[])[(0x2c, 3), (0x2d, 0), (0x2d, 2)])
        {
            // The last byte of the modulus and the exponent stand at the end: … modulus, 02 03, exponent.
            var info = Convert.FromBase64String(string.Concat(KeyOfMySql97.Split('\n')[1..^1]));
            info[^6] = last;
            (info[^3], info[^2], info[^1]) = (0, 0, exponent);
            var pem = Encoding.ASCII.GetBytes(PemEncoding.WriteString("PUBLIC KEY", info));
            Assert.False(
                PublicKeyOfServer.TryParse(pem, out var key)
                && key.TryEncrypt("tide"u8, Known.Nonce, new byte[256], out _));
            key?.Dispose();
        }
    }

    [Fact]
    public void A_key_that_is_cut_short_or_changed_is_refused_or_taken_without_an_exception()
    {
        var pem = Encoding.ASCII.GetBytes(KeyOfMySql97);
        for (var length = 0; length < pem.Length - 1; length++)
            Assert.False(PublicKeyOfServer.TryParse(pem.AsSpan(0, length), out _));

        Gen.Select(Gen.Int[0, pem.Length - 1], Gen.Byte).Sample(
            (at, value) =>
            {
                var changed = pem.ToArray();
                changed[at] = value;
                if (!PublicKeyOfServer.TryParse(changed, out var key))
                    return;
                key.TryEncrypt("tide"u8, Known.Nonce, new byte[1024], out _);
                key.Dispose();
            },
            iter: 2_000);
        Gen.Byte.Array[0, 300].Sample(bytes => !PublicKeyOfServer.TryParse(bytes, out _));
    }

    private const string KeyOfMySql97 = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlLRyaoS633mtukG7CR3Y
        5QOUU+gIaIMZuDePTnIJKrlvk+QqWfx7N59V91SUjTT7p0Gxxuq+l1yc+cJNPiVY
        BzlxznHiLO5nBuPn1LOH+Jbc6Y3cG71l30ZehWLwZ4sFi9t3rHSO4uGNR5/gz9rN
        sU+OFTfZkZgfr4PeBcniiuwQdX0cC+lexJNb5TLDhWAhacCIDkq8s0Mw17FkxrRP
        VSADDFT84Sz/KWmKUXuC9cDDAbTp2O5obtPkqTKr6lwRigmpdMAHwZ8NI5nzRCLU
        cFCAOjWEtup1jy23L3nKEv6z3ZK71q3dFCCkRfpLQjrrEB6r5n48OP2y7/iN+lWd
        LQIDAQAB
        -----END PUBLIC KEY-----
        """;

    public sealed class Keys : IDisposable
    {
        public Keys()
        {
            Own = ServerRsaKey.Generate();
            Public = PublicKeyOfServer.TryParse(Own.PublicKeyPem, out var key)
                ? key
                : throw new InvalidOperationException("Seawall's own key is not read");
        }

        public ServerRsaKey Own { get; }

        public PublicKeyOfServer Public { get; }

        public void Dispose()
        {
            Own.Dispose();
            Public.Dispose();
        }
    }
}
