using Seawall.MySql.Framing;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>Packets of 16 MiB - 1 and more are cut; an exact multiple has an empty packet behind it.</summary>
public sealed class LargePacketTests
{
    private const int Full = PacketHeader.LengthMax;

    // The command's byte and "SELECT ''" around the text.
    private const int Around = 1 + 9;

    [Theory]
    [InlineData(Full - 1)]
    [InlineData(Full)]
    [InlineData(Full + 1)]
    [InlineData((2 * Full) - 1)]
    [InlineData(2 * Full)]
    public void A_statement_of_this_length_arrives_whole(int length)
    {
        using var world = new EngineWorld();
        world.Server.When("SELECT '", (_, sql) => FakeAnswer.One($"{sql.Length}"));
        var client = world.Client();

        Assert.Equal($"{length - 1}", client.Query($"SELECT '{new string('x', length - Around)}'").Scalar);
        Assert.Equal("17", client.Query("SELECT 'and then'").Scalar);
    }

    [Theory]
    [InlineData(Full - 5)]
    [InlineData(Full - 4)] // With its own length before it, the row is a packet of exactly full length.
    [InlineData(Full - 3)]
    [InlineData((2 * Full) - 9)]
    [InlineData(2 * Full)]
    public void A_row_of_this_length_arrives_whole(int length)
    {
        using var world = new EngineWorld();
        var value = new string('y', length);
        world.Server.When("SELECT big", new FakeRows(["v"], [["before"], [value], ["after"]]));
        foreach (var options in (FakeClientOptions[])[new(), new() { Capabilities = FakeClientOptions.Old }])
        {
            var client = world.Client(options);
            var rows = client.Query("SELECT big").Only.Rows;

            Assert.Equal(3, rows.Count);
            Assert.Equal(("before", "after"), (rows[0][0], rows[2][0]));
            Assert.True(value == rows[1][0], "the long value has changed on its way");
            Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
        }
    }

    [Theory]
    [InlineData(Full - 40)]
    [InlineData(Full + 1000)]
    public void An_execution_of_this_length_arrives_whole_also_where_it_must_grow(int length)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SELECT '", (_, sql) => FakeAnswer.One($"{sql.Length}"));
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?");
        var text = new string('z', length);
        client.Execute(prepared.Id, "a");

        Assert.Equal($"{length + 9}", client.BeginExecute(prepared.Id, [text], withTypes: false).Value.Scalar);
        // On another connection the server must be told the types again: the packet grows.
        world.Pooled.Single().Cut();
        world.World.RunFor(10);
        Assert.Equal($"{length + 9}", client.BeginExecute(prepared.Id, [text], withTypes: false).Value.Scalar);
        Assert.Equal("10", client.BeginExecute(prepared.Id, ["a"], withTypes: false).Value.Scalar);
    }

    [Fact]
    public void What_a_lost_server_did_not_take_of_a_long_execution_is_not_read_as_commands()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        var prepared = client.Prepare("SELECT ?");
        client.Execute(prepared.Id, "a");
        world.Pooled.Single().Cut();
        world.World.RunFor(10);
        // Within the text there is what looks like a whole command, again and again.
        var command = System.Text.Encoding.Latin1.GetString(FakeClient.Bytes(MySql.Commands.CommandKind.Query, "DROP TABLE t"));
        var text = string.Concat(Enumerable.Repeat(command, (Full + 1000) / command.Length));
        client.Link.BytesPerSecond = 4_000_000;

        var reply = client.BeginExecute(prepared.Id, [text], withTypes: false);
        world.World.RunFor(1_000);
        world.Pooled.Single().Cut();

        Assert.Equal(2013, reply.Value.Code);
        Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
        Assert.DoesNotContain(world.Log.Lines, line => line.Contains("broke the protocol", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Numbers_of_packets_go_round(bool isOld)
    {
        using var world = new EngineWorld();
        world.Server.When("SELECT many", new FakeRows(["n"], Enumerable.Range(0, 1000).Select(i => (IReadOnlyList<string?>)[$"{i}"])));
        var client = world.Client(new() { Capabilities = isOld ? FakeClientOptions.Old : FakeClientOptions.Modern });

        Assert.Equal(1000, client.Query("SELECT many").Only.Rows.Count);
        Assert.Equal(1000, client.Query("SELECT many").Only.Rows.Count);
    }

    [Fact]
    public void A_client_that_reads_slowly_gets_everything_and_holds_little()
    {
        using var world = new EngineWorld();
        var row = new string('r', 1000);
        var produced = 0;
        world.Server.When("SELECT slow", new FakeRows(["r"], Enumerable.Range(0, 20_000).Select(i =>
        {
            produced = i;
            return (IReadOnlyList<string?>)[row];
        })));
        var client = world.Client();
        client.Link.BytesPerSecond = 1_000_000;
        client.Link.ToClient.WindowBytes = 64 * 1024;

        var reply = client.BeginQuery("SELECT slow");
        world.World.RunFor(2_000);

        // Two seconds let 2 MB through; the windows of both sides and one buffer may be full besides.
        Assert.InRange(produced, 1_500, 3_000);
        Assert.Equal(20_000, reply.Value.Only.Rows.Count);
    }

    [Fact]
    public void Others_are_served_while_a_client_reads_slowly()
    {
        using var world = new EngineWorld();
        world.Server.When("SELECT slow", new FakeRows(["r"], Enumerable.Repeat((IReadOnlyList<string?>)[new string('r', 1000)], 5_000)));
        var slow = world.Client();
        slow.Link.BytesPerSecond = 10_000;
        slow.Link.ToClient.WindowBytes = 16 * 1024;
        var reply = slow.BeginQuery("SELECT slow");
        var quick = world.Client();

        for (var i = 0; i < 100; i++)
            Assert.True(quick.Query("SELECT 1").IsOk);

        Assert.False(reply.IsDone);
        Assert.True(world.World.Clock.ElapsedMs < 1_000);
    }

    [Fact]
    public void A_client_that_stops_reading_is_given_up()
    {
        using var world = new EngineWorld();
        world.Server.When("SELECT much", new FakeRows(["r"], Enumerable.Repeat((IReadOnlyList<string?>)[new string('r', 1000)], 5_000)));
        var client = world.Client();
        client.Link.ToClient.WindowBytes = 16 * 1024;

        client.Send(FakeClient.Bytes(MySql.Commands.CommandKind.Query, "SELECT much"));
        world.World.RunFor(70_000);

        Assert.Equal(0, world.Engine.ClientCount);
    }
}
