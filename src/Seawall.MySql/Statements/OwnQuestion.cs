using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>What somebody asks Seawall itself.</summary>
public enum OwnQuestionKind : byte
{
    /// <summary>Nothing: the statement is a server's.</summary>
    None,

    /// <summary><c>SELECT @@seawall_gtid</c>: what the session has seen and written.</summary>
    Token,

    /// <summary><c>SHOW LAST ROUTE</c>: where its last statement went.</summary>
    LastRoute,
}

/// <summary>Reads questions that Seawall answers itself. What has anything else in it is a server's.</summary>
public readonly ref struct OwnQuestion
{
    /// <summary>Longer ones are not looked at: with a comment in front and behind they have some hundred bytes.</summary>
    public const int LengthMax = 2 * StatementTags.LengthMax;

    private OwnQuestion(ReadOnlySpan<byte> text)
    {
        text = OwnAssignments.SkipComments(text);
        if (OwnAssignments.TakeWord(ref text, "show"u8))
        {
            if (TakeNext(ref text, "last"u8) && TakeNext(ref text, "route"u8) && IsEnd(text))
                Kind = OwnQuestionKind.LastRoute;
            return;
        }
        if (!OwnAssignments.TakeWord(ref text, "select"u8) || !(text = OwnAssignments.SkipComments(text)).StartsWith("@@"u8))
            return;
        var name = text;
        text = text[2..];
        if (OwnAssignments.TakeWord(ref text, "session"u8) || OwnAssignments.TakeWord(ref text, "local"u8))
        {
            if (text is not [(byte)'.', ..])
                return;
            text = text[1..];
        }
        if (!OwnAssignments.TakeWord(ref text, "seawall_gtid"u8))
            return;
        name = name[..^text.Length];
        text = OwnAssignments.SkipComments(text);
        var hasAs = OwnAssignments.TakeWord(ref text, "as"u8);
        if (hasAs)
            text = OwnAssignments.SkipComments(text);
        if (TakeAlias(ref text, out var alias))
            name = alias;
        else if (hasAs)
            return;
        if (!IsEnd(text))
            return;
        Kind = OwnQuestionKind.Token;
        Name = name;
    }

    /// <summary>What it asks.</summary>
    public OwnQuestionKind Kind { get; }

    /// <summary>What its column is called.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Reads a statement's text.</summary>
    public static OwnQuestion Read(ReadOnlySpan<byte> text) => text.Length > LengthMax ? default : new(text);

    private static bool TakeNext(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        text = OwnAssignments.SkipComments(text);
        return OwnAssignments.TakeWord(ref text, word);
    }

    private static bool TakeAlias(scoped ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> alias)
    {
        alias = default;
        if (text is [(byte)'`' or (byte)'\'' or (byte)'"', ..])
        {
            var end = text[1..].IndexOf(text[0]);
            if (end <= 0 || text.Slice(1, end).Contains((byte)'\\'))
                return false;
            alias = text.Slice(1, end);
            text = text[(end + 2)..];
            return true;
        }
        var length = 0;
        while (length < text.Length && Bytes.IsName(text[length], Bytes.AsciiName | Bytes.HighName))
            length++;
        if (length == 0 || Ascii.EqualsIgnoreCase(text[..length], "from"u8) || Ascii.EqualsIgnoreCase(text[..length], "into"u8)
            || Ascii.EqualsIgnoreCase(text[..length], "limit"u8) || Ascii.EqualsIgnoreCase(text[..length], "where"u8))
        {
            return false;
        }
        alias = text[..length];
        text = text[length..];
        return true;
    }

    private static bool IsEnd(ReadOnlySpan<byte> text) =>
        OwnAssignments.SkipComments(OwnAssignments.SkipComments(text).TrimStart(" \t\r\n\f\v;"u8)).IsEmpty;
}
