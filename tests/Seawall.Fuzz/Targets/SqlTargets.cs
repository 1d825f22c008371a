using System.Text;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Statements;

namespace Seawall.Fuzz.Targets;

/// <summary>Texts of statements: whole and in pieces they must mean the same.</summary>
internal static class SqlTargets
{
    private const int Choices = 3;

    private static readonly byte[][] s_words = [.. Words("""
        SELECT SET BEGIN COMMIT ROLLBACK CREATE TEMPORARY TABLE DROP CALL PREPARE EXECUTE LOCK UNLOCK HANDLER XA USE SHOW WARNINGS
        @@session. @@global. @a := = , ; ' " ` \ /* */ /*! /*!50000 /*M! -- # $$ $a$ ( ) . x' b' n' _utf8 0x 1e9 ? DELIMITER
        STATEMENT FOR NAMES CHARACTER TRANSACTION ISOLATION LEVEL LAST_INSERT_ID() GET_LOCK('a',1) ROW_COUNT() INTO OUTFILE EXPLAIN
        ANALYZE WITH VALUES TABLE AS FUNCTION PROCEDURE END IF THEN ELSE RETURN WHILE DO LOOP REPEAT UNTIL CASE DECLARE CURSOR
        """), .. (byte[][])[[0], [0xA0], [0xFF], [0x81, 0x5C], [0x81, 0x27], [0x81, 0x30, 0x81, 0x30], [0xE3, 0x80, 0x80]]];

    internal static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("lexer", ReadPieces, () => [.. Statements(), .. Seeds.Kept("lexer")]) { Words = s_words, ShortRun = 4_000 },
        new("names", ReadNames, () => [.. Statements(), .. Seeds.Kept("names")]) { Words = s_words, ShortRun = 2_000 },
    ];

    private static void ReadPieces(byte[] input)
    {
        if (input.Length < Choices)
            return;
        var dialect = DialectOf(input[0]);
        var text = input.AsSpan(Choices);
        var whole = StatementLexer.Read(text, dialect);
        Rule.Holds(whole.Statements >= 0, "less than no statement");
        var random = new Random((input[1] << 8) | input[2]);
        var lexer = new StatementLexer(dialect);
        while (text.Length > 0)
        {
            var size = random.Next(1, Math.Min(text.Length, 1 << random.Next(1, 8)) + 1);
            lexer.Feed(text[..size]);
            text = text[size..];
        }
        var inPieces = lexer.Finish();
        Rule.Holds(whole == inPieces, $"{dialect}: whole {whole}, in pieces {inPieces}");
    }

    private static void ReadNames(byte[] input)
    {
        if (input.Length < Choices)
            return;
        var dialect = DialectOf(input[0]);
        var text = input.AsSpan(Choices);
        var names = new List<string>();
        var hasNames = StatementNames.TryReadAssigned(text, dialect, names);
        Rule.Holds(!hasNames || names.TrueForAll(name => name.Length > 0), "an assignment to nothing");
        names.Clear();
        _ = StatementNames.TryReadDroppedTables(text, dialect, "shop", names);
        Rule.Holds(!StatementNames.TryReadCreatedTable(text, dialect, "shop", out var table) || table.Length > 0,
            "a table without a name");
        _ = StatementNames.TryReadLock(text, dialect, out _);
        _ = StatementNames.IsReleaseOfAllLocks(text, dialect);
        _ = StatementNames.TryReadHandler(text, dialect, out _);
        _ = StatementNames.TryReadPrepared(text, dialect, out _);
        _ = StatementNames.TryReadBackup(text, dialect, out _);
        _ = StatementNames.IsShowWarnings(text, dialect);
    }

    private static SqlDialect DialectOf(byte choice) => new(
        AnsiQuotes: (choice & 1) != 0,
        NoBackslashEscapes: (choice & 2) != 0,
        MariaDb: (choice & 4) != 0,
        Version: (choice & 8) != 0 ? 0 : (choice & 4) != 0 ? 101119 : (choice & 16) != 0 ? 50624 : 90704,
        Charset: (ClientCharset)((choice >> 5) % 7));

    private static IEnumerable<byte[]> Statements() => Seeds.Texts("statements.cases")
        .Select((line, i) => Seeds.With([(byte)((i * 37) & 0x1F), (byte)i, 1], Encoding.UTF8.GetBytes(line)));

    private static IEnumerable<byte[]> Words(string words) => words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(word => (byte[][])[Encoding.UTF8.GetBytes(word), Encoding.UTF8.GetBytes($" {word} ")]);
}
