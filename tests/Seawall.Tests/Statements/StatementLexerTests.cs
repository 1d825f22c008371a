using System.Text;
using CsCheck;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>What texts do to their session, and that it does not matter how they come.</summary>
public sealed class StatementLexerTests
{
    private static readonly string[] s_tables =
        [Tables.Verbs, Tables.Versions, Tables.Traits, Tables.Assignments, Tables.Comments, Tables.Dialect];

    public static TheoryData<string, string> Verbs => SqlCase.Lines(Tables.Verbs);

    public static TheoryData<string, string> Versions => SqlCase.Lines(Tables.Versions);

    public static TheoryData<string, string> Traits => SqlCase.Lines(Tables.Traits);

    public static TheoryData<string, string> Assignments => SqlCase.Lines(Tables.Assignments);

    public static TheoryData<string, string> Comments => SqlCase.Lines(Tables.Comments);

    public static TheoryData<string, string> Dialect => SqlCase.Lines(Tables.Dialect);

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_verb_says_what_a_statement_is(string dialect, string line) => Check(dialect, line);

    [Theory]
    [MemberData(nameof(Versions))]
    public void Servers_have_verbs_and_functions_of_their_own(string dialect, string line) => Check(dialect, line);

    [Theory]
    [MemberData(nameof(Traits))]
    public void Words_inside_say_what_a_statement_does(string dialect, string line) => Check(dialect, line);

    [Theory]
    [MemberData(nameof(Assignments))]
    public void Set_says_what_it_sets(string dialect, string line) => Check(dialect, line);

    [Theory]
    [MemberData(nameof(Comments))]
    public void Comments_are_code_for_some_servers(string dialect, string line) => Check(dialect, line);

    [Theory]
    [MemberData(nameof(Dialect))]
    public void Modes_and_character_sets_change_where_tokens_end(string dialect, string line) => Check(dialect, line);

