using System.Text;
using Seawall.Engine.Flow.Decisions;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;
using Seawall.Tests.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Kills;

/// <summary>Which statements may be ended because nobody listens any more.</summary>
public sealed class VanishingTests
{
    private const ServerStatus Alone = ServerStatus.Autocommit;
    private const ServerStatus InTransaction = ServerStatus.Autocommit | ServerStatus.InTransaction;

    [Theory]
    [InlineData("select * from t where a = 1")]
    [InlineData("select sleep(10), connection_id(), last_insert_id() from t for update")]
    [InlineData("with a as (select 1) select * from a")]
    [InlineData("do sleep(10)")]
    [InlineData("show tables")]
    [InlineData("select 1; select 2")]
    [InlineData("select get_lock('a', 10), release_lock('b'), release_all_locks()")]
    [InlineData("do get_lock(@a, 3600)")]
    public void What_only_reads_may_be_ended(string sql) => Assert.True(MayEnd(sql, Alone));

    [Theory]
    [InlineData("insert into t values (1)")]
    [InlineData("update t set a = 1")]
    [InlineData("delete from t")]
    [InlineData("replace into t values (1)")]
    [InlineData("with a as (select 1) update t set b = 2")]
    [InlineData("select @a := 1")]
    public void What_is_rolled_back_may_be_ended_in_a_transaction_only(string sql)
    {
        Assert.False(MayEnd(sql, Alone));
        Assert.True(MayEnd(sql, InTransaction));
        Assert.True(MayEnd(sql, ServerStatus.None)); // With autocommit off one is open, or begins.
    }

    [Theory]
    [InlineData("commit")]
    [InlineData("rollback")]
    [InlineData("xa prepare 'a'")]
    [InlineData("create table t (a int)")]
    [InlineData("drop temporary table t")]
    [InlineData("call p()")]
    [InlineData("select f(1)")]
    [InlineData("insert into t values (f(1))")]
    [InlineData("select 1 into outfile 'a'")]
    [InlineData("load data infile 'a' into table t")]
    [InlineData("update t set a = 1; commit")]
    [InlineData("set global read_only = 1")]
    [InlineData("execute s")]
    [InlineData("analyze table t")]
    [InlineData("kill 7")]
    [InlineData("select 'x")]
    public void What_lasts_or_cannot_be_known_never_may(string sql)
    {
        Assert.False(MayEnd(sql, Alone));
        Assert.False(MayEnd(sql, InTransaction));
    }

    [Fact]
    public void Other_commands_are_over_soon()
    {
        Assert.False(Vanishing.MayEnd(CommandKind.StatementPrepare, Dialects.Read("select 1", Dialects.MySql97), Alone));
        Assert.False(Vanishing.MayEnd(CommandKind.InitDb, default, Alone));
        Assert.True(Vanishing.MayEnd(CommandKind.StatementFetch, default, Alone));
    }

    private static bool MayEnd(string sql, ServerStatus before) => Vanishing.MayEnd(
        CommandKind.Query, StatementLexer.Read(Encoding.UTF8.GetBytes(sql), Dialects.MySql97), before);
}
