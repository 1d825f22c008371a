using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>Who asks by <c>WHERE id IS NULL</c>, and who switches that on for one statement.</summary>
public sealed class NullQuestionTests
{
    [Theory]
    [InlineData("select n from t where id is null", true)]
    [InlineData("delete from t where ID IS /* not so */\n NULL", true)]
    [InlineData("select 1; update t set n = 1 where isnull (id)", true)]
    [InlineData("select n from t where `isnull` = 1", true)]
    [InlineData("select n from t where id is null and s = 'open", true)]
    [InlineData("select n from t where id is not null", false)]
    [InlineData("insert into t values (null), ('is null')", false)]
    [InlineData("select n from t where id <=> null -- is null", false)]
    [InlineData("select nul, l from t", false)]
    [InlineData("nul", false)]
    public void It_is_known_who_asks_by_null(string sql, bool expected) =>
        Assert.Equal(expected, NullQuestion.IsIn(Encoding.UTF8.GetBytes(sql), default));

    [Theory]
    [InlineData("select /*+ SET_VAR(SQL_Auto_Is_Null=1) */ 1", true)]
    [InlineData("set statement `sql_auto_is_null`=1 for select 1", true)]
    [InlineData("select sql_auto_is_nul", false)]
    [InlineData("s", false)]
    [InlineData("", false)]
    public void It_is_known_where_the_variable_is_named(string sql, bool expected) =>
        Assert.Equal(expected, NullQuestion.NamesVariable(Encoding.UTF8.GetBytes(sql)));
}
