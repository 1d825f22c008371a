using System.Text;
using Seawall.MySql.Framing;
using Seawall.MySql.Statements;
using Seawall.Rehearsal.Answers;
using Xunit;

namespace Seawall.Tests.Rehearsal.Answers;

/// <summary>Answers to one statement, compared: each kind of difference is found and called by its name, and what is the same is not.</summary>
public sealed class AnswerComparisonTests
{
    private const byte Text = 0xFD, Long = 3, BigInt = 8, Double = 5, Float = 4;

    private static readonly SqlDialect s_dialect = new(false, false, true, 101119, ClientCharset.Transparent);

    private static readonly string[][] s_rows = [["1", "one"], ["2", "two"], ["3", "three"]];

    [Fact]
    public void The_same_is_the_same() => Assert.Empty(Compare("select id, name from t", s_rows, s_rows));

    [Theory]
    [InlineData("select id, name from t", DifferenceKind.OrderOnly)]
    [InlineData("select id, name from t order by id", DifferenceKind.Order)]
    [InlineData("select id, name from t order by 2 desc, t.id", DifferenceKind.Order)]
    [InlineData("select id, name from t order by other", DifferenceKind.OrderUnclear)]
    [InlineData("select id, name from t order by length(name)", DifferenceKind.OrderUnclear)]
    [InlineData("select id, name from (select * from t order by id) x", DifferenceKind.OrderOnly)]
    internal void Another_order_counts_where_one_was_asked_for(string sql, DifferenceKind kind)
    {
        var difference = Assert.Single(Compare(sql, s_rows, [s_rows[1], s_rows[0], s_rows[2]]));

        Assert.Equal(kind, difference.Kind);
    }

    [Fact]
    public void Rows_that_are_alike_in_what_they_are_ordered_by_may_change_places()
    {
        string[][] old = [["1", "a"], ["2", "a"], ["3", "b"]], @new = [["2", "a"], ["1", "a"], ["3", "b"]];

        Assert.Equal(DifferenceKind.OrderOnly, Assert.Single(Compare("select id, name from t order by name", old, @new)).Kind);
        Assert.Equal(DifferenceKind.Order, Assert.Single(Compare("select id, name from t order by name, id", old, @new)).Kind);
    }

    [Fact]
    public void A_value_that_was_cut_is_found_and_its_column_named()
    {
        var difference = Assert.Single(Compare("select id, name from t", s_rows, [s_rows[0], s_rows[1], ["3", "thre"]]));

        Assert.Equal((DifferenceKind.Values, "other values in 'name'"), (difference.Kind, difference.Words));
    }

    [Fact]
    public void Values_that_changed_places_between_rows_are_found() => Assert.Equal(
        DifferenceKind.Values, Assert.Single(Compare("select id, name from t", s_rows, [["1", "two"], ["2", "one"], s_rows[2]])).Kind);

    [Fact]
    public void NULL_is_not_the_empty_text() => Assert.Equal(
        DifferenceKind.Values, Assert.Single(Compare("select id, name from t", [["1", null!]], [["1", ""]])).Kind);

    [Fact]
    public void A_limit_without_an_order_lets_the_server_choose() => Assert.Equal(
        DifferenceKind.Choice, Assert.Single(Compare("select id, name from t limit 2", s_rows[..2], s_rows[1..])).Kind);

    [Theory]
    [InlineData("select id, (select name from u where u.id = t.id order by made limit 1) name from t", DifferenceKind.Values)]
    [InlineData("select id, name from (select * from t order by id limit 2) x", DifferenceKind.Values)]
    [InlineData("select id, (select name from u where u.id = t.id limit 1) name from t", DifferenceKind.Choice)]
    [InlineData("select id, name from (select * from t limit 2) x order by id", DifferenceKind.Choice)]
    [InlineData("select id, name from (select * from t order by id) x limit 2", DifferenceKind.Choice)]
    internal void A_limit_inside_lets_it_choose_where_its_own_query_has_no_order(string sql, DifferenceKind kind) =>
        Assert.Equal(kind, Assert.Single(Compare(sql, s_rows[..2], [s_rows[0], ["2", "other"]])).Kind);

    [Theory]
    [InlineData("select now() + interval 0 second, name from t")]
    [InlineData("select rand(), name from t")]
    [InlineData("select uuid(), name from t")]
    [InlineData("select connection_id(), name from t")]
    [InlineData("select current_timestamp, name from t")]
    [InlineData("select unix_timestamp(), name from t")]
    [InlineData("select @@hostname, name from t")]
    [InlineData("select @a, name from t")]
    [InlineData("select variable_value, 1 from information_schema.global_status")]
    public void What_differs_by_nature_is_not_compared(string sql)
    {
        Assert.Empty(Compare(sql, s_rows, [["4", "x"]]));
        Assert.NotEmpty(StatementNature.Of(Encoding.UTF8.GetBytes(sql), s_dialect).Unfit);
    }