    // COUNT (1) is a call of the server's own COUNT only with IGNORE_SPACE, and then COUNT/**/(1) is none.
    [Theory]
    [InlineData("select count(a)", false, false)]
    [InlineData("select count (a)", true, false)]
    [InlineData("select count\n\t(a)", true, false)]
    [InlineData("select count/**/(a)", true, true)]
    [InlineData("select count /**/ (a)", true, true)]
    [InlineData("select count/*! (a) */", true, true)]
    [InlineData("select count/*! */(a)", true, true)]
    [InlineData("select concat (a), concat/**/(a)", false, false)]
    [InlineData("set sql_mode = ''; select count (a)", true, true)]
    public void White_space_before_a_parenthesis_may_make_another_function_of_a_name(string sql, bool isUnknown, bool isWithIgnoreSpace)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        var dialect = Dialects.Named("maria") with { IgnoreSpace = isWithIgnoreSpace };
        Assert.Equal(isUnknown, StatementLexer.Read(text, dialect).Traits.HasFlag(StatementTraits.CallsUnknownFunction));
        if (!isWithIgnoreSpace && isUnknown)
            Assert.False(StatementLexer.Read(text, dialect with { IgnoreSpace = true }).Traits.HasFlag(StatementTraits.CallsUnknownFunction));
        // However it comes.
        var lexer = new StatementLexer(dialect);
        foreach (var letter in text)
            lexer.Feed([letter]);
        Assert.Equal(isUnknown, lexer.Finish().Traits.HasFlag(StatementTraits.CallsUnknownFunction));
    }

    [Fact]
    public void Every_kind_and_every_trait_has_a_case()
    {
        var facts = SqlCase.All(s_tables).Select(each => each.Expected).ToList();
        Assert.Empty(Enum.GetValues<StatementKind>().Except(facts.Select(each => each.Kind)));
        Assert.DoesNotContain(Enum.GetValues<StatementTraits>(), trait => !facts.Exists(each => (each.Traits & trait) == trait));
    }

    [Theory]
    [InlineData("select a from t limit 5", StatementHints.HasFrom)]
    [InlineData("select a from t limit 5, 10", StatementHints.HasFrom | StatementHints.HidesFoundRows)]
    [InlineData("select a from t limit 5 offset 10", StatementHints.HasFrom | StatementHints.HidesFoundRows)]
    [InlineData("select sql_calc_found_rows a from t", StatementHints.HasFrom | StatementHints.HidesFoundRows)]
    [InlineData("select 1 union select 2", StatementHints.HasInnerSelect | StatementHints.HidesFoundRows)]
    [InlineData("select 1 into @a", StatementHints.HidesFoundRows)]
    [InlineData("select max(a), `limit` from t", StatementHints.HasFrom | StatementHints.HasCall)]
    [InlineData("select 1 from dual", StatementHints.None)]
    [InlineData("select max(a) from t where b = (select 1 from dual)",
        StatementHints.HasFrom | StatementHints.HasCall | StatementHints.HasInnerSelect)]
    [InlineData("insert t select 1", StatementHints.HasInnerSelect)]
    [InlineData("insert t values (1) on duplicate key update a = 2", StatementHints.HasCall | StatementHints.Returns)]
    [InlineData("insert t values (1) returning a", StatementHints.HasCall | StatementHints.Returns)]
    [InlineData("select row_count(); select 1", StatementHints.HasCall | StatementHints.FirstAsks)]
    [InlineData("update t set a = 1; select row_count()", StatementHints.HasCall)]
    public void A_text_says_what_its_answer_will_not_tell(string text, StatementHints hints) =>
        Assert.Equal(hints, Dialects.Read(text, Dialects.MariaDb).Hints & ~StatementHints.UsesTables);

    [Fact]
    public void A_text_may_be_cut_anywhere()
    {
        foreach (var each in SqlCase.All(s_tables))
        {
            var dialect = Dialects.Named(each.Dialect);
            for (var cut = 0; cut <= each.Text.Length; cut++)
                Assert.Equal((Whole(each, dialect), cut), (Dialects.ReadInPieces(each.Text, dialect, cut), cut));
            int[] everywhere = [.. Enumerable.Range(0, each.Text.Length)];
            Assert.Equal(Whole(each, dialect), Dialects.ReadInPieces(each.Text, dialect, everywhere));
        }
    }

    [Fact]
    public void Any_bytes_can_be_read_and_may_be_cut_anywhere()
    {
        // Words and signs of SQL rather than bytes of all kinds: those would be given up at once.
        string[] words =
        [
            "select", "set", "names", "@@", "@", "a", "global", ".", ",", "=", ":=", "(", ")", ";", "'", "\"", "`", "\\", "--", "/*",
            "*/", "/*!", "/*M!", "50000", "99999 ", "080000", "/*+", "*", "/", "-", "#", "\n", " ", "1", "1e", "$", "$$", "$a$", "for",
            "update", "into", "last_insert_id", "sleep", "get_lock", "create", "procedure", "begin", "end", "if", "then", "with",
            "as", "insert", "values", "drop", "temporary", "table", "statement", "sql_mode", "é", "\0", "x",
        ];
        var token = Gen.Frequency(
            (9, Gen.Int[0, words.Length - 1].Select(i => Encoding.UTF8.GetBytes(words[i]))),
            (1, Gen.Byte.Array[1, 3]));
        string[] dialects = ["9.7", "5.6", "maria", "unknown", "ansi", "plain", "latin1", "gbk", "big5", "sjis", "gb18030", "swe7"];
        Gen.Select(token.Array[0, 24], Gen.Int[0, dialects.Length - 1].Select(i => dialects[i]), Gen.Int[0, 1000], Gen.Int[0, 1000]).Sample(
            (tokens, name, one, two) =>
            {
                var text = tokens.SelectMany(each => each).ToArray();
                var dialect = Dialects.Named(name);
                var whole = StatementLexer.Read(text, dialect);
                int[] cuts = [.. new[] { one % (text.Length + 1), two % (text.Length + 1) }.Order()];
                int[] everywhere = [.. Enumerable.Range(0, text.Length)];
                return whole == Dialects.ReadInPieces(text, dialect, cuts)
                    && whole == Dialects.ReadInPieces(text, dialect, everywhere)
                    && !(whole.IsHarmless && (whole.MayDoAnything || whole.ReadsPreviousStatement));
            },
            iter: 20_000,
            print: each => Convert.ToHexString(each.Item1.SelectMany(bytes => bytes).ToArray()) + " " + each.Item2);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var cases = SqlCase.All(s_tables).Select(each => (each.Text, Dialects.Named(each.Dialect))).ToArray();
        Assert.Equal(0, Allocations.Of(() =>
        {
            foreach (var (text, dialect) in cases)
                StatementLexer.Read(text, dialect);
        }, times: 10));
        Assert.Equal(0, Allocations.Of(() =>
        {
            foreach (var (text, dialect) in cases)
                Dialects.ReadInPieces(text, dialect, text.Length / 2);
        }, times: 10));
    }

    [Fact]
    public void A_word_is_found_in_any_case_and_nothing_else_is()
    {
        foreach (var word in Enum.GetValues<Word>().Where(word => word != Word.None))
        {
            var name = WordTable.Spell(word);
            Assert.Equal(word, WordTable.Find(Encoding.ASCII.GetBytes(name)).Word);
            Assert.Equal(word, WordTable.Find(Encoding.ASCII.GetBytes(name.ToUpperInvariant())).Word);
            Assert.Equal(Word.None, WordTable.Find(Encoding.ASCII.GetBytes(name + "_")).Word);
        }
        var middle = "wait_until_sql_thread_after_gtids"u8.ToArray();
        Assert.Equal(WordCall.BuiltIn, WordTable.Find(middle).Call);
        middle[12] = (byte)'x';
        Assert.Equal(WordCall.Unknown, WordTable.Find(middle).Call);
        Assert.Equal(WordCall.Unknown, WordTable.Find(new byte[1000]).Call);
        Assert.Equal(WordCall.Unknown, WordTable.Find([]).Call);
    }

    // The tables do not speak of hints; those of the whole text must come out of its pieces as well.
    private static StatementFacts Whole(SqlCase each, SqlDialect dialect) =>
        each.Expected with { Hints = StatementLexer.Read(each.Text, dialect).Hints };

    private static void Check(string dialect, string line)
    {
        var expected = SqlCase.Parse(dialect, line);
        Assert.Equal(expected.Expected, StatementLexer.Read(expected.Text, Dialects.Named(dialect)) with { Hints = StatementHints.None });
    }
}
