using System.Text;
using CsCheck;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class NativePasswordTests
{
    // SELECT PASSWORD('tide') on MariaDB 10.11.19 and MySQL 5.6.24.
    private const string StoredTide = "*9459D320A3B295CAD66BDD3405716CD28FA2E927";

    private static readonly StoredPassword s_tide = Known.Account("mysql_native_password", StoredTide);
    private static readonly StoredPassword s_empty = Known.Account("mysql_native_password", "");

    // SELECT PASSWORD(…) on MariaDB 10.11.19; the third is "long " sixty times.
    [Theory]
    [InlineData("tide", 1, StoredTide)]
    [InlineData("пароль", 1, "*2B4008693C6019E508538174461E05663F283D2E")]
    [InlineData("long ", 60, "*294C2CFAC28F278D0BB3D70FFE7AB3CD792CCB1B")]
    [InlineData("", 1, "")]
    public void The_stored_form_is_the_server_s_own(string word, int times, string stored)
    {
        var password = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(word, times)));

        Assert.Equal(stored, NativePassword.Format(password));
        Assert.True(Known.Account("mysql_native_password", stored).Matches(password));
    }

    [Fact]
    public void The_proof_is_the_known_one_from_the_password_and_from_its_key()
    {
        var proof = new byte[20];

        Assert.Equal(20, NativePassword.WriteProofOfPassword(Known.Tide, Known.Nonce, proof));
        Assert.Equal(Known.NativeProofOfTide, proof);

        Array.Clear(proof);
        Assert.Equal(20, NativePassword.WriteProofOfKey(Known.Sha1OfTide, Known.Nonce, proof));
        Assert.Equal(Known.NativeProofOfTide, proof);
    }

    [Fact]
    public void A_right_proof_hands_out_the_key()
    {
        var key = new byte[20];

        Assert.True(NativePassword.Verify(Known.NativeProofOfTide, Known.Nonce, s_tide, key, out var length));
        Assert.Equal(20, length);
        Assert.Equal(Known.Sha1OfTide, key);
    }

    [Fact]
    public void A_proof_for_another_nonce_is_refused_and_hands_out_nothing()
    {
        var key = Enumerable.Repeat((byte)0xAA, 20).ToArray();

        Assert.False(NativePassword.Verify(Known.NativeProofOfTide, Known.OtherNonce, s_tide, key, out var length));
        Assert.Equal(0, length);
        Assert.Equal(new byte[20], key);
    }

    [Fact]
    public void A_proof_with_one_bit_changed_is_refused() =>
        Gen.Int[0, 159].Sample(bit =>
        {
            var proof = Known.NativeProofOfTide.ToArray();
            proof[bit / 8] ^= (byte)(1 << (bit % 8));
            return !NativePassword.Verify(proof, Known.Nonce, s_tide, new byte[20], out _);
        });

    [Fact]
    public void Any_bytes_as_a_proof_are_refused_without_an_exception() =>
        Gen.Byte.Array[0, 64].Sample(proof =>
            !NativePassword.Verify(proof, Known.Nonce, s_tide, new byte[20], out _)
            && NativePassword.Verify(proof, Known.Nonce, s_empty, new byte[20], out _) == (proof.Length == 0));

    [Fact]
    public void Any_password_proves_itself_and_its_key_proves_it_again() =>
        Gen.Byte.Array[0, 300].Sample(password =>
        {
            var account = Known.Account("", NativePassword.Format(password));
            var proof = new byte[20];
            var key = new byte[20];
            var length = NativePassword.WriteProofOfPassword(password, Known.Nonce, proof);
            if (!NativePassword.Verify(proof.AsSpan(0, length), Known.Nonce, account, key, out var keyLength))
                return false;

            length = NativePassword.WriteProofOfKey(key.AsSpan(0, keyLength), Known.OtherNonce, proof);
            return NativePassword.Verify(proof.AsSpan(0, length), Known.OtherNonce, account, key, out _);
        });

    [Fact]
    public void The_empty_password_has_no_proof_no_key_and_no_hash()
    {
        var room = new byte[20];

        Assert.Equal(0, NativePassword.WriteProofOfPassword([], Known.Nonce, room));
        Assert.Equal(0, NativePassword.WriteProofOfKey([], Known.Nonce, room));
        Assert.True(NativePassword.Verify([], Known.Nonce, s_empty, room, out var length));
        Assert.Equal(0, length);
        Assert.False(NativePassword.Verify([], Known.Nonce, s_tide, room, out _));
        Assert.False(NativePassword.Verify(Known.NativeProofOfTide, Known.Nonce, s_empty, room, out _));
    }

    // MariaDB 10.11.19 refuses 40 characters without a star; lower case is stored as given, and lets in.
    [Theory]
    [InlineData(StoredTide, true)]
    [InlineData("*9459d320a3b295cad66bdd3405716cd28fa2e927", true)]
    [InlineData("9459D320A3B295CAD66BDD3405716CD28FA2E927", false)]
    [InlineData("x9459D320A3B295CAD66BDD3405716CD28FA2E927", false)]
    [InlineData("*9459D320A3B295CAD66BDD3405716CD28FA2E92", false)]
    [InlineData("*9459D320A3B295CAD66BDD3405716CD28FA2E9277", false)]
    [InlineData("*9459D320A3B295CAD66BDD3405716CD28FA2E92G", false)]
    [InlineData("*THISISNOTAVALIDPASSWORDTHATCANBEUSEDHERE", false)]
    [InlineData("invalid", false)]
    [InlineData("", false)]
    public void Only_a_star_and_forty_digits_are_a_stored_hash(string stored, bool valid) =>
        Assert.Equal(valid, NativePassword.TryParse(Encoding.ASCII.GetBytes(stored), new byte[20]));

    [Fact]
    public void Any_bytes_as_a_stored_hash_are_refused_without_an_exception() =>
        Gen.Byte.Array[0, 64].Sample(stored => !NativePassword.TryParse(stored, new byte[20]));

    [Fact]
    public void Verification_allocates_nothing()
    {
        var key = new byte[20];
        Assert.Equal(0, Allocations.Of(() =>
            NativePassword.Verify(Known.NativeProofOfTide, Known.Nonce, s_tide, key, out _)));
        Assert.Equal(0, Allocations.Of(() => NativePassword.WriteProofOfKey(Known.Sha1OfTide, Known.Nonce, key)));

        // The control: the count can be other than zero.
        Assert.Equal(32, Allocations.Of(() => GC.KeepAlive(new byte[8])));
    }
}