    [Theory]
    [InlineData("select 'now()', name from t")]
    [InlineData("select unix_timestamp(made), name from t")]
    [InlineData("select t.user, `rand` from t where note = 'uuid()'")]
    public void What_merely_looks_like_it_is(string sql) => Assert.Empty(StatementNature.Of(Encoding.UTF8.GetBytes(sql), s_dialect).Unfit);

    [Fact]
    public void The_last_places_of_a_DOUBLE_are_no_promise_and_those_before_are()
    {
        string[][] Of(string value) => [["1", value]];

        Assert.Empty(Compare("select id, x from t", Of("0.30000000000000004"), Of("0.3"), Double));
        Assert.Empty(Compare("select id, x from t", Of("0.333333"), Of("0.33333334"), Float));
        Assert.Equal(DifferenceKind.Values, Assert.Single(Compare("select id, x from t", Of("0.3000001"), Of("0.3"), Double)).Kind);
        Assert.Equal(DifferenceKind.Values, Assert.Single(Compare("select id, x from t", Of("0.3331"), Of("0.3332"), Float)).Kind);
        Assert.Equal(DifferenceKind.Values, Assert.Single(Compare("select id, x from t", [["1", "0.3"]], [["2", "0.30000000000000004"]], Double)).Kind);
    }

    [Fact]
    public void Numbers_in_the_binary_form_are_compared_by_value()
    {
        var nature = StatementNature.Of("select id from t"u8, s_dialect);
        var (old, @new, other) = (new AnswerReader(null), new AnswerReader(null), new AnswerReader(null));
        Assert.True(old.AddColumn(Definition("id", Long)));
        Assert.True(@new.AddColumn(Definition("id", BigInt)));
        Assert.True(other.AddColumn(Definition("id", BigInt)));
        Assert.True(old.AddRow([0, 0, 0xFE, 0xFF, 0xFF, 0xFF], isBinary: true));
        Assert.True(@new.AddRow([0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], isBinary: true));
        Assert.True(other.AddRow([0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], isBinary: true));

        Assert.Equal([DifferenceKind.Metadata], Kinds(Of(old), Of(@new), nature));
        Assert.Equal([DifferenceKind.Metadata, DifferenceKind.Values], Kinds(Of(old), Of(other), nature));
    }

    [Fact]
    public void Columns_errors_warnings_and_effects_are_compared()
    {
        var nature = StatementNature.Of("select 1"u8, s_dialect);
        var column = new AnswerColumn("name", Text, 45, 0, 40, 0);
        var plain = new Answer { Columns = [column] };

        Assert.Equal([DifferenceKind.Metadata], Kinds(plain, new Answer { Columns = [column with { Collation = 255 }] }, nature));
        Assert.Equal([DifferenceKind.Metadata], Kinds(plain, new Answer { Columns = [column with { Type = 0xFC }] }, nature));
        Assert.Equal([DifferenceKind.MetadataMinor], Kinds(plain, new Answer { Columns = [column with { Length = 80 }] }, nature));
        Assert.Equal([DifferenceKind.Values], Kinds(plain, new Answer { Columns = [column, column] }, nature));
        Assert.Equal([DifferenceKind.Error], Kinds(plain, new Answer { Code = 1064 }, nature));
        Assert.Equal([DifferenceKind.Error], Kinds(new Answer { Code = 1146 }, new Answer { Code = 1064 }, nature));
        Assert.Equal([DifferenceKind.ErrorGone], Kinds(new Answer { Code = 1064 }, plain, nature));
        Assert.Empty(Kinds(new Answer { Code = 1064, Words = "near" }, new Answer { Code = 1064, Words = "Near" }, nature));
        Assert.Equal([DifferenceKind.Warnings], Kinds(new Answer { Warnings = 1 }, new Answer { Warnings = 2 }, nature));
        Assert.Equal([DifferenceKind.Warnings],
            Kinds(new Answer { Warnings = 1, WarningCodes = "Warning 1265" }, new Answer { Warnings = 1, WarningCodes = "Warning 1292" }, nature));
        Assert.Equal([DifferenceKind.Effects], Kinds(new Answer { AffectedRows = 1 }, new Answer { AffectedRows = 2 }, nature));
        Assert.Equal([DifferenceKind.Effects], Kinds(new Answer { LastInsertId = 1 }, new Answer { LastInsertId = 2 }, nature));
        Assert.Equal([DifferenceKind.Effects],
            Kinds(new Answer { Status = Seawall.MySql.Results.ServerStatus.InTransaction }, new Answer(), nature));
        Assert.Empty(Kinds(new Answer { Status = Seawall.MySql.Results.ServerStatus.NoIndexUsed }, new Answer(), nature));
        Assert.Equal([DifferenceKind.Values], Kinds(plain with { Next = plain }, plain, nature));
    }

