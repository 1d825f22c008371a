using System.Runtime.InteropServices;
using System.Text;
using CsCheck;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed unsafe partial class Ed25519PasswordTests
{
    private static readonly byte[] s_counting = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];

    // As MariaDB 10.11.19 sends it; its client refuses a nonce of any other length.
    [Fact]
    public void The_nonce_is_sent_and_read_with_no_byte_more_or_less()
    {
        var nonce = s_counting.Reverse().ToArray(); // Its last byte is 0, as that of one nonce in 256.
        var writer = new PacketWriter().Begin(0);

        AuthSwitchRequest.Write(writer, Ed25519Password.PluginName, nonce);

        Assert.Equal([0xFE, .. "client_ed25519\0"u8, .. nonce], writer.OpenPayload.ToArray());
        Assert.Equal(nonce, AuthSwitchRequest.Read(writer.OpenPayload).Data.ToArray());
    }

    // SELECT ed25519_password(…) on MariaDB 10.11.19; the last is "long " sixty times.
    [Theory]
    [InlineData("secret", 1, "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY")]
    [InlineData("foobar", 1, "qv2mG6HWCuy32Slb5xhV4THStewNz2VINVPbgk+XAJ8")]
    [InlineData("", 1, "4LH+dBF+G5W2CKTyId8xR3SyDqZoQjUNUVNxx8aWbG4")]
    [InlineData("long ", 60, "SfbXQ7vORTlgqyOpD97jEPpbBRVLq6Ec1mpAy8TsDqo")]
    public void The_stored_form_is_the_server_s_own(string word, int times, string stored)
    {
        var password = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(word, times)));

        Assert.Equal(stored, Ed25519Password.Format(password));
        Assert.True(Known.Account("ed25519", stored).Matches(password));
        Assert.False(Known.Account("ed25519", stored).Matches("other"u8));
    }

    // An independent implementation in Python, from RFC 8032; a real MariaDB 10.11.19 let these signatures' code in.
    [Theory]
    [InlineData(
        "foobar",
        1,
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "e83dc93f433f33355649ee23aa7592d61a1123090884f58d3063423a24e4305473febba858a2f93923554feea76a4475"
        + "3887ab2f140e854f0fe57ca0b0648a0e")]
    [InlineData(
        "",
        1,
        null,
        "1e7e2c09c0c0e5f755a202872d95c85c4b14d23a888e9c40a0e9323e1ed28dd4aee4a8197c2d2ca26942bf6496d61c60"
        + "c63661959ab57706eb0bfda05749ad0f")]
    [InlineData(
        "long ",
        60,
        null,
        "625d38d1a8137175497cef327dd7cab396d2d21e2ef96687660931fb84d07b8498593249012a298886832b2a71b9543c"
        + "7aa4a1fa73158e88d0a2cc092cc94204")]
    public void The_signature_is_the_known_one(string word, int times, string? nonce, string signature)
    {
        var password = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(word, times)));
        var written = new byte[64];

        Assert.True(
            Ed25519Password.TrySign(password, nonce is null ? s_counting : Encoding.ASCII.GetBytes(nonce), written));
        Assert.Equal(signature, Convert.ToHexStringLower(written));
    }

    // RFC 8032, 7.1: a password of 32 bytes is a seed, so the keys of the RFC must come out.
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")]
    public void Keys_of_the_RFC_come_out(string seed, string key)
    {
        var written = new byte[32];
        Ed25519Password.WritePublicKey(Convert.FromHexString(seed), written);
        Assert.Equal(key, Convert.ToHexStringLower(written));
    }

    [Fact]
    public void A_password_of_32_bytes_signs_as_the_standard_signs_with_a_seed() =>
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[32]).Sample(
            (seed, nonce) =>
            {
                var (standard, ours) = (new byte[64], new byte[64]);
                var (key, secret) = (new byte[32], new byte[64]);
                fixed (byte* k = key, sk = secret, from = seed, to = standard, message = nonce)
                {
                    _ = crypto_sign_seed_keypair(k, sk, from);
                    _ = crypto_sign_detached(to, null, message, 32, sk);
                }

                return Ed25519Password.TrySign(seed, nonce, ours) && ours.AsSpan().SequenceEqual(standard);
            },
            iter: 500);

    [Fact]
    public void Any_password_signs_what_its_key_verifies() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Byte.Array[32], Gen.Int[0, 511]).Sample(
            (password, nonce, bit) =>
            {
                var account = Known.Account("ed25519", Ed25519Password.Format(password));
                var signature = new byte[64];
                if (!Ed25519Password.TrySign(password, nonce, signature)
                    || !Ed25519Password.Verify(signature, nonce, account))
                    return false;

                signature[bit / 8] ^= (byte)(1 << (bit % 8));
                var refused = !Ed25519Password.Verify(signature, nonce, account);
                signature[bit / 8] ^= (byte)(1 << (bit % 8));
                nonce[bit / 16] ^= 1;
                return refused && !Ed25519Password.Verify(signature, nonce, account);
            },
            iter: 500);

    [Fact]
    public void Any_bytes_as_a_signature_are_refused_without_an_exception()
    {
        var account = Known.Account("ed25519", "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY");
        Gen.Byte.Array[0, 80].Sample(bytes => !Ed25519Password.Verify(bytes, s_counting, account));
        Gen.Byte.Array[64].Sample(bytes => !Ed25519Password.Verify(bytes, s_counting, account));
    }

    [Fact]
    public void A_nonce_of_another_length_is_not_signed()
    {
        var signature = new byte[64];
        for (var length = 0; length <= 64; length++)
            Assert.Equal(length == 32, Ed25519Password.TrySign("secret"u8, new byte[length], signature));
    }

    [Theory]
    [InlineData("ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY=")]
    [InlineData("ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJ")]
    [InlineData("ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4Y=Y")]
    [InlineData("ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJ ")]
    [InlineData("ZIgUREUg5PVgQ6LskhXm_-eZLS0nC8be6HPjYWR4YJY")]
    [InlineData("")]
    public void Text_that_is_no_key_admits_nobody(string stored)
    {
        var account = Known.Account("ed25519", stored);
        Assert.Equal(PasswordKind.Unmatchable, account.Kind);
        Assert.False(account.Matches([]));
        Assert.False(Ed25519Password.Verify(new byte[64], s_counting, account));
    }

    [Fact]
    public void Any_bytes_as_a_stored_key_are_taken_without_an_exception() =>
        Gen.Byte.Array[0, 64].Sample(bytes => Ed25519Password.TryParse(bytes, new byte[32]) || true);

    [LibraryImport("libsodium")]
    private static partial int crypto_sign_seed_keypair(byte* pk, byte* sk, byte* seed);

    [LibraryImport("libsodium")]
    private static partial int crypto_sign_detached(byte* sig, ulong* siglen, byte* m, ulong mlen, byte* sk);
}
