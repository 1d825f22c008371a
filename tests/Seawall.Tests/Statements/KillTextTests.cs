using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>Whom a KILL names, and where a SELECT gives the number of its connection.</summary>
public sealed class KillTextTests
{
    [Theory]
    [InlineData("kill 2147483649", "Number 2147483649")]
    [InlineData("KILL CONNECTION 2147483649;", "Number 2147483649")]
    [InlineData("kill query 7", "Number 7 query")]
    [InlineData("/* a 1 */ Kill /*!50000 Query */ -- x 2\n 2147483650 # 3", "Number 2147483650 query")]
    [InlineData("KILL QUERY '2147483650'", "Number 2147483650 query")]
    [InlineData("kill query connection_id()", "Itself 0 query")]
    [InlineData("kill connection_id ( )", "Itself 0")]
    [InlineData("KILL QUERY -2147483645", "Number 2147483651 query")]
    [InlineData("kill -1", "Number 4294967295")]
    [InlineData("kill -2147483648", "Number 2147483648")]
    [InlineData("kill -2147483649", "Something 0")]
    [InlineData("kill -0", "Something 0")]
    [InlineData("kill --7", "Something 0")]
    [InlineData("kill -?", "Something 0")]
    [InlineData("kill ?", "Parameter 0")]
    [InlineData("kill query ?", "Parameter 0 query")]
    [InlineData("kill 99999999999999999999", "Something 0")]
    [InlineData("kill 1e3", "Something 0")]
    [InlineData("kill 7.0", "Something 0")]
    [InlineData("kill 7 + 1", "Something 0")]
    [InlineData("kill (7)", "Something 0")]
    [InlineData("kill @id", "Something 0")]
    [InlineData("kill query", "Something 0")]
    [InlineData("kill", "Something 0")]
    [InlineData("kill user root", "Something 0")]
    [InlineData("kill 7; kill 8", "Something 0")]
    [InlineData("kill soft 7", "Something 0")]
    [InlineData("select 7", "Something 0")]
    public void A_kill_is_read_where_its_number_is_written_out(string sql, string expected) =>
        Assert.Equal(expected, Show(KillTarget.Read(Encoding.UTF8.GetBytes(sql), Dialects.MySql97)));

    [Theory]
    [InlineData("kill soft 7", "Number 7")]
    [InlineData("kill hard query 7", "Number 7 query")]
    [InlineData("kill hard soft 7", "Something 0")]
    [InlineData("kill query id 7", "Something 0")]
    public void MariaDb_has_words_of_its_own(string sql, string expected) =>
        Assert.Equal(expected, Show(KillTarget.Read(Encoding.UTF8.GetBytes(sql), Dialects.MariaDb)));

    private static string Show(KillTarget target) => $"{target.Names} {target.Id}{(target.IsQuery ? " query" : "")}";
}
