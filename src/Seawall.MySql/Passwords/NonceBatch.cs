using System.Security.Cryptography;

namespace Seawall.MySql.Passwords;

/// <summary>
/// Nonces, cut from a block of random bytes that is refilled when it runs out, so that a storm of logins does not
/// become a storm of calls to the random generator. Belongs to one event loop; it takes no lock.
/// </summary>
/// <remarks>
/// The bytes are 7-bit and never NUL or '$'. Servers choose them so too, and old clients rely on it: they treat the
/// nonce as a string that ends at the first NUL, or decode it as text. 126 values in 20 places leave 139 bits.
/// </remarks>
public sealed class NonceBatch(RandomNumberGenerator random)
{
    // One page: about 200 nonces, so 10,000 logins ask the generator 50 times.
    private const int BlockLength = 4096;

    private readonly byte[] _block = new byte[BlockLength];
    private int _used = BlockLength;

    /// <summary>The nonce of one login.</summary>
    public Nonce Next()
    {
        var nonce = default(Nonce);
        Fill(nonce);
        return nonce;
    }

    /// <summary>Fills a nonce of another length (<see cref="Ed25519Password.NonceLength"/>).</summary>
    public void Fill(Span<byte> nonce)
    {
        var filled = 0;
        while (filled < nonce.Length)
        {
            // Throwing two of 128 values away, instead of mapping them to a neighbour, keeps every value equally
            // likely.
            var value = (byte)(TakeByte() & 0x7F);
            if (value is not (0 or (byte)'$'))
                nonce[filled++] = value;
        }
    }

    private byte TakeByte()
    {
        if (_used == BlockLength)
        {
            random.GetBytes(_block);
            _used = 0;
        }

        return _block[_used++];
    }
}
