using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>The names that statements give to what they make and set.</summary>
public sealed class StatementNamesTests
{
    [Theory]
    [InlineData("set a = 1", "a")]
    [InlineData("SET SESSION A = 1, Local b := 2, @@c = 3, @@session.`D` = 4, @@local.e = 5, `f` = 6", "a b c d e f")]
    [InlineData("set global a = 1, b = 2, session c = 3, d = 4, @@global.e = 5, f = 6, persist g = 7, @@persist_only.h = 8", "c d f")]
    [InlineData("set a = (select max(b) from t where c in (1, 2)), d = concat('x', @@a), e = 1", "a d e")]
    [InlineData("set @a = 1, b = 2, @`c` := 3", "b")]
    [InlineData("set names utf8 collate utf8_bin, a = 1", "a")]
    [InlineData("set character set utf8, a = 1; ", "a")]
    [InlineData("set a = 1, a = 2, A = 3", "a")]
    [InlineData("/*!40101 set a = 1, /* x */ b = 2 */", "a b")]
    [InlineData("set session transaction read only", "transaction_isolation transaction_read_only")]
    [InlineData("set transaction read only", "")]
    [InlineData("set global transaction read only", "")]
    [InlineData("set @@transaction_isolation = 'SERIALIZABLE', transaction_read_only = 1", "transaction_read_only")]
    [InlineData("set password = 'x'", "")]
    [InlineData("set role all", "")]
    [InlineData("set global hot.key_buffer_size = 1, session a = 1", "a")]
    [InlineData("set autocommit = 0", "autocommit")]
    [InlineData("set validate_password.policy = 0", null)]
    [InlineData("set @@a.b = 0", null)]
    [InlineData("set a", null)]
    [InlineData("set a = 1, ", null)]
    [InlineData("set a = 'x", null)]
    [InlineData("set a = 1; set b = 2", null)]
    [InlineData("select 1", null)]
    [InlineData("", null)]
    public void The_variables_that_set_assigns_are_told(string sql, string? expected)
    {
        var names = new List<string>();
        var isRead = StatementNames.TryReadAssigned(Encoding.UTF8.GetBytes(sql), Dialects.MySql97, names);
        Assert.Equal(expected, isRead ? string.Join(' ', names) : null);
    }

    [Theory]
    [InlineData("set timestamp = 5", "set")]
    [InlineData("SET SESSION TIMESTAMP := 1700000000.5;", "set")]
    [InlineData("set @@session.timestamp=7/*!*/", "set")]
    [InlineData("set timestamp = 0.5", "set")]
    [InlineData("set timestamp = default", "clock")]
    [InlineData("set @@timestamp = DEFAULT", "clock")]
    [InlineData("set local timestamp = 0", "clock")]
    [InlineData("set @@local.timestamp = 0;", "clock")]
    [InlineData("set timestamp = -5", null)]
    [InlineData("set timestamp = 0 + 5", null)]
    [InlineData("set timestamp = default, insert_id = 5", null)]
    [InlineData("set insert_id = 5, timestamp = default", null)]
    [InlineData("set timestamp = default; set timestamp = 5", null)]
    [InlineData("set @timestamp = 0", null)]
    [InlineData("set @@session timestamp = 0", null)]
    [InlineData("set global timestamp = 0", null)]
    [InlineData("set @@global.timestamp = 0", null)]
    [InlineData("set statement timestamp = 0 for select 1", null)]
    [InlineData("set timestamp = f()", null)]
    [InlineData("set timestamp", null)]
    public void A_timestamp_that_is_set_alone_is_told(string sql, string? expected)
    {
        foreach (var dialect in (SqlDialect[])[Dialects.MariaDb, Dialects.MySql97])
        {
            var isRead = StatementNames.TryReadTimestamp(Encoding.UTF8.GetBytes(sql), dialect, out var isClock);
            Assert.Equal(expected, !isRead ? null : isClock ? "clock" : "set");
        }
    }

    [Theory]
    [InlineData("set role none", "none")]
    [InlineData("SET ROLE NONE;", "none")]
    [InlineData("set role default", "default")]
    [InlineData("set role `none`", "some")]
    [InlineData("set role 'none'", "some")]
    [InlineData("set role reader", "some")]
    [InlineData("set role all except none", "some")]
    [InlineData("set role none, reader", "some")]
    [InlineData("set default role none to me", null)]
    [InlineData("set resource group none", null)]
    [InlineData("set role none; set role reader", null)]
    public void The_roles_that_a_session_takes_are_told(string sql, string? expected)
    {
        var isRead = StatementNames.TryReadRole(Encoding.UTF8.GetBytes(sql), Dialects.MySql97, out var isNone, out var isDefault);
        Assert.Equal(expected, !isRead ? null : isNone ? "none" : isDefault ? "default" : "some");
    }

    [Fact]
    public void Settings_for_one_statement_are_not_told()
    {
        Assert.False(StatementNames.TryReadAssigned("set statement a = 1 for select 1"u8, Dialects.MariaDb, []));
        Assert.True(StatementNames.TryReadAssigned("set statement = 1"u8, Dialects.MySql97, []));
    }

    [Fact]
    public void Names_that_are_there_already_are_not_told_twice()
    {
        List<string> names = ["autocommit"];
        Assert.True(StatementNames.TryReadAssigned("set autocommit = 1, b = 1"u8, Dialects.MySql97, names));
        Assert.Equal(["autocommit", "b"], names);
    }

    [Fact]
    public void The_isolation_of_a_session_has_the_name_that_the_server_knows()
    {
        List<string> names = [];
        Assert.True(StatementNames.TryReadAssigned("set session transaction read only"u8, Dialects.MySql56, names));
        Assert.True(StatementNames.TryReadAssigned("set local transaction read only"u8, Dialects.MariaDb, names));
        Assert.Equal(["tx_isolation", "tx_read_only"], names);
    }

    [Theory]
    [InlineData("create temporary table a (b int)", "s.a")]
    [InlineData("create temporary table if not exists `a b` like c", "s.a b")]
    [InlineData("create temporary table d.a select 1", "d.a")]
    [InlineData("create temporary table `d`.`a`(b int)", "d.a")]
    [InlineData("create temporary table `d.x`.a (b int)", "d..x.a")]
    [InlineData("create table a (b int)", null)]
    [InlineData("create temporary table `a``b` (b int)", null)]
    public void The_table_that_is_made_is_told_with_its_schema(string sql, string? expected)
    {
        var isRead = StatementNames.TryReadCreatedTable(Encoding.UTF8.GetBytes(sql), Dialects.MySql97, "s", out var name);
        Assert.Equal(expected, name);
        Assert.Equal(expected is not null, isRead);
    }

    [Fact]
    public void A_name_with_a_byte_that_may_be_a_letter_is_not_told()
    {
        var latin = Dialects.Named("latin1");
        foreach (byte[] text in new byte[][]
        {
            [.. "create temporary table t"u8, 0xE9, .. "(a int)"u8], [.. "create temporary table "u8, 0xE9, .. "t (a int)"u8],
        })
        {
            Assert.False(StatementNames.TryReadCreatedTable(text, latin, null, out _));
        }
        Assert.False(StatementNames.TryReadDroppedTables([.. "drop table t"u8, 0xE9], latin, null, []));
        Assert.False(StatementNames.TryReadHandler([.. "handler t"u8, 0xE9, .. " close"u8], latin, out _));
        Assert.False(StatementNames.TryReadPrepared([.. "drop prepare t"u8, 0xE9], latin, out _));
    }
}
