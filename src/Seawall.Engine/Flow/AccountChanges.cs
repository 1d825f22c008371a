using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// A client may change accounts, by what its text shows: whoever logs in behind it sees them as they are then, as at a server. The
/// watch would see it as well, but only after a second, and a server connection of the account of before has its privileges.
/// </summary>
internal static class AccountChanges
{
    // Beyond it a text is rather data than names of accounts; who hides one there is seen by the watch.
    private const int LengthMax = 4_096;

    /// <summary>Whether accounts may be others when the statement has ended.</summary>
    internal static bool MayBe(Statement statement)
    {
        if (statement.Kind is not (CommandKind.Query or CommandKind.StatementExecute))
            return false;
        if ((statement.Facts.Traits & StatementTraits.SetsPassword) != 0 || statement.Facts.Kind == StatementKind.Grant)
            return true;
        if ((statement.Facts.Traits & StatementTraits.ImplicitCommit) == 0)
            return false;
        if (statement.Facts.Statements == 1 && statement.Facts.Kind is not (StatementKind.Create or StatementKind.Alter or StatementKind.Drop
            or StatementKind.Rename or StatementKind.Flush or StatementKind.Set))
        {
            return false;
        }
        var text = StatementText.Of(statement);
        return !text.IsMissing && Names(text.Bytes[..Math.Min(text.Bytes.Length, LengthMax)]);
    }

    // Any word that begins like one of these: one too many costs the next login a look, one too few its truth.
    private static bool Names(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if ((i > 0 && char.IsAsciiLetterOrDigit((char)text[i - 1])) || !char.IsAsciiLetter((char)text[i]))
                continue;
            var rest = text[i..];
            if (Begins(rest, "user"u8) || Begins(rest, "role"u8) || Begins(rest, "privileges"u8) || Begins(rest, "grant"u8)
                || Begins(rest, "revoke"u8) || Begins(rest, "password"u8))
            {
                return true;
            }
        }
        return false;
    }

    private static bool Begins(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);
}
