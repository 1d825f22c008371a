using System.Text;
using Seawall.MySql.Statements;

namespace Seawall.Tests.Statements;

/// <summary>The dialects that the tests speak.</summary>
internal static class Dialects
{
    public static readonly SqlDialect MySql97 = new(false, false, false, 90704, ClientCharset.Transparent);
    public static readonly SqlDialect MySql84 = new(false, false, false, 80406, ClientCharset.Transparent);
    public static readonly SqlDialect MySql57 = new(false, false, false, 50744, ClientCharset.Transparent);
    public static readonly SqlDialect MySql56 = new(false, false, false, 50624, ClientCharset.Transparent);
    public static readonly SqlDialect MariaDb = new(false, false, true, 101119, ClientCharset.Transparent);

    public static SqlDialect Named(string name) => name switch
    {
        "9.7" => MySql97,
        "8.4" => MySql84,
        "5.7" => MySql57,
        "5.6" => MySql56,
        "maria" => MariaDb,
        "unknown" => MySql97 with { Version = 0 },
        "ansi" => MariaDb with { AnsiQuotes = true },
        "plain" => MySql97 with { NoBackslashEscapes = true },
        "latin1" => MySql97 with { Charset = ClientCharset.SingleByte },
        "gbk" => MariaDb with { Charset = ClientCharset.Gbk },
        "big5" => MySql97 with { Charset = ClientCharset.Big5 },
        "sjis" => MySql56 with { Charset = ClientCharset.ShiftJis },
        "gb18030" => MySql97 with { Charset = ClientCharset.Gb18030 },
        "swe7" => MySql97 with { Charset = ClientCharset.Unreadable },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    public static StatementFacts Read(string text, SqlDialect dialect) =>
        StatementLexer.Read(Encoding.UTF8.GetBytes(text), dialect);

    public static StatementFacts ReadInPieces(ReadOnlySpan<byte> text, SqlDialect dialect, params ReadOnlySpan<int> cuts)
    {
        var lexer = new StatementLexer(dialect);
        var from = 0;
        foreach (var cut in cuts)
        {
            lexer.Feed(text[from..cut]);
            from = cut;
        }
        lexer.Feed(text[from..]);
        return lexer.Finish();
    }
}
