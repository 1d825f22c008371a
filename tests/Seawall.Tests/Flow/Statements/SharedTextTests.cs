using Seawall.Engine.Flow;
using Seawall.MySql.Commands;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>
/// Statements of one text share the server's statement, but not what a client has on it: an open cursor, or pieces of a
/// parameter that the next execution takes.
/// </summary>
public sealed class SharedTextTests
{
    [Fact]
    public void Two_cursors_of_one_text_are_read_side_by_side()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SELECT list", (_, sql) => new FakeRows(["n"],
            Enumerable.Range(0, 4).Select(i => (IReadOnlyList<string?>)[$"{sql[^2]}{i}"])));
        var client = world.Client();
        var first = client.Prepare("SELECT list = ?");
        var second = client.Prepare("SELECT list = ?");

        _ = client.BeginExecute(first.Id, ["a"], cursor: 1).Value;
        Assert.Equal("a0", client.Fetch(first.Id, 1, 1).Scalar);
        _ = client.BeginExecute(second.Id, ["b"], cursor: 1).Value;
        Assert.Equal("b0", client.Fetch(second.Id, 1, 1).Scalar);

        Assert.Equal("a1", client.Fetch(first.Id, 1, 1).Scalar);
        Assert.Equal("b1", client.Fetch(second.Id, 1, 1).Scalar);
        Assert.Equal(2, client.Fetch(first.Id, 3, 1).Only.Rows.Count);
        Assert.Equal(2, client.Fetch(second.Id, 3, 1).Only.Rows.Count);
        Assert.Equal("other", world.Client().Query("SELECT 'other'").Scalar);
    }

    [Fact]
    public void A_cursor_outlives_the_preparation_of_the_same_text()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SELECT list", new FakeRows(["n"], Enumerable.Range(0, 4).Select(i => (IReadOnlyList<string?>)[$"{i}"])));
        var client = world.Client();
        var first = client.Prepare("SELECT list");
        _ = client.BeginExecute(first.Id, [], cursor: 1).Value;

        client.Prepare("SELECT list");

        Assert.Equal("0", client.Fetch(first.Id, 1, 1).Scalar);
    }

    [Fact]
    public void Pieces_of_a_parameter_belong_to_one_of_two_statements_of_one_text()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var first = client.Prepare("SELECT ?");
        var second = client.Prepare("SELECT ?");
        client.Execute(first.Id, "warm");

        SendPiece(client, first.Id, "mine");

        Assert.Equal("plain", client.Execute(second.Id, "plain").Scalar);
        Assert.Equal("mine", client.Execute(first.Id, (string?)null).Scalar);
        SendPiece(client, first.Id, "one");
        SendPiece(client, second.Id, "two");
        Assert.Equal("one", client.Execute(first.Id, (string?)null).Scalar);
        Assert.Equal("two", client.Execute(second.Id, (string?)null).Scalar);
    }

    [Fact]
    public void Pieces_of_a_parameter_outlive_many_preparations()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Pools = options.Pools with { SizeMax = 1, PreparedMax = 3 } },
        });
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?");
        SendPiece(client, prepared.Id, "kept");

        for (var i = 0; i < 5; i++)
            client.Prepare($"SELECT {i}");

        Assert.Equal("kept", client.Execute(prepared.Id, (string?)null).Scalar);
    }

    [Fact]
    public void What_was_kept_for_one_is_shared_again_or_closed()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var first = client.Prepare("SELECT ?");
        var second = client.Prepare("SELECT ?");
        for (var i = 0; i < 20; i++)
        {
            SendPiece(client, first.Id, "a");
            SendPiece(client, second.Id, "b");
            Assert.Equal("a", client.Execute(first.Id, (string?)null).Scalar);
            client.BeginCommand(CommandKind.StatementReset, BitConverter.GetBytes(second.Id)).Value.Only.ToString();
        }

        Assert.Equal("x", client.Execute(second.Id, "x").Scalar);
        Assert.InRange(world.Pooled.Single().PreparedCount, 1, 2);
    }

    // MySQL since 8.0 answers so when a piece is of another type than its parameter, and goes on so until the statement is reset.
    [Fact]
    public void What_the_server_calls_malformed_keeps_its_pieces_and_is_nobody_elses()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SELECT 'bad'", new FakeError(1835, "Malformed communication packet."));
        var client = world.Client();
        var other = world.Client();
        var id = client.Prepare("SELECT ?").Id;
        var others = other.Prepare("SELECT ?").Id;
        SendPiece(client, id, "bad");

        Assert.Equal(1835, client.Execute(id, (string?)null).Code);

        Assert.Contains(world.Engine.Lanes.Single().Door.Sessions, session => session.PinReasons.HasFlag(PinReasons.LongData));
        Assert.True(client.BeginCommand(CommandKind.StatementReset, BitConverter.GetBytes(id)).Value.IsOk);
        Assert.Equal("good", other.Execute(others, "good").Scalar);
        Assert.Equal("mine", client.Execute(id, "mine").Scalar);
    }

    private static void SendPiece(Testing.Clients.FakeClient client, uint id, string text) => client.Tell(
        CommandKind.StatementSendLongData, [.. BitConverter.GetBytes(id), 0, 0, .. System.Text.Encoding.UTF8.GetBytes(text)]);
}
