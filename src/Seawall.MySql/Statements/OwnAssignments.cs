using System.Buffers.Text;
using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>What a SET of Seawall's own variables says.</summary>
public enum OwnSet : byte
{
    /// <summary>It sets none of them first: the statement is the server's.</summary>
    None,

    /// <summary>It sets them, and nothing else.</summary>
    Valid,

    /// <summary>It sets them in a way that is not understood.</summary>
    Invalid,
}

/// <summary>
/// <c>SET @seawall_priority = 'low', @seawall_deadline_ms = 300, @seawall_freshness = 'any', @seawall_min_gtid = '0-1-42'</c>:
/// what a session says of all its statements to come. User variables to
/// whoever writes them, so that every driver can; no server hears of them.
/// </summary>
public readonly ref struct OwnAssignments
{
    /// <summary>The longest time that may be set, in milliseconds: an hour.</summary>
    public const int DeadlineMsMax = 60 * 60 * 1000;

    private static ReadOnlySpan<byte> Prefix => "@seawall_"u8;

    private static ReadOnlySpan<byte> Blanks => " \t\r\n\f\v"u8;

    private OwnAssignments(ReadOnlySpan<byte> text, bool mayHaveParameters)
    {
        var parameters = 0;
        text = SkipComments(text);
        if (!TakeWord(ref text, "set"u8) || !StartsWith(text = SkipComments(text), Prefix))
            return;
        Kind = OwnSet.Invalid;
        do
        {
            text = text.TrimStart(Blanks);
            if (TakeWord(ref text, "@seawall_priority"u8))
            {
                if (!TakeEquals(ref text) || !TakeValue(ref text, out var value, mayHaveParameters, ref parameters))
                    return;
                SetsPriority = true;
                Priority = value;
            }
            else if (TakeWord(ref text, "@seawall_freshness"u8))
            {
                if (!TakeEquals(ref text) || !TakeValue(ref text, out var value, mayHaveParameters, ref parameters))
                    return;
                SetsFreshness = true;
                Freshness = value;
            }
            else if (TakeWord(ref text, "@seawall_min_gtid"u8))
            {
                if (!TakeEquals(ref text) || !TakeValue(ref text, out var value, mayHaveParameters, ref parameters))
                    return;
                SetsMinGtid = true;
                MinGtid = value;
            }
            else if (TakeWord(ref text, "@seawall_deadline_ms"u8))
            {
                if (!TakeEquals(ref text) || !TakeValue(ref text, out var value, mayHaveParameters, ref parameters) || !TryReadDeadline(value, out var ms))
                    return;
                SetsDeadline = true;
                DeadlineMs = ms;
            }
            else
            {
                return;
            }
            text = text.TrimStart(Blanks);
        }
        while (Take(ref text, (byte)','));
        text = text.TrimStart(" \t\r\n\f\v;"u8);
        if (SkipComments(text).IsEmpty)
            (Kind, Parameters) = (OwnSet.Valid, parameters);
    }

    /// <summary>Whether it is one.</summary>
    public OwnSet Kind { get; }

    /// <summary>Whether it says how much the statements matter.</summary>
    public bool SetsPriority { get; }

    /// <summary>How much they do; nothing for NULL or the empty text, which take it back.</summary>
    public ReadOnlySpan<byte> Priority { get; }

    /// <summary>Whether it says what a replica must have to answer them.</summary>
    public bool SetsFreshness { get; }

    /// <summary>What it must have; nothing for NULL or the empty text, which take it back.</summary>
    public ReadOnlySpan<byte> Freshness { get; }

    /// <summary>Whether it says which transactions whoever answers them must have.</summary>
    public bool SetsMinGtid { get; }

    /// <summary>Which, as their servers write them; nothing for NULL or the empty text, which take it back.</summary>
    public ReadOnlySpan<byte> MinGtid { get; }

    /// <summary>Whether it says how long they may wait.</summary>
    public bool SetsDeadline { get; }

    /// <summary>How long they may, in milliseconds; 0 takes it back.</summary>
    public int DeadlineMs { get; }

    /// <summary>How many values are to come with its executions.</summary>
    public int Parameters { get; }

    /// <summary>Reads a statement's text.</summary>
    public static OwnAssignments Read(ReadOnlySpan<byte> text) => new(text, mayHaveParameters: false);

    /// <summary>Reads the text of a statement that is prepared: some of its values may be parameters.</summary>
    public static OwnAssignments ReadPrepared(ReadOnlySpan<byte> text) => new(text, mayHaveParameters: true);

    /// <summary>
    /// The first parameter of a text that <see cref="ReadPrepared"/> has understood: where it is; -1 when there is none.
    /// </summary>
    public static int FindParameter(ReadOnlySpan<byte> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == (byte)'?')
                return at;
            var rest = text[(at + 1)..];
            if (text[at] is (byte)'\'' or (byte)'"')
                at += 1 + Math.Max(rest.IndexOf(text[at]), 0);
            else if (text[at] == (byte)'/' && rest is [(byte)'*', ..])
                at += 2 + Math.Max(rest.IndexOf("*/"u8), 0);
        }
        return -1;
    }

    /// <summary>A time to wait, in milliseconds; false when it is none.</summary>
    public static bool TryReadDeadline(ReadOnlySpan<byte> value, out int ms)
    {
        ms = 0;
        return value.IsEmpty
            || (Utf8Parser.TryParse(value, out ms, out var used) && used == value.Length && ms is >= 0 and <= DeadlineMsMax);
    }

    internal static ReadOnlySpan<byte> SkipComments(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            text = text.TrimStart(Blanks);
            // What is in a conditional comment is code.
            if (text is not [(byte)'/', (byte)'*', not ((byte)'!' or (byte)'M'), ..] || text[2..].IndexOf("*/"u8) is not (>= 0 and var end))
                return text;
            text = text[(2 + end + 2)..];
        }
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);

    // A whole word: what follows does not belong to it.
    internal static bool TakeWord(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        if (!StartsWith(text, word) || (text.Length > word.Length && Bytes.IsName(text[word.Length], Bytes.AsciiName | Bytes.HighName)))
            return false;
        text = text[word.Length..];
        return true;
    }

    private static bool Take(ref ReadOnlySpan<byte> text, byte sign)
    {
        if (text.IsEmpty || text[0] != sign)
            return false;
        text = text[1..];
        return true;
    }

    private static bool TakeEquals(ref ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(Blanks);
        if (text.StartsWith(":="u8))
            text = text[1..];
        var isThere = Take(ref text, (byte)'=');
        text = text.TrimStart(Blanks);
        return isThere;
    }

    private static bool TakeValue(scoped ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> value, bool mayBeParameter, scoped ref int parameters)
    {
        value = default;
        if (!mayBeParameter || !Take(ref text, (byte)'?'))
            return TakeValue(ref text, out value);
        parameters++;
        return true;
    }

    // A text without anything that would have to be decoded, a number, or NULL.
    private static bool TakeValue(scoped ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (TakeWord(ref text, "null"u8))
            return true;
        if (text is [(byte)'\'' or (byte)'"', ..])
        {
            var quote = text[0];
            var end = text[1..].IndexOf(quote);
            if (end < 0 || text.Slice(1, end).Contains((byte)'\\') || (end + 2 < text.Length && text[end + 2] == quote))
                return false;
            value = text.Slice(1, end);
            text = text[(end + 2)..];
            return true;
        }
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        value = digits < 0 ? text : text[..digits];
        text = text[value.Length..];
        return !value.IsEmpty;
    }
}
