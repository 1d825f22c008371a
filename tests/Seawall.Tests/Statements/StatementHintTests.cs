using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>What a text says of the facts that it leaves behind.</summary>
public sealed class StatementHintTests
{
    // Measured on MariaDB 10.11 and MySQL 5.6: those of several tables count rows as a SELECT does.
    [Theory]
    [InlineData("update t set a = 1, b = 2 where c in (1, 2)", false)]
    [InlineData("update low_priority ignore `t` set a = 1", false)]
    [InlineData("delete from t where a in (1, 2)", false)]
    [InlineData("delete low_priority quick ignore from t where a = (select max(a) from m)", false)]
    [InlineData("update t, m set t.a = m.a", true)]
    [InlineData("update t join m on t.a = m.a set t.a = 1", true)]
    [InlineData("delete t from t, m where t.a = m.a", true)]
    [InlineData("delete from t using t, m where t.a = m.a", true)]
    [InlineData("delete from t.*, m.* using t join m", true)]
    public void A_change_of_several_tables_counts_rows(string sql, bool expected) =>
        Assert.Equal(expected, HintsOf(sql).HasFlag(StatementHints.HidesFoundRows));

    [Theory]
    [InlineData("set a = 1; select 2; do 0; use b", false)]
    [InlineData("begin; rollback; savepoint a; unlock tables; deallocate prepare p", false)]
    [InlineData("set a = 1; insert into t values (1)", true)]
    [InlineData("show tables", true)]
    [InlineData("lock tables t read", true)]
    [InlineData("select 1; call p()", true)]
    [InlineData("explain select 1", false)]
    [InlineData("desc extended (select 1 union select 2)", false)]
    [InlineData("explain t", true)]
    [InlineData("describe t 'n'", true)]
    [InlineData("explain insert into t select 1", true)]
    [InlineData("explain update t set n = (select 1)", true)]
    [InlineData("explain replace into t values (1)", true)]
    [InlineData("explain for connection 5", true)]
    public void A_text_says_whether_any_of_it_uses_tables(string sql, bool expected) =>
        Assert.Equal(expected, HintsOf(sql).HasFlag(StatementHints.UsesTables));

    [Theory]
    [InlineData("show create table t", true)]
    [InlineData("desc update t set a = 1", true)]
    [InlineData("explain delete from t", true)]
    [InlineData("show full columns from t", false)]
    [InlineData("show columns from `create`", false)]
    [InlineData("describe t", false)]
    [InlineData("explain select 1", false)]
    [InlineData("update t set a = 1", false)]
    public void It_is_known_what_opens_what_it_names(string sql, bool expected) =>
        Assert.Equal(expected, HintsOf(sql).HasFlag(StatementHints.Opens));

    [Theory]
    [InlineData("set statement sort_buffer_size = 1 for select 1", true)]
    [InlineData("set statement sort_buffer_size = 1 for set sql_notes = 1", true)]
    [InlineData("select 1; set statement sql_notes = 1 for select 2", true)]
    [InlineData("set sql_notes = 1", false)]
    [InlineData("set statement sql_notes = 1", false)]
    public void It_is_known_whether_settings_are_put_back(string sql, bool expected) => Assert.Equal(expected, StatementLexer.Read(
        Encoding.UTF8.GetBytes(sql), new SqlDialect { MariaDb = true }).Hints.HasFlag(StatementHints.PutsBack));

    [Theory]
    [InlineData("select /*+ set_var(sql_auto_is_null=1) */ 1", true)]
    [InlineData("with c as (select 1) delete /*+ max_execution_time(1) */ from t", true)]
    [InlineData("select /* set_var(sql_auto_is_null=1) */ 1", false)]
    [InlineData("select 1 /*+ 2 */", false)]
    public void It_is_known_whether_there_are_hints_for_the_optimizer(string sql, bool expected) =>
        Assert.Equal(expected, HintsOf(sql).HasFlag(StatementHints.HasHints));

    private static StatementHints HintsOf(string sql) => StatementLexer.Read(Encoding.UTF8.GetBytes(sql), default).Hints;
}
