using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>What <c>SET @seawall_…</c> says.</summary>
public sealed class OwnAssignmentsTests
{
    [Theory]
    [InlineData("SET @seawall_priority = 'low'", "low", null)]
    [InlineData("set\n@SEAWALL_Priority:=\"P4\" ;", "P4", null)]
    [InlineData("SET @seawall_priority = NULL", "", null)]
    [InlineData("/* tag */ SET /*x*/ @seawall_deadline_ms=300 /*tenant='1'*/", null, 300)]
    [InlineData("SET @seawall_deadline_ms = NULL", null, 0)]
    [InlineData("SET @seawall_priority='low' , @seawall_deadline_ms = '250'", "low", 250)]
    public void It_says_what_to_do_with_the_statements_to_come(string text, string? priority, int? deadlineMs)
    {
        var read = OwnAssignments.Read(Encoding.UTF8.GetBytes(text));

        Assert.Equal(OwnSet.Valid, read.Kind);
        Assert.Equal((priority is not null, priority ?? ""), (read.SetsPriority, Encoding.UTF8.GetString(read.Priority)));
        Assert.Equal((deadlineMs is not null, deadlineMs ?? 0), (read.SetsDeadline, read.DeadlineMs));
    }

    [Theory]
    [InlineData("SET @seawall_priority")]
    [InlineData("SET @seawall_priority = ")]
    [InlineData("SET @seawall_priority = low")]
    [InlineData("SET @seawall_priority = 'lo\\w'")]
    [InlineData("SET @seawall_priority = 'lo''w'")]
    [InlineData("SET @seawall_priority = 'low', @other = 1")]
    [InlineData("SET @seawall_priority = 'low'; SELECT 1")]
    [InlineData("SET @seawall_priority = concat('l','ow')")]
    [InlineData("SET @seawall_deadline_ms = 1.5")]
    [InlineData("SET @seawall_deadline_ms = 3600001")]
    [InlineData("SET @seawall_deadline_ms = 99999999999999")]
    [InlineData("SET @seawall_other = 1")]
    public void What_is_not_understood_is_not_taken_for_something_else(string text) =>
        Assert.Equal(OwnSet.Invalid, OwnAssignments.Read(Encoding.UTF8.GetBytes(text)).Kind);

    [Theory]
    [InlineData("SET @seawall_priority = ?", 1, 24)]
    [InlineData("/* ? */ SET @seawall_priority = '?', @seawall_min_gtid = ?,@seawall_deadline_ms=? /*'?'*/", 2, 57)]
    [InlineData("SET @seawall_priority = '?'", 0, -1)]
    public void Values_may_be_parameters_where_it_is_prepared(string text, int parameters, int first)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var read = OwnAssignments.ReadPrepared(bytes);
        Assert.Equal((OwnSet.Valid, parameters), (read.Kind, read.Parameters));
        Assert.Equal(first, OwnAssignments.FindParameter(bytes));
        Assert.Equal(parameters == 0 ? OwnSet.Valid : OwnSet.Invalid, OwnAssignments.Read(bytes).Kind);
    }

    [Theory]
    [InlineData("SET @a = '@seawall_priority'")]
    [InlineData("SET @a = 1, @seawall_priority = 'low'")]
    [InlineData("SELECT @seawall_priority := 'low'")]
    [InlineData("SETTING @seawall_priority = 'low'")]
    [InlineData("/*! SET @seawall_priority = 'low' */")]
    [InlineData("/* open")]
    [InlineData("SET")]
    [InlineData("")]
    public void Everything_else_is_the_servers(string text) =>
        Assert.Equal(OwnSet.None, OwnAssignments.Read(Encoding.UTF8.GetBytes(text)).Kind);

    [Fact]
    public void Nothing_makes_it_throw()
    {
        var random = new Random(11);
        string[] pieces = ["set", " ", "@seawall_", "priority", "deadline_ms", "=", ":=", "'", "\"", "low", "3", ",", ";", "/*", "*/", "null", "\\"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            _ = OwnAssignments.Read(Encoding.UTF8.GetBytes(text)).Priority.Length;
        }
    }
}
