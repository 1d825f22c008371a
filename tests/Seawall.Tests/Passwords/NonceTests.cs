using System.Security.Cryptography;
using CsCheck;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class NonceTests
{
    [Fact]
    public void A_nonce_is_seven_bit_and_holds_no_NUL_and_no_dollar()
    {
        using var random = RandomNumberGenerator.Create();
        var batch = new NonceBatch(random);
        var seen = new HashSet<byte>();
        for (var i = 0; i < 2_000; i++)
        {
            var nonce = batch.Next();
            foreach (var value in nonce.Bytes)
                seen.Add(value);
        }

        // 40,000 draws of 126 values: that one never comes has a chance of 126 × (125/126)^40000, which is nothing.
        Assert.Equal(126, seen.Count);
        Assert.DoesNotContain((byte)0, seen);
        Assert.DoesNotContain((byte)'$', seen);
        Assert.All(seen, value => Assert.True(value < 0x80));
    }

    [Fact]
    public void Ten_thousand_nonces_ask_the_generator_some_fifty_times_and_never_repeat()
    {
        using var random = new CountedRandom();
        var batch = new NonceBatch(random);
        var seen = new HashSet<string>();
        for (var i = 0; i < 10_000; i++)
            Assert.True(seen.Add(Convert.ToHexString(batch.Next().Bytes)));

        Assert.InRange(random.Calls, 49, 52);
    }

    [Fact]
    public void A_nonce_allocates_nothing()
    {
        using var random = RandomNumberGenerator.Create();
        var batch = new NonceBatch(random);
        Assert.Equal(0, Allocations.Of(() => batch.Next()));
    }

    [Fact]
    public void A_batch_fills_the_longer_nonce_of_ed25519_too()
    {
        using var random = RandomNumberGenerator.Create();
        var nonce = new byte[Ed25519Password.NonceLength];
        new NonceBatch(random).Fill(nonce);

        Assert.DoesNotContain((byte)0, nonce);
    }

    [Fact]
    public void What_a_server_sends_is_read_with_and_without_its_NUL()
    {
        var sent = "ABCDEFGHIJKLMNOPQRST\0"u8;

        Assert.True(Nonce.TryRead(sent, out var ended));
        Assert.True(Nonce.TryRead(sent[..20], out var bare));
        Assert.Equal(ended.Bytes, bare.Bytes);
        Assert.Equal(sent[..20], bare.Bytes);
        Assert.False(Nonce.TryRead("ABCDEFGHIJKLMNOPQRSTU"u8, out _));
    }

    [Fact]
    public void Bytes_of_any_other_length_are_no_nonce() =>
        Gen.Byte.Array[0, 64].Sample(bytes =>
            Nonce.TryRead(bytes, out _) == (bytes.Length == 20 || (bytes.Length == 21 && bytes[20] == 0)));

    private sealed class CountedRandom : RandomNumberGenerator
    {
        private readonly RandomNumberGenerator _random = Create();

        public int Calls { get; private set; }

        public override void GetBytes(byte[] data)
        {
            Calls++;
            _random.GetBytes(data);
        }

        protected override void Dispose(bool disposing)
        {
            _random.Dispose();
            base.Dispose(disposing);
        }
    }
}
