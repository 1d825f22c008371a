using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>
/// A cursor's columns are followed by one end, which says that it is open: an EOF packet in the old dialect, an OK packet in
/// the new one. A client that gets two in the old dialect takes the second for the end of rows, and reads none.
/// </summary>
public sealed class CursorDialectTests
{
    public static TheoryData<FakeServerKind, bool, bool> Ends()
    {
        var data = new TheoryData<FakeServerKind, bool, bool>();
        foreach (var kind in (FakeServerKind[])[FakeServerKind.MySql56, FakeServerKind.MySql97, FakeServerKind.MariaDb1011, FakeServerKind.MySql97WithEof])
        {
            foreach (var isOld in (bool[])[false, true])
            {
                data.Add(kind, isOld, false);
                data.Add(kind, isOld, true);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void A_cursor_opens_in_the_clients_dialect(FakeServerKind kind, bool isOld, bool isChaotic)
    {
        using var world = new EngineWorld(new() { Kind = kind, IsChaotic = isChaotic });
        world.Server.When("SELECT list", new FakeRows(["n"], Enumerable.Range(0, 5).Select(i => (IReadOnlyList<string?>)[$"{i}"])));
        var client = world.Client(new() { Capabilities = isOld ? FakeClientOptions.Old : FakeClientOptions.Modern });
        var prepared = client.Prepare("SELECT list");

        var opened = client.BeginExecute(prepared.Id, [], cursor: 1).Value.Only;

        Assert.True(opened.Status.HasFlag(ServerStatus.CursorExists));
        Assert.Empty(opened.Rows);
        Assert.Equal(["0", "1", "2"], client.Fetch(prepared.Id, 3, 1).Only.Rows.Select(row => row[0]));
        Assert.Equal(["3", "4"], client.Fetch(prepared.Id, 3, 1).Only.Rows.Select(row => row[0]));
        Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void Rows_that_come_in_place_of_a_cursor_do_so_in_the_clients_dialect(FakeServerKind kind, bool isOld, bool isChaotic)
    {
        using var world = new EngineWorld(new() { Kind = kind, IsChaotic = isChaotic });
        world.Server.When("SELECT later", new FakeLater(1, new FakeRows(["n"], [["a"], ["b"]])));
        world.Server.When("SELECT none", new FakeLater(1, new FakeRows(["n"], [])));
        var client = world.Client(new() { Capabilities = isOld ? FakeClientOptions.Old : FakeClientOptions.Modern });
        var some = client.Prepare("SELECT later");
        var none = client.Prepare("SELECT none");

        // The server has few rows, or the statement takes no cursor: it sends them at once.
        Assert.Equal(2, client.BeginExecute(some.Id, [], cursor: 1).Value.Only.Rows.Count);
        Assert.Empty(client.BeginExecute(none.Id, [], cursor: 1).Value.Only.Rows);
        Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cursor_opens_in_the_dialect_of_a_client_that_was_greeted_by_another_server(bool isChaotic)
    {
        using var world = new EngineWorld(new() { IsChaotic = isChaotic });
        world.Server.When("SELECT list", new FakeRows(["n"], Enumerable.Range(0, 5).Select(i => (IReadOnlyList<string?>)[$"{i}"])));
        var client = world.Client();
        world.Server.Kind = FakeServerKind.MySql97WithEof;
        var prepared = client.Prepare("SELECT list");

        Assert.True(client.BeginExecute(prepared.Id, [], cursor: 1).Value.Only.Status.HasFlag(ServerStatus.CursorExists));

        Assert.Equal(["0", "1", "2"], client.Fetch(prepared.Id, 3, 1).Only.Rows.Select(row => row[0]));
        Assert.Equal(2, client.Fetch(prepared.Id, 3, 1).Only.Rows.Count);
        Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
    }
}
