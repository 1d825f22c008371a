using System.Net;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>
/// Attributes of statements, agreed on with one end and not with the other. The fake server holds it against Seawall when it
/// is sent a form that was not agreed on.
/// </summary>
public sealed class AttributeTests
{
    private static readonly FakeClientOptions s_named =
        new() { Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes };

    [Fact]
    public void Clients_with_and_without_attributes_share_a_connection()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var plain = world.Client();
        var named = world.Client(s_named);

        Assert.Equal("plain", plain.Query("SELECT 'plain'").Scalar);
        Assert.Equal("named", named.BeginQuery("SELECT 'named'", ("tenant", "7"), ("trace", null)).Value.Scalar);
        Assert.Equal("none", named.Query("SELECT 'none'").Scalar);

        var commands = world.Pooled.Single().Commands.Where(command => command.Text.StartsWith("SELECT", StringComparison.Ordinal));
        Assert.Equal([("SELECT 'plain'", ""), ("SELECT 'named'", "tenant=7,trace=NULL"), ("SELECT 'none'", "")],
            commands.Select(command => (command.Text, command.Attributes)));
    }

    [Fact]
    public void What_a_text_does_is_read_behind_its_attributes()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var named = world.Client(s_named);
        var other = world.Client(s_named);

        Assert.True(named.BeginQuery("SET time_zone='+03:00'", ("SELECT", "1")).Value.IsOk);
        Assert.True(other.Query("SELECT 1").IsOk);
        Assert.Equal("+03:00", named.BeginQuery("SELECT @@time_zone", ("a", "b")).Value.Scalar);
        Assert.True(named.BeginQuery("CREATE TEMPORARY TABLE t (id INT)", ("a", "b")).Value.IsOk);
        var waiting = other.BeginQuery("SELECT 1");
        world.World.RunFor(1_000);
        Assert.False(waiting.IsDone);
        Assert.True(named.BeginQuery("DROP TEMPORARY TABLE t", ("a", "b")).Value.IsOk);
        Assert.True(waiting.Value.IsOk);
    }

    [Fact]
    public void Attributes_that_make_no_sense_are_refused_and_not_sent()
    {
        using var world = new EngineWorld();
        var named = world.Client(s_named);
        foreach (byte[] body in (byte[][])[[], [7], [1, 1, 0, 0, 5, .. "SELECT 1"u8]])
            Assert.Equal(1835, named.BeginCommand(CommandKind.Query, body).Value.Code);

        Assert.Equal("on", named.Query("SELECT 'on'").Scalar);
        Assert.DoesNotContain(world.Server.Violations, violation => violation.Contains("attributes", StringComparison.Ordinal));
    }

    [Fact]
    public void Attributes_longer_than_what_is_looked_at_end_the_conversation()
    {
        using var world = new EngineWorld();
        var named = world.Client(s_named);

        Assert.Equal(1153, named.BeginQuery("SELECT 1", ("long", new string('x', 80_000))).Value.Code);
        Assert.True(named.Query("SELECT 1").IsCut);
    }

    [Theory]
    [InlineData(70_000, false)]
    [InlineData(70_000, true)]
    [InlineData(PacketHeader.LengthMax - 3, false)]
    [InlineData(PacketHeader.LengthMax - 2, false)]
    [InlineData(PacketHeader.LengthMax - 1, false)]
    [InlineData(PacketHeader.LengthMax, false)]
    [InlineData(PacketHeader.LengthMax, true)]
    [InlineData(PacketHeader.LengthMax + 1, false)]
    [InlineData(2 * PacketHeader.LengthMax, false)]
    public void Texts_of_every_length_arrive_whole(int length, bool hasAttributes)
    {
        using var world = new EngineWorld();
        var client = world.Client(hasAttributes ? s_named : new());
        const string before = "SELECT LENGTH('", after = "')";
        var value = new string('x', length - 1 - before.Length - after.Length);
        world.Server.When(before, (_, sql) => new FakeRows(["n"], [[$"{sql.Length} {sql[^2..]}"]]));

        Assert.Equal($"{length - 1} ')", client.Query($"{before}{value}{after}").Scalar);
        Assert.Equal("on", client.Query("SELECT 'on'").Scalar);
    }

    [Fact]
    public void Executions_of_both_kinds_of_clients_share_a_prepared_statement()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var plain = world.Client();
        var named = world.Client(s_named);
        plain.Prepare("SELECT ?, ?");
        named.Prepare("SELECT ?, ?");

        Assert.Equal(["a", null], plain.Execute(1, "a", null).Row);
        Assert.Equal(["b", "c"], named.BeginExecute(Named(1, ["b", "c"], 2, ("tenant", "7"))).Value.Row);
        Assert.Equal(["d", "e"], plain.BeginExecute(1, ["d", "e"], withTypes: false).Value.Row);
        Assert.Equal(["f", "g"], named.BeginExecute([1, 0, 0, 0, 8, 1, 0, 0, 0, 2, 0, 0, 1, (byte)'f', 1, (byte)'g']).Value.Row);
        Assert.Equal(1, world.Pooled.Single().PreparedCount);
    }

    [Fact]
    public void A_statement_without_parameters_may_have_attributes()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var named = world.Client(s_named);
        var plain = world.Client();
        named.Prepare("SELECT 'a'");
        plain.Prepare("SELECT 'a'");

        Assert.Equal("a", named.BeginExecute(Named(1, [], 0, ("tenant", "7"))).Value.Scalar);
        Assert.Equal("a", named.BeginExecute([1, 0, 0, 0, 8, 1, 0, 0, 0, 0]).Value.Scalar);
        Assert.Equal("a", plain.Execute(1).Scalar);
        Assert.Equal("a", plain.BeginExecute([1, 0, 0, 0, 8, 1, 0, 0, 0]).Value.Scalar); // A flag that it did not agree on.
        Assert.Equal("others", world.Client().Query("SELECT 'others'").Scalar); // No cursor keeps the connection.
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void Types_are_remembered_for_many_parameters(FakeServerKind kind)
    {
        const int count = 40_000; // Their types alone are longer than what is read at one time.
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client(s_named);
        var prepared = client.Prepare($"INSERT INTO t VALUES ({string.Join(',', Enumerable.Repeat('?', count))})");
        var values = Enumerable.Repeat("v", count).ToArray();
        var hasNames = client.Offered.HasFlag(Capabilities.QueryAttributes);
        var first = hasNames ? Named(prepared.Id, values, count) : FakeClient.ExecuteBody(prepared.Id, values, true, 0);
        Assert.True(client.BeginExecute(first).Value.IsOk);
        PreparedTests.Occupy(world, world.Pooled.Single().Session.Id);

        var again = FakeClient.ExecuteBody(prepared.Id, values, withTypes: false, 0);
        if (hasNames)
            again = [.. again[..9], 0xFC, .. BitConverter.GetBytes((ushort)count), .. again[9..]];
        Assert.True(client.BeginExecute(again).Value.IsOk);
        Assert.Equal(1, world.Count(meter => meter.Reprepares));
    }

    [Fact]
    public void Attributes_are_not_offered_where_the_server_has_none()
    {
        foreach (var kind in (FakeServerKind[])[FakeServerKind.MariaDb1011, FakeServerKind.MySql56])
        {
            using var world = new EngineWorld(new() { Kind = kind });
            var client = world.Client(s_named);
            Assert.False(client.Offered.HasFlag(Capabilities.QueryAttributes));
            Assert.Equal("on", client.Query("SELECT 'on'").Scalar);
        }
    }

    // A reload put another primary in front of clients that have agreed on attributes.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attributes_are_lost_on_a_server_that_has_none(bool knowsResets)
    {
        var elsewhere = Endpoint.Tcp(IPAddress.Loopback, 3316);
        using var world = new EngineWorld();
        var client = world.Client(s_named);
        client.Prepare("SELECT ?, ?");
        client.Prepare("SELECT 'c'");
        var second = world.AddServer(elsewhere, knowsResets ? FakeServerKind.MariaDb1011 : FakeServerKind.MySql56);
        world.Apply(options => options with
        {
            Servers = [new ServerOptions { Id = new ServerId("other"), Endpoint = elsewhere }],
        });
        world.World.RunFor(3_000);

        Assert.Equal("on", client.BeginQuery("SELECT 'on'", ("tenant", "7")).Value.Scalar);
        Assert.Equal(["a", "b"], client.BeginExecute(Named(1, ["a", "b"], 2, ("tenant", "7"))).Value.Row);
        Assert.Equal(["a", "b"], client.BeginExecute(Named(1, ["a", "b"], 2)).Value.Row);
        Assert.Equal("c", client.BeginExecute(Named(2, [], 0, ("tenant", "7"))).Value.Scalar);
        var command = Assert.Single(second.Connections.SelectMany(connection => connection.Commands),
            command => command.Text.EndsWith("SELECT 'on'", StringComparison.Ordinal));
        Assert.Equal("SELECT 'on'", command.Text.TrimStart(' '));
    }

    private static byte[] Named(uint id, string[] values, int parameters, params (string Name, string Value)[] attributes)
    {
        Assert.Equal(parameters, values.Length);
        return FakeClient.NamedBody(id, values, attributes);
    }
}
