using Seawall.Captures.Records;
using Seawall.MySql.Statements;

namespace Seawall.Captures;

/// <summary>
/// Decides what of a text is written: all of it, what it looks like without its values, or nothing. One thread at a time; allocates nothing.
/// </summary>
public sealed class Redactor
{
    private readonly DigestScratch _scratch = new();
    private readonly DigestScratch _other = new();

    /// <summary>
    /// What to write of a text in <paramref name="shown"/>, good until the next call, and the number of its digest, 0 when it has none.
    /// <paramref name="isDialectSure"/> is false for texts of logs, which do not say how their sessions read backslashes.
    /// </summary>
    public TextState Read(
        ReadOnlySpan<byte> text, SqlDialect dialect, bool keepsLiterals, bool isWhole, out ReadOnlySpan<byte> shown, out ulong digest,
        bool isDialectSure = true)
    {
        shown = default;
        digest = 0;
        if (text.IsEmpty)
            return TextState.None;
        // Only of the first of several statements: that one may change how the others are read, and what in them is a value.
        var has = _scratch.TryRead(text, dialect, isCut: true, out digest, out var looks);
        if (SecretWords.MayBeIn(text))
            return TextState.Withheld;
        if (keepsLiterals)
        {
            shown = text;
            return isWhole ? TextState.Kept : TextState.Cut;
        }
        // What ends in the middle of a value may look like something else.
        if (!has || !isWhole || (!isDialectSure && !LooksTheSame(text, dialect, digest)))
        {
            digest = has ? digest : 0;
            return TextState.Withheld;
        }
        shown = looks;
        return TextState.Redacted;
    }

    private bool LooksTheSame(ReadOnlySpan<byte> text, in SqlDialect dialect, ulong digest) =>
        !text.Contains((byte)'\\')
        || (_other.TryRead(text, dialect with { NoBackslashEscapes = !dialect.NoBackslashEscapes }, isCut: true, out var other, out _)
            && other == digest);
}
