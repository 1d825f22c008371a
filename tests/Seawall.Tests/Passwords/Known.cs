using System.Text;
using Seawall.MySql.Passwords;

namespace Seawall.Tests.Passwords;

/// <summary>
/// A nonce and a password that several tests share, with values from an independent implementation (Python).
/// </summary>
internal static class Known
{
    public static Nonce Nonce { get; } = NonceOf("ABCDEFGHIJKLMNOPQRST");

    public static Nonce OtherNonce { get; } = NonceOf("ABCDEFGHIJKLMNOPQRSU");

    public static byte[] Tide { get; } = "tide"u8.ToArray();

    public static byte[] Sha1OfTide { get; } = Convert.FromHexString("17c772d62d6f108c21dedfe0d2ae7f495a8598fa");

    public static byte[] NativeProofOfTide { get; } = Convert.FromHexString("e6ea62bac2670bd7cb57987753ecfd46e3ff873d");

    public static byte[] Sha256OfTide { get; } =
        Convert.FromHexString("8a28929ac7f9a17e97a421ac2cd63ac73568ebe87bc0cee641a193d91c761577");

    public static byte[] Sha256OfSha256OfTide { get; } =
        Convert.FromHexString("ff1e79b68455487d5963f1ecf9a9587e752c27557b2f4cff74f5e7650c15d0ab");

    public static byte[] Sha2ProofOfTide { get; } =
        Convert.FromHexString("f5ef5de5bc3ee363fcb67ebac5612eda50b224efbe347f20f76480b600abaa6a");

    public static Nonce NonceOf(string text) =>
        Nonce.TryRead(Encoding.ASCII.GetBytes(text), out var nonce) ? nonce : throw new ArgumentException(text);

    public static StoredPassword Account(string plugin, string stored) =>
        StoredPassword.Read(Encoding.UTF8.GetBytes(plugin), Encoding.UTF8.GetBytes(stored));
}
