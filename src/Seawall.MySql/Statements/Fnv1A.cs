namespace Seawall.MySql.Statements;

/// <summary>
/// The hash FNV-1a with 64 bits (draft-eastlake-fnv): the same on every machine and in every run, for numbers that people compare and
/// for parts that stay the same. Not against those who choose what is hashed.
/// </summary>
public static class Fnv1A
{
    /// <summary>Where a hash begins.</summary>
    public const ulong Basis = 14695981039346656037;

    private const ulong Prime = 1099511628211;

    /// <summary>The hash after these bytes.</summary>
    public static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
            hash = (hash ^ value) * Prime;
        return hash;
    }

    /// <summary>The hash after a number, taken as one.</summary>
    public static ulong Add(ulong hash, uint number) => (hash ^ number) * Prime;
}
