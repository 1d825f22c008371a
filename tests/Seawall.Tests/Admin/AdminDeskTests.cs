using Seawall.Control.Admin;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Admin;

public sealed class AdminDeskTests
{
    [Theory]
    [InlineData("show pools", "SHOW POOLS")]
    [InlineData("SHOW CLIENTS LIMIT 5;", "SHOW CLIENTS")]
    [InlineData("help", "SHOW HELP")]
    [InlineData("Shutdown Now", "SHUTDOWN")]
    [InlineData("kill client 7", "KILL CLIENT")]
    [InlineData("show last route for 7", "SHOW LAST ROUTE FOR")]
    public void Commands_are_known_by_their_words_in_any_case(string text, string name) =>
        Assert.Equal(name, AdminDesk.Find(AdminText.Read(text))?.Name);

    [Theory]
    [InlineData("show pool", "SHOW POOLS")]
    [InlineData("SHOW CLIENST", "SHOW CLIENTS")]
    [InlineData("reloda", "RELOAD")]
    [InlineData("shutdwon", "SHUTDOWN")]
    public void What_is_nearly_a_command_gets_its_name_for_an_answer(string text, string name)
    {
        var refusal = AdminDesk.Unknown(AdminText.Read(text));

        Assert.Equal(SqlError.Syntax, refusal.Error);
        Assert.Contains($"did you mean {name}?", refusal.Words, StringComparison.Ordinal);
        Assert.Contains("SHOW HELP", refusal.Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_statement_for_a_server_is_refused_without_being_repeated()
    {
        var refusal = AdminDesk.Unknown(AdminText.Read("UPDATE accounts SET balance = 12345 WHERE secret = 'marker-7f3a'"));

        Assert.DoesNotContain("marker-7f3a", refusal.Words, StringComparison.Ordinal);
        Assert.DoesNotContain("did you mean", refusal.Words, StringComparison.Ordinal);
        Assert.InRange(AdminDesk.Unknown(AdminText.Read(new string('x', 5000))).Words.Length, 10, 200);
    }

    [Theory]
    [InlineData("SHOW CLIENTS LIMIT", "SHOW CLIENTS [LIMIT n]")]
    [InlineData("SHOW CLIENTS LIMIT -1", "SHOW CLIENTS [LIMIT n]")]
    [InlineData("SHOW CLIENTS LIMIT 99999999999", "SHOW CLIENTS [LIMIT n]")]
    [InlineData("SHOW POOLS LIKE 'x'", "SHOW POOLS")]
    [InlineData("SHOW STATS LIKE x", "SHOW STATS [LIKE 'pattern']")]
    [InlineData("KILL CLIENT", "KILL CLIENT id")]
    [InlineData("KILL CLIENT me", "KILL CLIENT id")]
    [InlineData("SHOW LAST ROUTE FOR me", "SHOW LAST ROUTE FOR id")]
    [InlineData("KILL CLIENT 1 2", "KILL CLIENT id")]
    [InlineData("RELOAD now", "RELOAD")]
    public void What_cannot_follow_a_command_is_refused_with_how_it_is_written(string source, string usage)
    {
        var text = AdminText.Read(source);
        var command = AdminDesk.Find(text)!;

        Assert.Null(AdminArguments.Read(command, text.Tokens.Skip(command.Words.Length).ToArray(), out var problem));
        Assert.Contains(usage, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kill client 7;", "KILL CLIENT 7")]
    [InlineData("shutdown now", "SHUTDOWN NOW")]
    [InlineData("RELOAD", "RELOAD")]
    [InlineData("RELOAD marker-33c1", "RELOAD, wrongly written")]
    public void The_log_hears_what_was_understood_and_nothing_else(string source, string said)
    {
        var text = AdminText.Read(source);
        Assert.Equal(said, AdminDesk.Said(text, AdminDesk.Find(text)!));
    }

    [Fact]
    public void What_may_follow_a_command_is_read()
    {
        Assert.Equal(5, Read("SHOW PINS LIMIT 5").Limit);
        Assert.Equal("a%", Read("SHOW SETTINGS LIKE 'a%'").Like);
        Assert.Equal(2147483649u, Read("KILL CLIENT 2147483649").Id);
        Assert.True(Read("SHUTDOWN NOW").Now);
        Assert.False(Read("SHUTDOWN").Now);
    }

    private static AdminArguments Read(string source)
    {
        var text = AdminText.Read(source);
        var command = AdminDesk.Find(text)!;
        return AdminArguments.Read(command, text.Tokens.Skip(command.Words.Length).ToArray(), out _)!;
    }
}
