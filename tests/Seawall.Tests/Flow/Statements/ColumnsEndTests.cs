using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>
/// Clients of the old dialect read from the EOF packet behind the columns what comes: OUT parameters of a procedure, and
/// whether another result follows. A server of the new one says that at the end of the rows only.
/// </summary>
public sealed class ColumnsEndTests
{
    private const ServerStatus Flags = ServerStatus.OutParameters | ServerStatus.NoIndexUsed;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_end_of_the_columns_says_what_the_end_of_the_rows_says(bool isChaotic)
    {
        using var world = new EngineWorld(new() { IsChaotic = isChaotic });
        var rows = new FakeRows(["out"], [["value"]], Flags: Flags);
        world.Server.When("CALL both", new FakeSeveral([rows, new FakeRows(["n"], []), new FakeOk()]));
        world.Server.When("SELECT 'flags'", new FakeRows(["n"], [["1"], ["2"]], Flags: ServerStatus.NoIndexUsed));
        var client = Old(world);

        foreach (var reply in (Reply[])[client.Query("CALL both()"), client.Execute(client.Prepare("CALL both()").Id)])
        {
            Assert.Equal(3, reply.Results.Count);
            Assert.True(reply.Results[0].ColumnsStatus.HasFlag(Flags | ServerStatus.MoreResults));
            // MySQL says that of OUT parameters behind their columns, and not again behind their row.
            Assert.Equal(reply.Results[0].ColumnsStatus & ~(ServerStatus.OutParameters | ServerStatus.MoreResults), reply.Results[0].Status);
            Assert.Equal(reply.Results[1].Status, reply.Results[1].ColumnsStatus);
        }
        var flags = client.Query("SELECT 'flags'").Only;
        Assert.Equal(flags.Status, flags.ColumnsStatus);
        Assert.True(flags.ColumnsStatus.HasFlag(ServerStatus.NoIndexUsed));
    }

    [Fact]
    public void Rows_that_come_one_by_one_are_not_held_back_for_ever()
    {
        using var world = new EngineWorld();
        var many = Enumerable.Range(0, 50_000).Select(i => (IReadOnlyList<string?>)[$"row {i}"]);
        world.Server.When("CALL many", new FakeSeveral([new FakeRows(["n"], many, Flags: Flags), new FakeOk()]));
        world.Server.When("SELECT 'many'", new FakeRows(["n"], many, Flags: Flags));
        var client = Old(world);

        var called = client.Query("CALL many()");
        var selected = client.Query("SELECT 'many'").Only;

        Assert.Equal(50_000, called.Results[0].Rows.Count);
        Assert.True(called.Results[0].ColumnsStatus.HasFlag(ServerStatus.MoreResults)); // Behind a procedure's rows something always comes.
        Assert.Equal(50_000, selected.Rows.Count);
        Assert.Equal(ServerStatus.Autocommit, selected.ColumnsStatus);
    }

    // As the rows of a procedure end in which a cursor was open.
    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_cursor_inside_a_procedure_is_none_of_the_clients(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        world.Server.When("CALL cursor", new FakeSeveral([new FakeRows(["n"], [["1"]], Flags: ServerStatus.CursorExists), new FakeOk()]));
        var client = Old(world);

        var reply = client.Execute(client.Prepare("CALL cursor()").Id);

        Assert.Equal(2, reply.Results.Count);
        Assert.Equal(["1"], Assert.Single(reply.Results[0].Rows));
        Assert.True(reply.Results[0].ColumnsStatus.HasFlag(ServerStatus.CursorExists | ServerStatus.MoreResults));
        Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
    }

    [Fact]
    public void An_error_in_place_of_rows_comes_behind_the_end_of_the_columns()
    {
        using var world = new EngineWorld();
        world.Server.When("SELECT 'fails'", new FakeRows(["n"], [["1"]], Then: new FakeError(1317, "interrupted")));
        var client = Old(world);

        Assert.Equal(1317, client.Query("SELECT 'fails'").Code);
        Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
    }

    private static FakeClient Old(EngineWorld world) => world.Client(new() { Capabilities = FakeClientOptions.Old });
}
