using System.Runtime.InteropServices;

namespace Seawall.MySql.Passwords;

/// <summary>
/// The few functions of libsodium that Seawall calls, under names of its own: arithmetic on Ed25519's scalars and base
/// point, the check of a signature, and keeping pages out of core dumps and swap.
/// </summary>
/// <remarks>
/// <see href="https://doc.libsodium.org/advanced/point-arithmetic"/>,
/// <see href="https://doc.libsodium.org/memory_management"/>. Lengths are asserted here because C would not.
/// </remarks>
internal static unsafe partial class Sodium
{
    private const string Library = "libsodium";
    private const int ScalarLength = 32;
    private const int WideLength = 64;

    // Chooses the code for this processor; must come before any other call, and may come twice.
    static Sodium()
    {
        if (sodium_init() < 0)
            throw new PlatformNotSupportedException("libsodium refused to start: sodium_init() returned an error");
    }

    /// <summary>A 64-byte number modulo the group's order.</summary>
    public static void ReduceScalar(Span<byte> scalar, ReadOnlySpan<byte> wide)
    {
        Require(scalar.Length >= ScalarLength && wide.Length == WideLength);
        fixed (byte* to = scalar, from = wide)
            crypto_core_ed25519_scalar_reduce(to, from);
    }

    /// <summary>The product of two scalars; the result may overwrite a factor.</summary>
    public static void MultiplyScalars(Span<byte> product, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Require(product.Length >= ScalarLength && left.Length == ScalarLength && right.Length == ScalarLength);
        fixed (byte* to = product, x = left, y = right)
            crypto_core_ed25519_scalar_mul(to, x, y);
    }

    /// <summary>The sum of two scalars.</summary>
    public static void AddScalars(Span<byte> sum, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Require(sum.Length >= ScalarLength && left.Length == ScalarLength && right.Length == ScalarLength);
        fixed (byte* to = sum, x = left, y = right)
            crypto_core_ed25519_scalar_add(to, x, y);
    }

    /// <summary>
    /// The base point times a scalar. The only scalar that fails is zero, which no hash can be made to yield; the point
    /// is then left as zeros, no key at all.
    /// </summary>
    public static void MultiplyBase(Span<byte> point, ReadOnlySpan<byte> scalar)
    {
        Require(point.Length >= ScalarLength && scalar.Length == ScalarLength);
        fixed (byte* to = point, n = scalar)
        {
            if (crypto_scalarmult_ed25519_base_noclamp(to, n) != 0)
                point[..ScalarLength].Clear();
        }
    }

    /// <summary>
    /// Whether a signature is right; stricter than MariaDB about crafted keys and signatures, as RFC 8032 asks.
    /// </summary>
    public static bool VerifySignature(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ReadOnlySpan<byte> key)
    {
        Require(signature.Length == WideLength && key.Length == ScalarLength);
        fixed (byte* s = signature, m = message, k = key)
            return crypto_sign_verify_detached(s, m, (ulong)message.Length, k) == 0;
    }

    /// <summary>
    /// Asks the system to leave whole pages out of core dumps and of swap. It may refuse the second (RLIMIT_MEMLOCK)
    /// and does the first all the same; neither is worth failing for.
    /// </summary>
    public static void KeepPagesPrivate(byte* pages, int length) => _ = sodium_mlock(pages, (nuint)length);

    private static void Require(bool lengthsAreRight)
    {
        if (!lengthsAreRight)
            throw new ArgumentException("a buffer has the wrong length for libsodium");
    }

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    private static partial void crypto_core_ed25519_scalar_reduce(byte* r, byte* s);

    [LibraryImport(Library)]
    private static partial void crypto_core_ed25519_scalar_mul(byte* z, byte* x, byte* y);

    [LibraryImport(Library)]
    private static partial void crypto_core_ed25519_scalar_add(byte* z, byte* x, byte* y);

    [LibraryImport(Library)]
    private static partial int crypto_scalarmult_ed25519_base_noclamp(byte* q, byte* n);

    [LibraryImport(Library)]
    private static partial int crypto_sign_verify_detached(byte* sig, byte* m, ulong mlen, byte* pk);

    [LibraryImport(Library)]
    private static partial int sodium_mlock(byte* addr, nuint len);
}