    [Theory]
    [InlineData("select 1", ReplayUse.Read)]
    [InlineData("select @a := 1", ReplayUse.Read)]
    [InlineData("with x as (select 1) select * from x", ReplayUse.Read)]
    [InlineData("show tables", ReplayUse.Read)]
    [InlineData("set names utf8mb4", ReplayUse.Session)]
    [InlineData("set sql_mode = ''", ReplayUse.Session)]
    [InlineData("use a", ReplayUse.Session)]
    [InlineData("begin", ReplayUse.Transaction)]
    [InlineData("start transaction with consistent snapshot", ReplayUse.Transaction)]
    [InlineData("set autocommit = 0", ReplayUse.Transaction)]
    [InlineData("commit", ReplayUse.Transaction)]
    [InlineData("insert into t values (1)", ReplayUse.Write)]
    [InlineData("select * from t for update", ReplayUse.Write)]
    [InlineData("select f(1)", ReplayUse.Write)]
    [InlineData("with x as (select 1) delete from t", ReplayUse.Write)]
    [InlineData("select get_lock('a', 1)", ReplayUse.Write)]
    [InlineData("create table t (a int)", ReplayUse.Write)]
    [InlineData("set global a = 1", ReplayUse.Never)]
    [InlineData("kill 1", ReplayUse.Never)]
    [InlineData("shutdown", ReplayUse.Never)]
    [InlineData("select 1 into outfile '/tmp/x'", ReplayUse.Never)]
    [InlineData("select 'open", ReplayUse.Never)]
    [InlineData("flush privileges", ReplayUse.Never)]
    internal void What_may_be_done_with_a_statement(string sql, ReplayUse use) =>
        Assert.Equal(use, StatementNature.Of(Encoding.UTF8.GetBytes(sql), s_dialect).Use);

    [Theory]
    [InlineData("set session transaction_read_only = 0", true)]
    [InlineData("set session `transaction_read_only` = 0", true)]
    [InlineData("set @@session.`tx_read_only` = off", true)]
    [InlineData("set session transaction read write", true)]
    [InlineData("start transaction read write", true)]
    [InlineData("start transaction read only", false)]
    [InlineData("begin", false)]
    public void A_statement_that_asks_for_writes_is_known(string sql, bool asks) =>
        Assert.Equal(asks, StatementNature.Of(Encoding.UTF8.GetBytes(sql), s_dialect).AsksToWrite);

    // Whatever comes is a value of some kind or none; nothing throws.
    [Fact]
    public void Rows_and_definitions_of_any_bytes_throw_nothing()
    {
        var random = new Random(1);
        for (var i = 0; i < 5_000; i++)
        {
            var reader = new AnswerReader([new OrderKey("a", 0), new OrderKey(null, random.Next(-1, 4))]);
            foreach (var type in (byte[])[Long, Text, Double, Float, 7, 9, 13, 6])
                reader.AddColumn(Definition("a", type));
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            reader.AddRow(bytes, isBinary: i % 2 == 0);
            reader.AddColumn(bytes);
            _ = StatementNature.Of(bytes, s_dialect);
        }
    }

    private static IReadOnlyList<Difference> Compare(string sql, string[][] old, string[][] @new, byte second = Text)
    {
        var nature = StatementNature.Of(Encoding.UTF8.GetBytes(sql), s_dialect);
        return AnswerComparison.Of(Result(old, nature, second), Result(@new, nature, second), nature);
    }

    private static DifferenceKind[] Kinds(Answer old, Answer @new, StatementNature nature) =>
        [.. AnswerComparison.Of(old, @new, nature).Select(one => one.Kind)];

    private static Answer Of(AnswerReader reader) => new() { Columns = reader.Columns, Rows = reader.Rows, Sums = reader.Sums };

    private static Answer Result(string[][] rows, StatementNature nature, byte second)
    {
        var reader = new AnswerReader(nature.Keys);
        Assert.True(reader.AddColumn(Definition("id", Long)) && reader.AddColumn(Definition("name", second)));
        foreach (var row in rows)
        {
            var writer = new PacketWriter().Begin(0);
            foreach (var value in row)
                _ = value is null ? writer.Int1(0xFB) : writer.LengthEncodedText(value);
            Assert.True(reader.AddRow(writer.OpenPayload, isBinary: false));
        }
        return Of(reader);
    }

    private static byte[] Definition(string name, byte type)
    {
        var writer = new PacketWriter().Begin(0).LengthEncodedText("def").LengthEncodedText("s").LengthEncodedText("t").LengthEncodedText("t")
            .LengthEncodedText(name).LengthEncodedText(name).LengthEncoded(12).Int2(45).Int4(20).Int1(type).Int2(0).Int1(0).Int2(0);
        return writer.OpenPayload.ToArray();
    }
}
