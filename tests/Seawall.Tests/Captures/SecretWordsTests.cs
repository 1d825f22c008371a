using System.Text;
using Seawall.Captures;
using Seawall.Captures.Records;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Captures;

/// <summary>Passwords are never written; what only speaks of a column that is called so is.</summary>
public sealed class SecretWordsTests
{
    private static readonly SqlDialect s_dialect = new(false, false, false, 90704, ClientCharset.Transparent);

    [Theory]
    [InlineData("CREATE USER a IDENTIFIED BY 'Secret7'")]
    [InlineData("create user a identified with mysql_native_password as '*Secret7'")]
    [InlineData("ALTER USER a IDENTIFIED BY 'Secret7' REPLACE 'Secret7'")]
    [InlineData("GRANT ALL ON *.* TO a IDENTIFIED BY PASSWORD '*Secret7'")]
    [InlineData("SET PASSWORD = 'Secret7'")]
    [InlineData("SET /* x */ PASSWORD FOR a = PASSWORD('Secret7')")]
    [InlineData("SELECT PASSWORD('Secret7')")]
    [InlineData("SELECT old_password ('Secret7')")]
    [InlineData("CHANGE MASTER TO MASTER_PASSWORD='Secret7', MASTER_HOST='h'")]
    [InlineData("CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = 'Secret7'")]
    [InlineData("START REPLICA USER = 'a' PASSWORD = 'Secret7'")]
    [InlineData("START GROUP_REPLICATION USER='a', PASSWORD='Secret7'")]
    [InlineData("CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'a', PASSWORD 'Secret7')")]
    [InlineData("CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION='mysql://a:Secret7@h/d/t'")]
    [InlineData("CREATE TABLE t (a INT) ENGINE=CONNECT OPTION_LIST='user=a,Password=Secret7'")]
    [InlineData("SELECT 1; SET PASSWORD = 'Secret7'")]
    [InlineData("/*!50000 SET PASSWORD = 'Secret7' */")]
    [InlineData("PREPARE s FROM 'SET PASSWORD = ''Secret7'''")]
    [InlineData("EXECUTE IMMEDIATE 'ALTER USER a IDENTIFIED BY ''Secret7'''")]
    [InlineData("SET @p = 'Secret7', @password = 'x'")]
    [InlineData("UPDATE mysql.user SET authentication_string = 'Secret7'")]
    [InlineData("SET GLOBAL wsrep_sst_auth = 'a:Secret7'")]
    [InlineData("CREATE PROCEDURE p() SET PASSWORD = 'Secret7'")]
    [InlineData("CLONE INSTANCE FROM a@h:3306 IDENTIFIED BY 'Secret7'")]
    public void What_may_hold_a_password_is_withheld_whatever_is_kept(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.True(SecretWords.MayBeIn(bytes));
        foreach (var keeps in new[] { true, false })
        {
            Assert.Equal(TextState.Withheld, new Redactor().Read(bytes, s_dialect, keeps, true, out var shown, out _));
            Assert.True(shown.IsEmpty);
        }
    }

    [Theory]
    [InlineData("SELECT password, name FROM users WHERE password = 'x'")]
    [InlineData("INSERT INTO users (name, password) VALUES ('a', 'b')")]
    [InlineData("UPDATE users SET password='x' WHERE id = 1")]
    [InlineData("CREATE TABLE users (name TEXT, password TEXT)")]
    [InlineData("ALTER TABLE users ADD password TEXT")]
    [InlineData("SELECT 1")]
    [InlineData("")]
    public void A_column_of_that_name_is_no_secret_of_the_servers(string text) =>
        Assert.False(SecretWords.MayBeIn(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Without_literals_a_text_is_what_it_looks_like()
    {
        Assert.Equal("select name from users where id = ? and name = ?", Shown("SELECT name FROM users WHERE id = 7 AND name = 'Secret7'"));
        // The first may have changed what quotes mean in the second.
        Assert.Equal("set sql_mode = ?", Shown("SET sql_mode = 'ANSI_QUOTES'; SELECT \"Secret7\""));
    }

    [Fact]
    public void A_text_that_is_not_whole_or_not_understood_is_not_shown_without_literals()
    {
        Assert.Equal(TextState.Withheld, new Redactor().Read("SELECT 'Secr"u8, s_dialect, false, isWhole: false, out _, out _));
        Assert.Equal(TextState.Cut, new Redactor().Read("SELECT 'Secr"u8, s_dialect, true, isWhole: false, out _, out _));
        var unreadable = s_dialect with { Charset = ClientCharset.Unreadable };
        Assert.Equal(TextState.Withheld, new Redactor().Read("SELECT 1"u8, unreadable, false, true, out _, out _));
    }

    [Fact]
    public void A_text_that_two_sessions_may_read_differently_is_not_shown_unless_its_session_is_known()
    {
        var text = @"SELECT 'a\', 'Secret7', 'b'"u8;
        Assert.Equal(TextState.Withheld, new Redactor().Read(text, s_dialect, false, true, out _, out _, isDialectSure: false));
        Assert.Equal(TextState.Redacted,
            new Redactor().Read(@"SELECT 'a\\b'"u8, s_dialect, false, true, out _, out _, isDialectSure: false));
    }

    [Fact]
    public void Rows_have_the_same_hashes_in_pieces_and_only_one_of_them_in_another_order()
    {
        var (whole, pieces, turned) = (new RowHasher(), new RowHasher(), new RowHasher());
        whole.Row("row one"u8);
        whole.Row("row two"u8);
        pieces.Piece("row"u8, false);
        pieces.Piece(""u8, false);
        pieces.Piece(" one"u8, true);
        pieces.Piece("row two"u8, true);
        turned.Row("row two"u8);
        turned.Row("row one"u8);

        Assert.Equal((whole.InOrder, whole.InAnyOrder), (pieces.InOrder, pieces.InAnyOrder));
        Assert.Equal(whole.InAnyOrder, turned.InAnyOrder);
        Assert.NotEqual(whole.InOrder, turned.InOrder);
        whole.Piece("half"u8, false);
        whole.Clear();
        whole.Row("row one"u8);
        pieces.Clear();
        pieces.Row("row one"u8);
        Assert.Equal(whole.InOrder, pieces.InOrder);
    }

    private static string Shown(string text)
    {
        Assert.Equal(TextState.Redacted, new Redactor().Read(Encoding.UTF8.GetBytes(text), s_dialect, false, true, out var shown, out var digest));
        Assert.NotEqual(0UL, digest);
        return Encoding.UTF8.GetString(shown);
    }
}
