using System.Globalization;
using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>
/// What a statement looks like without what it is about: its text with <c>?</c> in place of every value and without comments,
/// and a number that is the same for all statements that look alike, on every machine and in every version.
/// </summary>
/// <param name="Hash">The number: FNV-1a of the text's bytes.</param>
/// <param name="Text">The text; of a long one the first <see cref="LengthMax"/> bytes, and then three dots.</param>
/// <remarks>
/// For the few statements that somebody must find again, not for every one: this allocates. Words without quotes are written in
/// small letters, lists of values are one value, and names of user variables are left out.
/// </remarks>
public sealed record StatementDigest(ulong Hash, string Text)
{
    /// <summary>So much of the text counts; MySQL's own digests look no further either (max_digest_length).</summary>
    public const int LengthMax = 1024;

    /// <summary>The number as people write it: 16 hexadecimal digits.</summary>
    public string Id => Hash.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>
    /// The digest of a text; null when it cannot be told for certain what in it is a value. <paramref name="isCut"/>: only of
    /// its first statement, because that one may change how the rest is read.
    /// </summary>
    public static StatementDigest? Of(ReadOnlySpan<byte> text, in SqlDialect dialect, bool isCut = false)
    {
        var scanner = new TokenScanner<DigestReader>(dialect, new DigestReader(new DigestText(LengthMax), isCut));
        scanner.Read(text);
        return scanner.Reader.Finish() is { } digest ? Of(digest) : null;
    }

    private static StatementDigest Of(DigestText digest)
    {
        var bytes = digest.Bytes;
        var text = Encoding.UTF8.GetString(bytes);
        return new StatementDigest(Fnv1A.Add(Fnv1A.Basis, bytes), digest.IsFull ? text + "..." : text);
    }
}
