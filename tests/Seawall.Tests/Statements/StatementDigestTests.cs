using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>What statements look like without their values.</summary>
public sealed class StatementDigestTests
{
    [Theory]
    [InlineData("SELECT  GET_LOCK('secret', 10)", "select get_lock(?)")]
    [InlineData("select get_lock ( ?, -1 ) -- secret", "select get_lock(?, - ?)")]
    [InlineData("set @secret = 'it''s \\' secret', @`secret` := 0x5345, @'secret'=b'01';", "set @? = ?, @? := ?, @? = b ?")]
    [InlineData("SET @@session.Sql_Mode = \"secret\", names utf8", "set @@session.sql_mode = ?, names utf8")]
    [InlineData("create temporary table A.`Tab le` select 1.5e3 as `x`, .5, 0b11 from b /* secret */ where c<=7 and d<>8",
        "create temporary table a.`Tab le` select ? as `x`, ? from b where c <= ? and d <> ?")]
    [InlineData("insert into t(a, b) values (1, 'x'), (2, 'y'), (3, null)", "insert into t(a, b) values(?), (?, null)")]
    [InlineData("select * from t where a in (1, 2, 3) and b in (4)", "select * from t where a in(?) and b in(?)")]
    [InlineData("# secret\nselect /*+ secret */ /* secret */ count(*) from t", "select count(*) from t")]
    [InlineData("select 1; do 2 ;", "select ?; do ?")]
    [InlineData("select 1secret, 0xSECRET", "select ?")]
    [InlineData("call p('secret', @secret)", "call p(?, @?)")]
    [InlineData("select `a\nb\u001b`", "select `a?b?`")]
    [InlineData("select _utf8'secret' collate utf8_bin, N'secret', x'41'", "select _utf8 ? collate utf8_bin, n ?, x ?")]
    [InlineData("", "")]
    public void No_value_and_no_comment_is_left(string sql, string expected)
    {
        var digest = StatementDigest.Of(Encoding.UTF8.GetBytes(sql), Dialects.MySql97);
        Assert.Equal(expected, digest?.Text);
        Assert.DoesNotContain("ecret", digest!.Text, StringComparison.OrdinalIgnoreCase);
    }

    // In doubt, what looks like a name could be a value.
    [Theory]
    [InlineData("select 'secret", "9.7")]
    [InlineData("select 1 /* secret", "9.7")]
    [InlineData("select \"secret", "ansi")]
    [InlineData("select 1", "swe7")]
    public void A_text_that_cannot_be_read_for_certain_has_none(string sql, string dialect) =>
        Assert.Null(StatementDigest.Of(Encoding.UTF8.GetBytes(sql), Dialects.Named(dialect)));

    [Fact]
    public void The_number_alone_is_found_without_keeping_anything()
    {
        var scratch = new DigestScratch();
        foreach (var sql in (string[])["select * from t where a = 1", "call p('x')", "", "select * from t where a = 2"])
        {
            var text = Encoding.UTF8.GetBytes(sql);
            Assert.Equal(StatementDigest.Of(text, Dialects.MySql97)!.Hash, scratch.HashOf(text, Dialects.MySql97));
        }
        Assert.Null(scratch.HashOf("select 'open"u8, Dialects.MySql97));
        Assert.Equal(0, Allocations.Of(() => scratch.HashOf("select * from t where a = 1"u8, Dialects.MySql97)));
    }

    [Fact]
    public void What_follows_a_statement_that_may_change_how_it_is_read_is_left_out()
    {
        var sql = "set sql_mode = 'ANSI_QUOTES'; select \"secret\"; do 1"u8;
        Assert.Equal("set sql_mode = ?", StatementDigest.Of(sql, Dialects.MySql97, isCut: true)?.Text);
        Assert.Equal("select `secret`", StatementDigest.Of("select \"secret\""u8, Dialects.MySql97 with { AnsiQuotes = true })?.Text);
    }

    // Kept by people in notes and dashboards: they must never change.
    [Theory]
    [InlineData("", "cbf29ce484222325")]
    [InlineData("set @a = 1", "4f76a7e8bfd73dda")]
    public void The_number_of_a_text_is_the_same_for_ever(string sql, string expected)
    {
        Assert.Equal(expected, StatementDigest.Of(Encoding.UTF8.GetBytes(sql), Dialects.MySql97)?.Id);
        Assert.Equal(expected, StatementDigest.Of(Encoding.UTF8.GetBytes(sql + " "), Dialects.MariaDb)?.Id);
    }

    [Fact]
    public void A_long_text_is_cut_and_its_lists_are_not_long()
    {
        var list = StatementDigest.Of(Encoding.UTF8.GetBytes($"do {string.Join(", ", Enumerable.Range(0, 10_000))}"), Dialects.MySql97);
        Assert.Equal("do ?", list?.Text);
        var names = StatementDigest.Of(Encoding.UTF8.GetBytes($"do {string.Join(", ", Enumerable.Repeat("a", 10_000))}"), Dialects.MySql97);
        Assert.Equal(StatementDigest.LengthMax + 3, names?.Text.Length);
        Assert.EndsWith("...", names?.Text, StringComparison.Ordinal);
    }
}
