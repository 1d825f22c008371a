using System.Text;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Statements;
using SharpFuzz.Common;

namespace Seawall.Fuzz.Targets;

/// <summary>
/// A text eight times as long must not take more than eight times as many steps. Steps are counted, not timed: each branch that
/// instrumented code takes is one.
/// </summary>
internal static class LexerSteps
{
    private const int Short = 4 * 1024;
    private const int Times = 8;

    // What begins and does not end, nests, or makes a reader look back.
    private static readonly string[] s_patterns =
    [
        "(", "((", "/*", "/*!50000 ", "'", "''", "\\'", "`a`.", "@", "@@", "a.", ",", ";", "--", "-- \n", "#\n", "$$", "$a$",
        "BEGIN ", "CASE WHEN ",
        "IF(", "SET a=", "SET @a=(", "SELECT (SELECT ", "x'", "0x", "1e", ".", "_utf8", "WITH a AS (", "DECLARE ", "END ", "*/",
        "?", "/", "-",
    ];

    /// <summary>Counts; the number of texts.</summary>
    internal static int Run()
    {
        long steps = 0;
        Trace.OnBranch = (_, _) => steps++;
        var dialect = new SqlDialect(false, false, false, 90704, ClientCharset.Transparent);
        var texts = s_patterns.Concat(Seeds.Texts("statements.cases")).ToArray();
        foreach (var text in texts)
        {
            foreach (var itsDialect in (SqlDialect[])[dialect, dialect with { MariaDb = true, Version = 101119 }])
            {
                var few = Count(text, Short, itsDialect);
                var many = Count(text, Short * Times, itsDialect);
                Rule.Holds(many <= few * Times * 3 / 2,
                    $"'{text}' over and over: {few} steps for {Short} bytes, {many} for {Short * Times}");
            }
        }
        return texts.Length;

        long Count(string text, int length, SqlDialect its)
        {
            var bytes = Encoding.UTF8.GetBytes(new StringBuilder().Insert(0, text, (length / text.Length) + 1).ToString());
            steps = 0;
            _ = StatementLexer.Read(bytes.AsSpan(0, length), its);
            return steps;
        }
    }
}
