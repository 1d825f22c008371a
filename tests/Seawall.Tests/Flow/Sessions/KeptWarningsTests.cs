using System.Text;
using Seawall.Engine.Flow;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>Warnings that were kept are shown in the words in which a server would show them, or not at all.</summary>
public sealed class KeptWarningsTests
{
    [Theory]
    [InlineData("utf8mb4", "utf8mb4", "h\u00e9 \\", true)]
    [InlineData("utf8mb4", "", "h\u00e9 \\", true)]
    [InlineData("utf8", "binary", "h\u00e9 \\", true)]
    [InlineData("utf8mb4", "latin1", "plain:\n{", true)]
    [InlineData("utf8mb4", "latin1", "h\u00e9", false)]
    [InlineData("latin1", "utf8mb4", "h\u00e9", false)]
    [InlineData("utf8mb4", "sjis", "plain", true)]
    [InlineData("utf8mb4", "sjis", "a\\b", false)]
    [InlineData("sjis", "utf8mb4", "a~b", false)]
    [InlineData("utf8mb4", "ucs2", "plain", false)]
    [InlineData("utf32", "utf8mb4", "plain", false)]
    [InlineData("utf32", "utf32", "plain", true)]
    [InlineData("utf8mb4", null, "plain", true)]
    [InlineData("utf8mb4", null, "h\u00e9", false)]
    public void A_message_is_read_in_another_character_set_where_it_is_the_same_there(string kept, string? now, string message, bool isSame)
    {
        var warnings = new KeptWarnings([["Error"u8.ToArray(), "1"u8.ToArray(), Encoding.UTF8.GetBytes(message)]], 1, 1) { CharacterSet = kept };
        Assert.Equal(isSame, warnings.AreReadableIn(now));
    }

    [Theory]
    [InlineData("Error", true)]
    [InlineData("\0E\0r\0r\0o\0r", true)]
    [InlineData("Warning", false)]
    [InlineData("", false)]
    public void An_error_is_known_in_wide_letters_too(string level, bool isError) =>
        Assert.Equal(isError, KeptWarnings.IsError([Encoding.ASCII.GetBytes(level), null, null]));

    [Fact]
    public void What_another_character_set_would_show_otherwise_is_refused()
    {
        using var world = new EngineWorld(StatementTests.OnePooled() with { Kind = FakeServerKind.MariaDb1011 });
        world.Server.When("UPDATE odd", (session, _) =>
        {
            session.Warnings.Add("a\\b");
            return new FakeOk(Warnings: 1);
        });
        var client = world.Client();
        client.Query("UPDATE odd");
        world.Client().Query("SELECT 'other'");
        Assert.Equal("a\\b", client.Query("SHOW WARNINGS").Row[2]);

        Assert.True(client.Query("SET character_set_results = 'latin1'").IsOk);
        Assert.Equal(1235, client.Query("SHOW WARNINGS").Code);
    }
}
