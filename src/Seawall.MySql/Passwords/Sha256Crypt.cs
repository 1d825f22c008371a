using System.Security.Cryptography;

namespace Seawall.MySql.Passwords;

/// <summary>
/// SHA256-crypt, the algorithm of crypt(3)'s <c>$5$</c>, slow on purpose: run it off the event loop. MySQL differs from
/// crypt(3) in one thing, the salt has 20 bytes instead of up to 16.
/// </summary>
/// <remarks>
/// Written from Ulrich Drepper's specification, which is in the public domain:
/// <see href="https://www.akkadia.org/drepper/SHA-crypt.txt"/>. The names A, B, DP, DS, P and S are the
/// specification's.
/// </remarks>
public static class Sha256Crypt
{
    /// <summary>Length of the digest as text, in crypt(3)'s own base 64: 32 bytes make 43 characters.</summary>
    public const int DigestLength = 43;

    /// <summary>The longest salt that MySQL uses (CRYPT_SALT_LENGTH in MySQL's crypt_genhash_impl.h).</summary>
    public const int SaltLengthMax = 20;

    private const int HashLength = SHA256.HashSizeInBytes;

    // What one round hashes at most: P, S, P and the last round's digest.
    private const int RoundLengthMax = (2 * CachingSha2Password.PasswordLengthMax) + SaltLengthMax + HashLength;

    private static ReadOnlySpan<byte> Alphabet => "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    /// <summary>
    /// Writes the digest of a password of up to <see cref="CachingSha2Password.PasswordLengthMax"/> bytes under a salt
    /// of up to <see cref="SaltLengthMax"/>. The work grows with the rounds and, a little, with the password.
    /// </summary>
    public static void WriteDigest(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int rounds, Span<byte> digest)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(password.Length, CachingSha2Password.PasswordLengthMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(salt.Length, SaltLengthMax);

        Span<byte> hash = stackalloc byte[HashLength];
        Span<byte> p = stackalloc byte[password.Length];
        Span<byte> s = stackalloc byte[salt.Length];
        using (var hasher = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            WriteA(hasher, password, salt, hash);
            WriteP(hasher, password, p);
            WriteS(hasher, salt, 16 + hash[0], s);
            Stretch(hasher, hash, p, s, rounds);
        }

        Encode(hash, digest);
        CryptographicOperations.ZeroMemory(hash);
        CryptographicOperations.ZeroMemory(p);
    }

    // Steps 1 to 12: the password, the salt and B, woven together by the bits of the password's length.
    private static void WriteA(
        IncrementalHash hasher, ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, Span<byte> a)
    {
        Span<byte> b = stackalloc byte[HashLength];
        hasher.AppendData(password);
        hasher.AppendData(salt);
        hasher.AppendData(password);
        hasher.GetHashAndReset(b);

        hasher.AppendData(password);
        hasher.AppendData(salt);
        for (var left = password.Length; left > 0; left -= HashLength)
            hasher.AppendData(b[..Math.Min(left, HashLength)]);
        for (var bits = password.Length; bits > 0; bits >>= 1)
            hasher.AppendData((bits & 1) != 0 ? b : password);
        hasher.GetHashAndReset(a);
        CryptographicOperations.ZeroMemory(b);
    }

    // Steps 13 to 16: DP, the password hashed as many times as it has bytes, repeated to the password's length.
    private static void WriteP(IncrementalHash hasher, ReadOnlySpan<byte> password, Span<byte> p)
    {
        Span<byte> dp = stackalloc byte[HashLength];
        for (var i = 0; i < password.Length; i++)
            hasher.AppendData(password);
        hasher.GetHashAndReset(dp);
        Repeat(dp, p);
        CryptographicOperations.ZeroMemory(dp);
    }

    // Steps 17 to 20: DS, the salt hashed 16 times and as often again as A's first byte says, repeated to the salt's
    // length.
    private static void WriteS(IncrementalHash hasher, ReadOnlySpan<byte> salt, int times, Span<byte> s)
    {
        Span<byte> ds = stackalloc byte[HashLength];
        for (var i = 0; i < times; i++)
            hasher.AppendData(salt);
        hasher.GetHashAndReset(ds);
        Repeat(ds, s);
    }

    // Step 21: the rounds. Each builds its message first, because appends are calls into the system's library; and the
    // hasher is one for all rounds, because the library's one-shot call sets one up each time.
    private static void Stretch(
        IncrementalHash hasher, Span<byte> hash, ReadOnlySpan<byte> p, ReadOnlySpan<byte> s, int rounds)
    {
        Span<byte> message = stackalloc byte[RoundLengthMax];
        for (var round = 0; round < rounds; round++)
        {
            var odd = (round & 1) != 0;
            var length = Append(message, 0, odd ? p : hash);
            if (round % 3 != 0)
                length = Append(message, length, s);
            if (round % 7 != 0)
                length = Append(message, length, p);
            length = Append(message, length, odd ? hash : p);
            hasher.AppendData(message[..length]);
            hasher.GetHashAndReset(hash);
        }

        CryptographicOperations.ZeroMemory(message);
    }

    private static int Append(Span<byte> message, int length, ReadOnlySpan<byte> part)
    {
        part.CopyTo(message[length..]);
        return length + part.Length;
    }

    private static void Repeat(ReadOnlySpan<byte> hash, Span<byte> to)
    {
        for (; to.Length > HashLength; to = to[HashLength..])
            hash.CopyTo(to);
        hash[..to.Length].CopyTo(to);
    }

    // Step 22: three bytes make four characters, lowest six bits first. The specification's table of bytes is a
    // rotation: (0, 10, 20), (21, 1, 11), (12, 22, 2), … to (9, 19, 29); bytes 31 and 30 make the last three
    // characters.
    private static void Encode(ReadOnlySpan<byte> hash, Span<byte> digest)
    {
        var (first, second, third) = (0, 10, 20);
        for (var at = 0; at < 40; at += 4)
        {
            Encode((hash[first] << 16) | (hash[second] << 8) | hash[third], digest.Slice(at, 4));
            (first, second, third) = (third + 1, first + 1, second + 1);
        }

        Encode((hash[31] << 8) | hash[30], digest.Slice(40, 3));
    }

    private static void Encode(int bits, Span<byte> digits)
    {
        for (var i = 0; i < digits.Length; i++, bits >>= 6)
            digits[i] = Alphabet[bits & 0x3F];
    }
}
