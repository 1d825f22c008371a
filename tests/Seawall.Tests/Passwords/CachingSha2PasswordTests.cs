using CsCheck;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class CachingSha2PasswordTests
{
    [Fact]
    public void The_proof_is_the_known_one_from_the_password_and_from_its_key()
    {
        var proof = new byte[32];

        Assert.Equal(32, CachingSha2Password.WriteProofOfPassword(Known.Tide, Known.Nonce, proof));
        Assert.Equal(Known.Sha2ProofOfTide, proof);

        Array.Clear(proof);
        Assert.Equal(32, CachingSha2Password.WriteProofOfKey(Known.Sha256OfTide, Known.Nonce, proof));
        Assert.Equal(Known.Sha2ProofOfTide, proof);
    }

    [Fact]
    public void What_is_remembered_of_a_password_is_its_hash_twice()
    {
        var key = new byte[32];
        var remembered = new byte[32];
        Assert.Equal(32, CachingSha2Password.WriteKey(Known.Tide, key));
        CachingSha2Password.WriteRemembered(key, remembered);

        Assert.Equal(Known.Sha256OfTide, key);
        Assert.Equal(Known.Sha256OfSha256OfTide, remembered);
    }

    [Fact]
    public void A_right_proof_hands_out_the_key()
    {
        var key = new byte[32];

        Assert.True(
            CachingSha2Password.Verify(Known.Sha2ProofOfTide, Known.Nonce, Known.Sha256OfSha256OfTide, key));
        Assert.Equal(Known.Sha256OfTide, key);
    }

    [Fact]
    public void A_proof_for_another_nonce_is_refused_and_hands_out_nothing()
    {
        var key = Enumerable.Repeat((byte)0xAA, 32).ToArray();

        Assert.False(
            CachingSha2Password.Verify(Known.Sha2ProofOfTide, Known.OtherNonce, Known.Sha256OfSha256OfTide, key));
        Assert.Equal(new byte[32], key);
    }

    [Fact]
    public void Nothing_remembered_admits_nobody()
    {
        var key = new byte[32];

        Assert.False(CachingSha2Password.Verify([], Known.Nonce, [], key));
        Assert.False(CachingSha2Password.Verify(new byte[32], Known.Nonce, [], key));
        Assert.False(CachingSha2Password.Verify([], Known.Nonce, Known.Sha256OfSha256OfTide, key));
    }

    [Fact]
    public void Any_bytes_as_a_proof_are_refused_without_an_exception() =>
        Gen.Byte.Array[0, 64].Sample(proof =>
            !CachingSha2Password.Verify(proof, Known.Nonce, Known.Sha256OfSha256OfTide, new byte[32]));

    [Fact]
    public void A_proof_with_one_bit_changed_is_refused() =>
        Gen.Int[0, 255].Sample(bit =>
        {
            var proof = Known.Sha2ProofOfTide.ToArray();
            proof[bit / 8] ^= (byte)(1 << (bit % 8));
            return !CachingSha2Password.Verify(proof, Known.Nonce, Known.Sha256OfSha256OfTide, new byte[32]);
        });

    [Fact]
    public void The_empty_password_has_no_key_and_no_proof()
    {
        Assert.Equal(0, CachingSha2Password.WriteKey([], new byte[32]));
        Assert.Equal(0, CachingSha2Password.WriteProofOfPassword([], Known.Nonce, new byte[32]));
        Assert.Equal(0, CachingSha2Password.WriteProofOfKey([], Known.Nonce, new byte[32]));
    }

    [Fact]
    public void Verification_allocates_nothing()
    {
        var key = new byte[32];
        Assert.Equal(0, Allocations.Of(() =>
            CachingSha2Password.Verify(Known.Sha2ProofOfTide, Known.Nonce, Known.Sha256OfSha256OfTide, key)));
        Assert.Equal(0, Allocations.Of(() =>
            CachingSha2Password.WriteProofOfKey(Known.Sha256OfTide, Known.Nonce, key)));
    }
}
