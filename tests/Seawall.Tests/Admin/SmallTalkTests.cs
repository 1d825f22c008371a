using System.Net;
using Seawall.Control.Admin;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Admin;

public sealed class SmallTalkTests
{
    private readonly SmallTalk _talk = new(TimeProvider.System);
    private readonly AdminSession _session = new(7, PeerAddress.From(IPAddress.Loopback, 4711)) { User = "admin" };

    [Theory]
    [InlineData("select @@version_comment limit 1", "@@version_comment", "Seawall admin port; SHOW HELP")]
    [InlineData("SELECT DATABASE()", "DATABASE()", null)]
    [InlineData("SELECT USER()", "USER()", "admin@127.0.0.1")]
    [InlineData("SELECT CURRENT_USER", "CURRENT_USER", "admin@127.0.0.1")]
    [InlineData("SELECT CONNECTION_ID()", "CONNECTION_ID()", "7")]
    [InlineData("SELECT 1", "1", "1")]
    [InlineData("SELECT 'a' AS b", "b", "a")]
    [InlineData("SELECT @@session.autocommit AS ac", "ac", "1")]
    [InlineData("SELECT @@global.max_allowed_packet", "@@global.max_allowed_packet", "65536")]
    public void What_terminals_and_drivers_select_is_answered(string source, string column, string? value)
    {
        var table = Assert.IsType<AdminTable>(_talk.Answer(AdminText.Read(source), _session));

        Assert.Equal(column, Assert.Single(table.Columns).Name);
        Assert.Equal(value, Assert.Single(Assert.Single(table.Rows)).Text);
    }

    [Fact]
    public void Several_things_selected_at_once_come_in_order_with_their_types()
    {
        var table = Assert.IsType<AdminTable>(_talk.Answer(
            AdminText.Read("SELECT @@max_allowed_packet, @@sql_mode mode , now() LIMIT 1"), _session));

        Assert.Equal(["@@max_allowed_packet", "mode", "now()"], table.Columns.Select(column => column.Name));
        Assert.Equal([ColumnKind.Number, ColumnKind.Text, ColumnKind.DateTime], table.Columns.Select(column => column.Kind));
    }

    [Fact]
    public void An_unknown_variable_is_an_error_and_no_hang()
    {
        var refusal = Assert.IsType<AdminRefusal>(_talk.Answer(AdminText.Read("SELECT @@wsrep_on"), _session));
        Assert.Equal(SqlError.UnknownVariable, refusal.Error);
    }

    [Theory]
    [InlineData("SELECT * FROM mysql.user")]
    [InlineData("SELECT 1 + 1")]
    [InlineData("SELECT")]
    [InlineData("select $$")]
    [InlineData("SELECT SLEEP(10)")]
    [InlineData("SHOW GLOBAL STATUS")]
    [InlineData("SHOW PROCESSLIST")]
    [InlineData("KILL QUERY 5")]
    public void What_only_a_server_could_answer_is_no_small_talk(string source) =>
        Assert.Null(_talk.Answer(AdminText.Read(source), _session));

    [Theory]
    [InlineData("SET NAMES utf8mb4")]
    [InlineData("SET autocommit=1, sql_mode = ''")]
    [InlineData("begin")]
    [InlineData("START TRANSACTION READ ONLY")]
    [InlineData("COMMIT")]
    [InlineData("ROLLBACK")]
    public void What_has_no_meaning_here_is_done(string source) =>
        Assert.IsType<AdminDone>(_talk.Answer(AdminText.Read(source), _session));

    [Fact]
    public void There_is_one_schema_and_nothing_in_it()
    {
        Assert.IsType<AdminDone>(_talk.Answer(AdminText.Read("USE `seawall`"), _session));
        Assert.Equal("seawall", _session.Schema);
        Assert.Equal(SqlError.UnknownSchema, Assert.IsType<AdminRefusal>(_talk.Answer(AdminText.Read("USE mysql"), _session)).Error);
        Assert.Equal("seawall", Rows("SHOW DATABASES")[0][0].Text);
        Assert.Empty(Rows("show full tables"));
        Assert.Empty(Rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'"));
        Assert.Equal(["version", "version_comment"], Rows("SHOW VARIABLES LIKE 'version%'").Select(row => row[0].Text));
    }

    [Fact]
    public void A_host_is_an_address_of_either_family_or_this_machine()
    {
        Assert.Equal("2001:db8::7", new AdminSession(1, PeerAddress.From(IPAddress.Parse("2001:db8::7"), 5)).Host);
        Assert.Equal("192.0.2.7", new AdminSession(1, PeerAddress.From(IPAddress.Parse("192.0.2.7"), 5)).Host);
        Assert.Equal("localhost", new AdminSession(1, PeerAddress.Unix).Host);
    }

    [Fact]
    public void Warnings_are_those_of_the_command_before()
    {
        _session.Warnings = ["10 of 20 shown"];
        Assert.Equal(["Warning", "1105", "10 of 20 shown"], Rows("SHOW WARNINGS")[0].Select(cell => cell.Text));
    }

    private AdminCell[][] Rows(string source) =>
        [.. Assert.IsType<AdminTable>(_talk.Answer(AdminText.Read(source), _session)).Rows];
}
