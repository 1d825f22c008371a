namespace Seawall.MySql.Statements;

/// <summary>Finds the numbers of digests one after another, for those who need nothing but the number: nothing is allocated.</summary>
public sealed class DigestScratch
{
    private readonly DigestText _text = new(StatementDigest.LengthMax);

    /// <summary>
    /// The number of a text's <see cref="StatementDigest"/>; null when it cannot be told for certain what in the text is a value.
    /// </summary>
    public ulong? HashOf(ReadOnlySpan<byte> text, in SqlDialect dialect, bool isCut = false)
    {
        _text.Clear();
        var scanner = new TokenScanner<DigestReader>(dialect, new DigestReader(_text, isCut));
        scanner.Read(text);
        return scanner.Reader.Finish() is { } digest ? Fnv1A.Add(Fnv1A.Basis, digest.Bytes) : null;
    }

    /// <summary>
    /// Whether a text has a <see cref="StatementDigest"/>, and then its number and its text, which is good until the next call.
    /// </summary>
    public bool TryRead(ReadOnlySpan<byte> text, scoped in SqlDialect dialect, bool isCut, out ulong hash, out ReadOnlySpan<byte> digest)
    {
        var found = HashOf(text, dialect, isCut);
        hash = found ?? 0;
        digest = found is null ? default : _text.Bytes;
        return found is not null;
    }
}
