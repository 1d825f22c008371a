namespace Seawall.MySql.Statements;

/// <summary>
/// How one session writes SQL: everything outside the text that changes where a token ends. The same bytes are a string
/// in one dialect and code in another, so a wrong dialect is a wrong answer, not a slow one.
/// </summary>
/// <param name="AnsiQuotes"><c>sql_mode</c> has ANSI_QUOTES: a double quote opens a name, not a string.</param>
/// <param name="NoBackslashEscapes"><c>sql_mode</c> has NO_BACKSLASH_ESCAPES (also a server status flag).</param>
/// <param name="MariaDb">MariaDB's grammar, built-in functions and comment rules rather than MySQL's.</param>
/// <param name="Version">
/// The server's version as in <c>/*!NNNNN</c>: 50624, 90704, 101119. Zero is "unknown": texts with a versioned comment
/// are then not read at all.
/// </param>
/// <param name="Charset">The kind of <c>character_set_client</c>, see <see cref="CharsetNamed"/>.</param>
public readonly record struct SqlDialect(
    bool AnsiQuotes,
    bool NoBackslashEscapes,
    bool MariaDb,
    int Version,
    ClientCharset Charset)
{
    /// <summary><c>sql_mode</c> has IGNORE_SPACE: white space between some functions and their parenthesis changes nothing.</summary>
    public bool IgnoreSpace { get; init; }

    /// <summary>
    /// The kind of a character set, by its server name in lower case (<c>SHOW CHARACTER SET</c>). A name that is not
    /// known here is <see cref="ClientCharset.Unreadable"/>: it is safer to read nothing than to read it wrongly.
    /// </summary>
    public static ClientCharset CharsetNamed(ReadOnlySpan<byte> name) => name switch
    {
        _ when IsIn(name, "utf8mb4 utf8mb3 utf8 ascii binary ujis eucjpms euckr gb2312"u8) => ClientCharset.Transparent,
        _ when IsIn(name, SingleByteCharsets) => ClientCharset.SingleByte,
        _ when name.SequenceEqual("gbk"u8) => ClientCharset.Gbk,
        _ when name.SequenceEqual("big5"u8) => ClientCharset.Big5,
        _ when IsIn(name, "sjis cp932"u8) => ClientCharset.ShiftJis,
        _ when name.SequenceEqual("gb18030"u8) => ClientCharset.Gb18030,
        _ => ClientCharset.Unreadable,
    };

    private static ReadOnlySpan<byte> SingleByteCharsets =>
        "latin1 latin2 latin5 latin7 greek hebrew cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 koi8r koi8u macce "u8 +
        "macroman keybcs2 armscii8 geostd8 tis620"u8;

    private static bool IsIn(ReadOnlySpan<byte> name, ReadOnlySpan<byte> list)
    {
        foreach (Range word in list.Split((byte)' '))
        {
            if (list[word].SequenceEqual(name))
                return true;
        }
        return false;
    }
}

/// <summary>
/// What a byte of 0x80 or more may be in the client's character set. The servers lex bytes, so only three things
/// matter: whether such a byte may swallow the next one (a backslash, a backtick), may be white space, or is part of a
/// name. From the <c>ctype</c> tables of MySQL 5.7 and MariaDB 10.1.
/// </summary>
public enum ClientCharset : byte
{
    /// <summary>
    /// UTF-8, the EUC sets, ASCII, binary: such bytes never hide an ASCII byte and are parts of names.
    /// </summary>
    Transparent,

    /// <summary>latin1 and its like: such a byte may be a letter, white space (0xA0, 0xFF) or nothing.</summary>
    SingleByte,

    /// <summary>gbk: the second byte may be 0x40-0x7E or 0x80-0xFE.</summary>
    Gbk,

    /// <summary>big5: the second byte may be 0x40-0x7E or 0xA1-0xFE.</summary>
    Big5,

    /// <summary>sjis and cp932: the second byte may be 0x40-0x7E or 0x80-0xFC.</summary>
    ShiftJis,

    /// <summary>gb18030: as gbk, and four-byte characters whose even bytes are digits.</summary>
    Gb18030,

    /// <summary>
    /// Not readable here (swe7 makes letters of brackets, dec8 and hp8 have control characters of their own): every
    /// text may do anything.
    /// </summary>
    Unreadable,
}
