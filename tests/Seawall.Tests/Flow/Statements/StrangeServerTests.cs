using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>A server says what no server should: an error for the one client that it was for, nothing for anybody else.</summary>
public sealed class StrangeServerTests
{
    private static readonly byte[] s_rows =
    [
        1, 0, 0, 1, 1, 23, 0, 0, 2, 3, .. "def"u8, 0, 0, 0, 1, (byte)'a', 0, 12, 45, 0, 0, 4, 0, 0, 0xFD, 0, 0, 0, 0, 0,
        2, 0, 0, 3, 1, (byte)'x', 7, 0, 0, 4, 0xFE, 0, 0, 2, 0, 0, 0,
    ];

    // Where the packets of these rows have their numbers.
    public static TheoryData<int> Numbers => [3, 8, 35, 41];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_packet_with_another_number_than_is_due_reaches_nobody(int at)
    {
        using var world = new EngineWorld();
        var other = world.Client();
        var client = world.Client();
        Assert.Equal("x", Answered(world, client, s_rows).Scalar);
        byte[] wrong = [.. s_rows];
        wrong[at] += 3;

        var reply = Answered(world, client, wrong);

        Assert.Equal(2013, reply.Code);
        Assert.DoesNotContain(reply.Results, result => result.Error is null);
        Assert.Equal("goes on", client.Query("SELECT 'goes on'").Scalar);
        Assert.Equal("right", other.Query("SELECT 'right'").Scalar);
    }

    [Fact]
    public void An_error_may_come_out_of_turn_and_is_numbered_for_the_client()
    {
        using var world = new EngineWorld();
        var client = world.Client();

        var reply = Answered(world, client, [10, 0, 0, 0, 0xFF, 0xBF, 0x0F, .. "#HY000!"u8]);

        Assert.Equal(4031, reply.Code);
        Assert.Null(client.Problem);
    }

    [Fact]
    public void A_packet_that_makes_no_sense_is_not_passed_on()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        // An OK packet whose session changes are longer than itself.
        var reply = Answered(world, client, [9, 0, 0, 1, 0, 0, 0, 2, 0x40, 0, 0, 0, 0xFB]);

        Assert.Equal((2013, 1), (reply.Code, reply.Results.Count));
        Assert.Null(client.Problem);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(77)]
    [InlineData(255)]
    public void What_a_server_to_come_may_report_of_a_session_is_passed_over(byte kind)
    {
        using var world = new EngineWorld();
        var client = world.Client();

        var reply = Answered(world, client, [15, 0, 0, 1, 0, 0, 0, 2, 0x40, 0, 0, 0, 6, kind, 4, 3, .. "abc"u8]);

        Assert.True(reply.IsOk, $"{reply}");
        Assert.Equal("goes on", client.Query("SELECT 'goes on'").Scalar);
    }

    [Fact]
    public void Rows_are_no_answer_to_a_command_of_Seawalls_own()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT 1");
        // What moves a connection to other settings is not answered, and the statement behind it is.
        var isSilent = true;
        world.Server.Sabotage = (connection, moment) =>
        {
            var isMove = moment == FakeMoment.Command && connection.Session.User == "app"
                && connection.Commands[^1].Text.StartsWith("SET ", StringComparison.Ordinal);
            return isMove && isSilent ? new FakeSabotage([], Closes: isSilent = false) : null;
        };
        var other = world.Client(new() { Collation = 8 });

        var reply = other.Query("SELECT 'mine'");

        Assert.True(reply.Code == 2013 || reply.Scalar == "mine", $"{reply}");
        Assert.Null(other.Problem);
        Assert.Equal("mine as well", other.Query("SELECT 'mine as well'").Scalar);
    }

    [Theory]
    [InlineData(FakeMoment.Greeting, "does not greet like")]
    [InlineData(FakeMoment.Login, "out of order")]
    public void A_login_with_wrong_numbers_is_none(FakeMoment moment, string problem)
    {
        using var world = new EngineWorld();
        var client = world.Client();
        byte[] words = moment == FakeMoment.Login ? [7, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0] : [1, 0, 0, 1, 10];
        world.Server.Sabotage = (connection, now) =>
            now == moment && connection.Session.User is "app" or "" ? new FakeSabotage(words, Closes: false) : null;

        var reply = client.Query("SELECT 1");

        Assert.Contains(problem, reply.Error!.Message, StringComparison.Ordinal);
        world.Server.Sabotage = null;
        world.World.RunFor(10_000);
        Assert.Equal("1", client.Query("SELECT 1").Scalar);
    }

    [Fact]
    public void Warnings_without_end_are_not_kept()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SHOW WARNINGS", new FakeRows(["Message"], Endless()));
        world.Server.When("INSERT", new FakeOk(Warnings: 1));
        var client = world.Client();
        Assert.True(client.Query("INSERT INTO t VALUES (1)").IsOk);

        // Somebody else needs the connection, so the warnings are to be kept for the client.
        Assert.Equal("next", world.Client().Query("SELECT 'next'").Scalar);

        Assert.Equal(1235, client.Query("SHOW WARNINGS").Code);
    }

    [Fact]
    public void A_client_that_gives_no_files_is_not_asked_for_one()
    {
        using var world = new EngineWorld();
        world.Server.When("/*", new FakePacket([0xFB, .. "/etc/passwd"u8]));
        var client = world.Client();

        // Too long to be looked at before it is sent on.
        var reply = client.Query($"/*{new string('x', 70_000)}*/ LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t");

        Assert.Equal(3948, reply.Code);
        Assert.Null(client.Problem);
        Assert.Equal("goes on", client.Query("SELECT 'goes on'").Scalar);
    }

    [Fact]
    public void A_server_lost_under_a_file_is_reported_with_the_number_that_is_due()
    {
        using var world = new EngineWorld();
        world.Server.When("LOAD", new FakePacket([0xFB, .. "file"u8]));
        var client = world.Client(new() { Capabilities = FakeClientOptions.Modern | Capabilities.LocalFiles });
        client.Send(FakeClient.Bytes(CommandKind.Query, "LOAD DATA LOCAL INFILE 'file' INTO TABLE t"));
        world.World.RunFor(10);
        world.Pooled.Single().Cut();

        client.Send([3, 0, 0, 2, .. "abc"u8, 3, 0, 0, 3, .. "def"u8, 0, 0, 0, 4]);
        world.World.RunFor(10);
        // The file's name first; behind it the error.
        var name = client.BeginReadPacket(1);
        Assert.Equal(0xFB, name.Value![0]);
        var reply = client.BeginRead(5).Value;

        Assert.Equal(2013, reply.Code);
        Assert.Null(client.Problem);
    }

    private static IEnumerable<IReadOnlyList<string?>> Endless()
    {
        while (true)
            yield return [new string('w', 1_000)];
    }

    private static Reply Answered(EngineWorld world, FakeClient client, byte[] bytes)
    {
        world.Server.Sabotage = (connection, moment) => moment == FakeMoment.Command
            && connection.Commands[^1].Text == "SELECT strange" ? new FakeSabotage(bytes, Closes: false) : null;
        client.Query("SELECT 'warm'");
        return client.Query("SELECT strange");
    }
}
