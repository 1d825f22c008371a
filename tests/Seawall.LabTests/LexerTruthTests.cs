using System.Globalization;
using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Goal: the lexer sees in a text what a server sees in it. Method: texts whose running leaves a mark, a user variable, and
/// that have as many answers as statements; the server runs them, and the lexer must have foreseen both.
/// </summary>
public sealed class LexerTruthTests(LabServers lab)
{
    private const string Mark = "(@mark:=1)";
    private const int TextsEach = 250;

    private static readonly string[] s_modes = ["", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"];

    private static readonly string[] s_charsets = ["utf8", "latin1", "gbk", "big5", "sjis", "gb18030"];

    private static readonly string[] s_comments =
    [
        "/*{0}*/", "/* {0} */", "/*!{0}*/", "/*! {0} */", "/*!50000 {0} */", "/*!50000{0}*/", "/*!50624 {0} */", "/*!50625 {0} */",
        "/*!50700 {0} */", "/*!80000 {0} */", "/*!90704 {0} */", "/*!90705 {0} */", "/*!99999 {0} */", "/*!100000 {0} */",
        "/*!101119 {0} */", "/*!101120 {0} */", "/*!080000 {0} */", "/*!999999 {0} */", "/*M!{0}*/", "/*M!100000 {0} */",
        "/*M!50700 {0} */", "/*M!999999 {0} */", "/*!99999 /* x */ {0} */", "/*! /* x */ {0} */", "/*!99999 /*! x */ {0} */",
        "/*+ {0} */", "/*/ {0} */", "/**/{0}/***/", "-- {0}\n", "--\t{0}\n", "--\n{0}\n", "#{0}\n", "# '\n{0}\n", "/*!1234*/{0}",
        "/*!\n50000 {0}*/", "--{0}\n", "- -{0}", "/*M {0} */", "/* ' */{0}/* ' */", "/*!50000,7*/{0}/*!99999,8*/",
    ];

    // What is said inside quotes, with the quote as Q: some of it ends them.
    private static readonly string[] s_insides =
    [
        "a", "QQ", "\\Q", "\\\\", "\\", "Q", "/*", "*/", "-- ", "#", ";", " ", "Q,{0},Q", "\\Q,{0},\\Q", "QQ,{0},QQ", "\\\\Q,{0},Q", "\n",
        "\\\n", "\u0001", "\u00b1\\", "\u00b1Q", "\u0081\\", "\u0081\u0030\u0081\u0030", "\u0081\u0030\\", "\u00a1@", "\u00e9", "\u00ff\\", "\u00a0",
        "\u00c3\u00a9", "\\\u00b1\\", "\u00b1\\Q,{0},Q", "\u00b1Q,{0},Q", "\u00e0\\Q,{0},Q", "\u00a1\\", "\u00df\\", "{0}",
    ];

    // Loadable, or moved to a component in 9.x: known to the lexer by name, wherever they come from.
    private static readonly string[] s_components =
    [
        "md5", "sha", "sha1", "service_get_read_locks", "service_get_write_locks", "service_release_locks", "version_tokens_lock_exclusive",
        "version_tokens_lock_shared", "version_tokens_unlock", "vector_distance", "distance", "mysql_query_attribute_string",
    ];

    // MariaDB's own with as many values as each takes; with another number it looks for a stored function.
    private static readonly string[] s_constructors =
        ["geometrycollection", "linestring", "multilinestring", "multipoint", "multipolygon", "point", "polygon"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Quotes_and_comments_hide_what_they_hide_from_the_server(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        using var client = RawClient.Connect(server.Port, "seawall", "seawall");
        int marked = 0, unmarked = 0, several = 0, doubted = 0, run = 0, misread = 0;
        foreach (var charset in s_charsets.Where(charset => charset != "gb18030" || kind == LabKind.MySql97))
        {
            foreach (var mode in s_modes)
            {
                Assert.Null(client.Query($"set names {charset}").Error);
                Assert.Null(client.Query($"set sql_mode = '{mode}'").Error);
                var dialect = DialectOf(server, mode, charset);
                var wrong = dialect with { NoBackslashEscapes = !dialect.NoBackslashEscapes };
                var random = new Random((charset + mode).Sum(letter => letter));
                for (var i = 0; i < TextsEach; i++)
                {
                    var text = Encoding.Latin1.GetBytes(Text(random));
                    var facts = StatementLexer.Read(text, dialect);
                    var (answers, isError, isMarked) = Run(client, text);
                    var shown = $"{kind} {charset} '{mode}': {Show(text)}: {facts.Kind} {facts.Traits}, {answers} answers";
                    var saysMark = facts.Traits.HasFlag(StatementTraits.UserVariableWrite);

                    // Never less than the server sees; and exactly that, where the server could read all of it.
                    Assert.True(facts.MayDoAnything || !isMarked || saysMark, $"not foreseen: {shown}");
                    Assert.True(facts.MayDoAnything || answers <= facts.Statements, $"not so many: {shown}");
                    if (isError || answers == 0)
                        continue;
                    run++;
                    doubted += facts.MayDoAnything ? 1 : 0;
                    if (facts.MayDoAnything)
                        continue;
                    Assert.True(isMarked == saysMark, $"foreseen and not there: {shown}");
                    Assert.True(answers == facts.Statements, $"counted otherwise: {shown}");
                    misread += StatementLexer.Read(text, wrong) != facts ? 1 : 0;
                    marked += isMarked ? 1 : 0;
                    unmarked += isMarked ? 0 : 1;
                    several += answers > 1 ? 1 : 0;
                }
            }
        }
        // The control: there were texts of every kind, few that the lexer gave up although the server could read them, and
        // some that it would have got wrong in another mode.
        var counts = $"{run} texts ran: {marked} marked, {unmarked} not, {several} several, {doubted} doubted, {misread} misread";
        Assert.True(marked > 100 && unmarked > 100 && several > 50 && misread > 20 && doubted < run / 10, counts);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {counts}");
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_function_is_built_in_where_the_lexer_says_so(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var dialect = DialectOf(server, "", "utf8");
        using var client = RawClient.Connect(server.Port, "seawall", "seawall", schema: "mysql");
        var names = BuiltInFunctions.Ages.SelectMany(age => age.Names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var wrong = new List<string>();
        var called = 0;
        foreach (var name in names.Except(s_components).Distinct())
        {
            var isUnknown = Calls(name, dialect).HasFlag(StatementTraits.CallsUnknownFunction);
            const int noSuchFunction = 1305;
            const int noSuchFunctionEither = 1630; // Of a name that is a word of the server's as well: JSON_TABLE, in FROM.
            const int syntax = 1064;
            var codes = Enumerable.Range(0, 4).Select(count =>
                client.Query($"select {name}({string.Join(',', Enumerable.Repeat("0", count))})").Error?.Code ?? 0).ToArray();
            var exists = Array.Exists(codes, code => code is not (noSuchFunction or noSuchFunctionEither or syntax));
            var isMissing = Array.Exists(codes, code => code == noSuchFunction);
            called += exists ? 1 : 0;
            // With words inside the parentheses, what is only syntax cannot be told from here.
            if (isUnknown ? exists : isMissing && !exists)
                wrong.Add($"{name}: {string.Join(' ', codes)}");
        }
        Assert.Empty(wrong);
        Assert.True(called > 250, $"only {called} functions could be called");
        Assert.True(Calls("seawall_has_no_such_function", dialect).HasFlag(StatementTraits.CallsUnknownFunction));
    }

    // Whoever takes a call for a keyword sends what writes to a replica, and gives away a connection on which something is left.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task No_function_can_be_called_by_a_word_that_calls_nothing(LabKind kind)
    {
        string[] texts =
        [
            "select {0}()", "select {0} ()", "select 1 + {0}()", "select a from (select 1 a) x where {0}()", "select a from (select 1 a) x order by {0}()",
            "select (1) {0}()", "select 'a' {0}()", "select 1, {0}()", "select (1), {0}()", "select 'a' and {0}()",
            "select trim('a' from {0}())", "select a from (select 1 a) x order by 1, {0}()", "select a from (select 1 a) x group by 1, {0}()",
        ];
        var server = await lab.SharedAsync(kind, Cancel);
        var dialect = DialectOf(server, "", "utf8");
        using var client = RawClient.Connect(server.Port, "seawall", "seawall");
        Assert.Null(client.Query("create database keywords").Error);
        Assert.Null(client.Query("use keywords").Error);
        // And those that are known to be names: the control, which a list that is too short would not fail without.
        var words = BuiltInFunctions.NeverCalled.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Order().ToArray();
        string[] names = ["against", "columns", "escape", "json_table", "lateral", "minus", "over", "price"];
        var (wrong, called) = (new List<string>(), 0);
        foreach (var word in words.Concat(names))
        {
            Assert.Null(client.Query($"create function `{word}`() returns int no sql return 7").Error);
            foreach (var text in texts.Select(text => string.Format(CultureInfo.InvariantCulture, text, word)))
            {
                if (client.Query(text) is not { Error: null } answer)
                    continue;
                called++;
                if (!StatementLexer.Read(Encoding.UTF8.GetBytes(text), dialect).Traits.HasFlag(StatementTraits.CallsUnknownFunction))
                    wrong.Add($"{text}: {answer.FirstValue}");
            }
        }
        Assert.Null(client.Query("drop database keywords").Error);
        Assert.Empty(wrong);
        Assert.True(called > 10, $"only {called} calls");
    }

    // A stored function may have the name of one of the server's, and be called in its place.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_stored_function_is_never_taken_for_one_of_the_servers(LabKind kind)
    {
        const string stored = "424242";
        string[] texts = ["select {0}()", "select {0} ()", "select 1 +\n{0}\n()", "select {0}/**/()", "select {0}/*! () */"];
        var server = await lab.SharedAsync(kind, Cancel);
        using var client = RawClient.Connect(server.Port, "seawall", "seawall");
        Assert.Null(client.Query("create database lexer_stored").Error);
        Assert.Null(client.Query("use lexer_stored").Error);
        var names = BuiltInFunctions.Ages.SelectMany(age => age.Names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Except(s_components).Except(s_constructors).Distinct().ToArray();
        foreach (var name in names)
            Assert.Null(client.Query($"create function `{name}`() returns int no sql return {stored}").Error);
        var (wrong, called, known) = (new List<string>(), 0, 0);
        foreach (var mode in (string[])["", "IGNORE_SPACE"])
        {
            Assert.Null(client.Query($"set sql_mode = '{mode}'").Error);
            var dialect = DialectOf(server, mode, "utf8mb4");
            foreach (var text in names.SelectMany(name => texts.Select(text => string.Format(CultureInfo.InvariantCulture, text, name))))
            {
                var saysUnknown = StatementLexer.Read(Encoding.UTF8.GetBytes(text), dialect).Traits.HasFlag(StatementTraits.CallsUnknownFunction);
                known += saysUnknown ? 0 : 1;
                if (client.Query(text) is not { Error: null } answer || answer.FirstValue is not (stored or "424243"))
                    continue;
                called++;
                if (!saysUnknown)
                    wrong.Add($"'{mode}' {text}");
            }
        }
        Assert.Null(client.Query("drop database lexer_stored").Error);
        Assert.Empty(wrong);
        Assert.True(called > 50 && known > 500, $"{called} calls of stored functions, {known} texts with none");
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_routine_ends_where_the_server_ends_it(LabKind kind)
    {
        string[] bodies =
        [
            "select 1", "begin select 1; select 2; end", "a: begin begin end; end a",
            "begin if 1 then select 1; elseif 2 then select 2; else select 3; end if; end",
            "begin if (1) then if 2 then select 2; end if; end if; end", "begin select if(1, 2, 3), case 1 when 2 then 3 end; end",
            "begin case 1 when 1 then select 1; else begin end; end case; end",
            "begin case when 1 then select case 1 when 2 then 3 end; end case; end",
            "begin declare i int default 0; while i < 1 do set i = i + 1; end while; end",
            "begin declare i int default 0; repeat set i = i + length(repeat('x', 2)); until i > 1 end repeat; end",
            "begin a: loop leave a; end loop a; b: loop leave b; end loop; end",
            "begin declare exit handler for sqlexception begin select 1; end; declare continue handler for not found set @a = 1; end",
            "begin declare c cursor for select 1; open c; close c; end", "begin /* end; */ select 'end;'; -- end;\n end",
            "begin start transaction; select 1 as `end`, 2 as `begin`; commit; end", "set @a = if(1, 2, 3)",
        ];
        var server = await lab.SharedAsync(kind, Cancel);
        var dialect = DialectOf(server, "", "utf8");
        const string schema = "lexer_truth";
        await server.ExecuteAsync($"create database {schema}", Cancel);
        try
        {
            using var client = RawClient.Connect(server.Port, "seawall", "seawall", schema: schema);
            foreach (var body in bodies)
            {
                var text = Encoding.UTF8.GetBytes($"create procedure p() {body}; select 7, {Mark}");
                var facts = StatementLexer.Read(text, dialect);
                var (answers, isError, isMarked) = Run(client, text);
                Assert.False(isError, body);
                Assert.True(isMarked);
                Assert.Equal((body, 2, false), (body, answers, facts.MayDoAnything));
                Assert.Equal((body, answers), (body, facts.Statements));
                Assert.True(facts.Traits.HasFlag(StatementTraits.UserVariableWrite | StatementTraits.DefinesRoutine), body);
                Assert.Null(client.Query("drop procedure p").Error);
            }
        }
        finally
        {
            await server.ExecuteAsync($"drop database {schema}", Cancel);
        }
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        for (var statement = random.Next(3); statement >= 0; statement--)
        {
            text.Append(Pick(random, "select", "SELECT", "select/**/", "(select 1) union select")).Append(' ').Append(Item(random));
            for (var item = random.Next(4); item > 0; item--)
                text.Append(Space(random)).Append(',').Append(Space(random)).Append(Item(random));
            if (statement > 0)
                text.Append(Pick(random, ";", "; ", ";;", ";-- x\n", ";/* ; */", "/*! ; */", ";#;\n"));
        }
        return text.ToString();
    }

    private static string Item(Random random) => random.Next(12) switch
    {
        0 => Mark,
        1 => string.Format(CultureInfo.InvariantCulture, Pick(random, s_comments), "7") + "8",
        2 => "7" + string.Format(CultureInfo.InvariantCulture, Pick(random, s_comments), "," + Mark),
        3 => "7" + string.Format(CultureInfo.InvariantCulture, Pick(random, s_comments), ",8"),
        4 => "7 as " + Quoted(random, Pick(random, '`', '"', '\'')),
        5 => Pick(random, "_utf8", "n", "_binary ", "N") + Quoted(random, '\''),
        6 => Pick(random, "1.5", ".5", "1e5", "1e-5", "0x1F", "x'1F'", "b'01'", "5--1", "5- -1", "5*/**/1", "1.", "5/1", "- -1"),
        7 => "@" + Quoted(random, Pick(random, '`', '"', '\'')),
        8 => Pick(random, "@a.b$c_d", "@@version", "@@session.sql_mode", "@", "@@`sql_mode`"),
        _ => Quoted(random, Pick(random, '\'', '"', '\'')),
    };

    private static string Space(Random random) => random.Next(4) == 0
        ? string.Format(CultureInfo.InvariantCulture, Pick(random, s_comments), Pick(random, "", "+1", ",9", "'", "\"", "`"))
        : Pick(random, "", " ", "\n", "\t");

    private static string Quoted(Random random, char quote)
    {
        var text = new StringBuilder().Append(quote);
        for (var inside = random.Next(1, 4); inside > 0; inside--)
        {
            text.Append(Pick(random, s_insides).Replace('Q', random.Next(5) == 0 ? '\'' : quote)
                .Replace("{0}", Mark, StringComparison.Ordinal));
        }
        return text.Append(quote).ToString();
    }

    private static T Pick<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];

    private static (int Answers, bool IsError, bool IsMarked) Run(RawClient client, byte[] text)
    {
        var answer = client.Ask(CommandKind.Query, text);
        var answers = CountAnswers(client, answer.Packets);
        var mark = client.Query("select concat('mark ', coalesce(@mark, 0))").FirstValue;
        if (mark != "mark 0")
            client.Query("set @mark = null");
        return (answers, answer.Error is not null, mark != "mark 0");
    }

    private static int CountAnswers(RawClient client, List<RawPacket> packets)
    {
        var answers = 0;
        for (var i = 0; i < packets.Count && packets[i].Head[0] != ErrPacket.Header; i++)
        {
            if (packets[i].Head[0] != OkPacket.Header)
            {
                // Columns, rows, and what ends them; a row may begin with a zero, an empty value.
                i += packets[i].Head[0] + (client.DeprecatesEof ? 1 : 2);
                while (i < packets.Count && packets[i].Head[0] is not (OkPacket.EndHeader or ErrPacket.Header))
                    i++;
                if (i == packets.Count || packets[i].Head[0] == ErrPacket.Header)
                    break;
            }
            answers++;
        }
        return answers;
    }

    private static StatementTraits Calls(string function, SqlDialect dialect) =>
        StatementLexer.Read(Encoding.ASCII.GetBytes($"select {function}(0)"), dialect).Traits;

    private static SqlDialect DialectOf(LabServer server, string mode, string charset)
    {
        var parts = server.Version.Split('-')[0].Split('.').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        return new SqlDialect(
            mode.Contains("ANSI", StringComparison.Ordinal), mode.Contains("BACKSLASH", StringComparison.Ordinal),
            server.Kind == LabKind.MariaDb, (parts[0] * 10_000) + (parts[1] * 100) + parts[2],
            SqlDialect.CharsetNamed(Encoding.ASCII.GetBytes(charset)))
        {
            IgnoreSpace = mode.Contains("IGNORE_SPACE", StringComparison.Ordinal),
        };
    }

    private static string Show(byte[] text) => string.Concat(text.Select(value =>
        value is >= 32 and < 127 ? ((char)value).ToString() : $"\\x{value:x2}"));
}
