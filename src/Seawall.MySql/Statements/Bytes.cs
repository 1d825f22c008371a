namespace Seawall.MySql.Statements;

/// <summary>What a byte may begin.</summary>
internal enum ByteClass : byte
{
    /// <summary>Nothing that SQL knows: a control character, a NUL.</summary>
    Odd,

    /// <summary>White space.</summary>
    Space,

    /// <summary>A word.</summary>
    Letter,

    /// <summary>A number, or a word after a dot.</summary>
    Digit,

    /// <summary>A word, or a string of MySQL 9.</summary>
    Dollar,

    /// <summary>Not ASCII.</summary>
    High,

    /// <summary>A string or a quoted name.</summary>
    Quote,

    /// <summary>A comment to the end of the line.</summary>
    Hash,

    /// <summary>Something for which the next byte must be known.</summary>
    Prefix,

    /// <summary>A token by itself.</summary>
    Symbol,
}

/// <summary>What single bytes mean to a lexer.</summary>
internal static class Bytes
{
    /// <summary>A byte that is part of a word in every character set.</summary>
    internal const byte AsciiName = 1;

    /// <summary>A byte that is part of a word where it is one.</summary>
    internal const byte HighName = 2;

    /// <summary>What a byte may begin.</summary>
    internal static ByteClass Class(byte value) => (ByteClass)Classes[value];

    /// <summary>Whether a byte is part of a word, given which kinds count.</summary>
    internal static bool IsName(byte value, byte kinds) => (Names[value] & kinds) != 0;

    /// <summary>A decimal digit.</summary>
    internal static bool IsDigit(byte value) => (uint)(value - '0') <= 9;

    /// <summary>White space, as the servers see ASCII.</summary>
    internal static bool IsSpace(byte value) => value is (byte)' ' or >= 9 and <= 13;

    /// <summary>White space or a control character: what makes a comment of two dashes.</summary>
    internal static bool IsSpaceOrControl(byte value) => value is <= (byte)' ' or 0x7F;

    /// <summary>
    /// Whether there are bytes that begin a character of two bytes, of which the second may be ASCII.
    /// </summary>
    internal static bool HasLeads(ClientCharset charset) =>
        charset is ClientCharset.Gbk or ClientCharset.Big5 or ClientCharset.ShiftJis or ClientCharset.Gb18030;

    /// <summary>Whether a byte that is not ASCII is a letter by itself: half-width katakana.</summary>
    internal static bool IsKana(byte value, ClientCharset charset) =>
        charset == ClientCharset.ShiftJis && value is >= 0xA1 and <= 0xDF;

    /// <summary>Whether a byte begins a character of two bytes, or of four in gb18030.</summary>
    internal static bool IsLead(byte value, ClientCharset charset) => charset switch
    {
        ClientCharset.Gbk or ClientCharset.Gb18030 => value is >= 0x81 and <= 0xFE,
        ClientCharset.Big5 => value is >= 0xA1 and <= 0xF9,
        ClientCharset.ShiftJis => value is >= 0x81 and <= 0x9F or >= 0xE0 and <= 0xFC,
        ClientCharset.Transparent or ClientCharset.SingleByte or ClientCharset.Unreadable => false,
    };

    /// <summary>
    /// Whether a byte ends a character that began with a lead byte. A character of four bytes in gb18030 is taken for
    /// two of two, a lead byte and a digit each, which comes to the same.
    /// </summary>
    internal static bool IsTrail(byte value, ClientCharset charset) => charset switch
    {
        ClientCharset.Gbk => value is >= 0x40 and <= 0x7E or >= 0x80 and <= 0xFE,
        ClientCharset.Gb18030 => value is >= 0x40 and <= 0x7E or >= 0x80 and <= 0xFE or >= 0x30 and <= 0x39,
        ClientCharset.Big5 => value is >= 0x40 and <= 0x7E or >= 0xA1 and <= 0xFE,
        ClientCharset.ShiftJis => value is >= 0x40 and <= 0x7E or >= 0x80 and <= 0xFC,
        ClientCharset.Transparent or ClientCharset.SingleByte or ClientCharset.Unreadable => false,
    };

    private static ReadOnlySpan<byte> Classes => s_classes;

    private static ReadOnlySpan<byte> Names => s_names;

    private static readonly byte[] s_classes = [.. Enumerable.Range(0, 256).Select(value => (byte)ClassOf((byte)value))];

    private static readonly byte[] s_names = [.. Enumerable.Range(0, 256).Select(value => ClassOf((byte)value) switch
    {
        ByteClass.Letter or ByteClass.Digit or ByteClass.Dollar => AsciiName,
        ByteClass.High => HighName,
        _ => (byte)0,
    })];

    private static ByteClass ClassOf(byte value) => (char)value switch
    {
        >= '\x80' => ByteClass.High,
        _ when IsSpace(value) => ByteClass.Space,
        >= 'a' and <= 'z' or >= 'A' and <= 'Z' or '_' => ByteClass.Letter,
        >= '0' and <= '9' => ByteClass.Digit,
        '$' => ByteClass.Dollar,
        '\'' or '"' or '`' => ByteClass.Quote,
        '#' => ByteClass.Hash,
        '-' or '/' or '*' or '@' or ':' or '.' => ByteClass.Prefix,
        < ' ' or '\x7F' => ByteClass.Odd,
        _ => ByteClass.Symbol,
    };
}
