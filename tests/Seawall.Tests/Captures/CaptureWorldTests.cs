using System.Text;
using Seawall.Captures;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.Engine.Captures;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Statements;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Xunit;

namespace Seawall.Tests.Captures;

/// <summary>What the front door writes down, in a simulated world.</summary>
public sealed class CaptureWorldTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("capture").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Statements_are_written_with_their_transactions_results_and_errors()
    {
        using var world = Open();
        var client = world.Client(new()
        {
            Schema = "shop",
            Attributes = [("program_name", "till")],
            Capabilities = FakeClientOptions.Modern | Capabilities.MultiStatements,
        });
        Assert.True(world.Engine.Captures.Start("one", null, 1).IsDone);
        world.World.Settle();
        client.Query("SELECT 'a', 'b' FROM t");
        client.Query("BEGIN");
        client.Query("INSERT INTO t VALUES ('Secret7')");
        client.Query("COMMIT");
        client.Query("FAIL 1062");
        client.Query("SELECT 1; SELECT 2");
        client.Quit();
        world.World.Settle();

        var read = Read(world, "one", out var damage);

        Assert.True(damage.IsNone);
        var connection = Assert.Single(read.OfType<ConnectionEvent>());
        Assert.True(connection.Figures.WasThere);
        Assert.Equal(("app", "shop", "127.0.0.1"), (connection.User, connection.Schema, connection.Source));
        Assert.Contains(new KeyValuePair<string, string>("program_name", "till"), connection.Attributes);
        var commands = read.OfType<CommandEvent>().ToArray();
        Assert.Equal(
            ["SELECT 'a', 'b' FROM t", "BEGIN", "INSERT INTO t VALUES ('Secret7')", "COMMIT", "FAIL 1062", "SELECT 1; SELECT 2"],
            commands.Select(Text));
        Assert.Equal([0u, 1u, 1u, 1u, 0u, 0u], commands.Select(command => command.Figures.Transaction));
        Assert.Equal([StatementKind.Select, StatementKind.Begin, StatementKind.Insert, StatementKind.Commit],
            commands.Take(4).Select(command => command.Figures.Verb));
        Assert.All(commands, command => Assert.Equal(connection.Figures.Connection, command.Figures.Connection));
        Assert.All(commands, command => Assert.Equal((TextState.Kept, CommandEnd.Answered), (command.Figures.Text, command.Figures.End)));
        Assert.All(commands, command => Assert.Equal("shop", command.Schema));
        Assert.Equal([1ul, 0ul, 0ul, 0ul, 0ul, 2ul], commands.Select(command => command.Figures.Rows));
        Assert.Equal(1ul, commands[2].Figures.Affected);
        Assert.Equal((1062, "HY000"), ((int)commands[4].Figures.ErrorCode, commands[4].SqlState));
        Assert.Equal((2, 2), ((int)commands[5].Figures.Results, (int)commands[5].Figures.Rows));
        Assert.NotEqual(commands[0].Figures.RowsInOrder, commands[5].Figures.RowsInOrder);
        Assert.NotEqual(0ul, commands[0].Figures.Columns);
        Assert.True(commands[0].Figures.ResponseBytes > 20);
        Assert.Equal(1u + 2 + 1 + 1, commands[0].Figures.ResponsePackets);
        var end = Assert.Single(read.OfType<ConnectionEnd>()).Figures;
        Assert.Equal((7ul, CloseReason.Goodbye), (end.Commands, end.Reason));
        Assert.Equal((6ul, 0ul), (read.OfType<CaptureEnd>().Single().Commands, read.OfType<CaptureEnd>().Single().Dropped));
    }

    [Fact]
    public void Rows_have_the_hash_of_their_bytes()
    {
        using var world = Open();
        var client = world.Client();
        world.Engine.Captures.Start("rows", null, 1);
        world.World.Settle();
        client.Query("SELECT 'a', 'bc' FROM t");

        var hasher = new RowHasher();
        hasher.Row([1, (byte)'a', 2, (byte)'b', (byte)'c']);
        hasher.EndResult();
        var figures = Assert.Single(Read(world, "rows", out _).OfType<CommandEvent>()).Figures;
        Assert.Equal((hasher.InOrder, hasher.InAnyOrder), (figures.RowsInOrder, figures.RowsInAnyOrder));
    }

    [Theory]
    [InlineData(FakeClientOptions.Modern)]
    [InlineData(FakeClientOptions.Old)]
    public void Executions_have_the_text_and_all_that_their_values_need(Capabilities capabilities)
    {
        using var world = Open();
        var client = world.Client(new() { Capabilities = capabilities });
        world.Engine.Captures.Start("prepared", null, 1);
        world.World.Settle();
        var prepared = client.Prepare("SELECT ? FROM t");
        client.Execute(prepared.Id, "first");
        _ = client.BeginExecute(prepared.Id, ["again"], withTypes: false).Value;
        client.Tell(CommandKind.StatementClose, BitConverter.GetBytes(prepared.Id));
        client.Command(CommandKind.Ping);

        var commands = Read(world, "prepared", out _).OfType<CommandEvent>().ToArray();

        Assert.Equal([CommandKind.StatementPrepare, CommandKind.StatementExecute, CommandKind.StatementExecute, CommandKind.StatementClose,
            CommandKind.Ping], commands.Select(command => command.Figures.Command));
        Assert.All(commands[..4], command => Assert.Equal(prepared.Id, command.Figures.StatementId));
        Assert.All(commands[..3], command => Assert.Equal("SELECT ? FROM t", Text(command)));
        Assert.All(commands[..3], command => Assert.Equal((TextState.Kept, 1), (command.Figures.Text, (int)command.Figures.ParameterCount)));
        foreach (var (command, value) in new[] { (commands[1], "first"), (commands[2], "again") })
        {
            var bytes = command.Parameters.Span;
            Assert.Equal([0, 1], bytes[..2].ToArray());
            Assert.Equal([(byte)value.Length, .. Encoding.UTF8.GetBytes(value)], bytes[4..].ToArray());
        }
        Assert.Equal(commands[1].Figures.Digest, commands[2].Figures.Digest);
        Assert.NotEqual(commands[1].Figures.RowsInOrder, commands[2].Figures.RowsInOrder);
    }

    [Fact]
    public void Values_and_passwords_are_not_in_it_when_values_are_not_wanted()
    {
        using var world = Open(options => options with { KeepsLiterals = false });
        var client = world.Client();
        world.Engine.Captures.Start("plain", null, 1);
        world.World.Settle();
        client.Query("SELECT 'Secret7' FROM t");
        client.Query("SET PASSWORD = 'Secret7'");
        var prepared = client.Prepare("SELECT ?, 'Secret7' FROM t");
        client.Execute(prepared.Id, "Secret7");
        client.ChangeUser("app", "secret");

        var read = Read(world, "plain", out _);

        var commands = read.OfType<CommandEvent>().ToArray();
        Assert.Equal([TextState.Redacted, TextState.Withheld, TextState.Redacted, TextState.Redacted, TextState.Kept],
            commands.Select(command => command.Figures.Text));
        Assert.Equal("select ? from t", Text(commands[0]));
        Assert.Equal("app", Text(commands[4]));
        Assert.All(commands, command => Assert.Equal(0, command.Parameters.Length));
        Assert.All(read.OfType<CaptureHead>(), head => Assert.False(head.KeepsLiterals));
        foreach (var command in commands)
        {
            Assert.DoesNotContain("Secret7", Text(command), StringComparison.Ordinal);
            Assert.DoesNotContain("secret", Text(command), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Logins_are_written_whether_they_succeed_or_not()
    {
        using var world = Open(options => options with { Connections = true });
        world.World.RunFor(100);
        world.Client(new() { Schema = "shop" }).Quit();
        Assert.Equal(1045, world.Connect(new() { Password = "wrong" }).LogIn().Code);
        world.Connect().Cut();
        world.World.RunFor(2_000);
        var name = world.Engine.Captures.Views().Single().Name;
        Assert.StartsWith("always-", name, StringComparison.Ordinal);
        world.Engine.Captures.Dispose();

        var read = Records(name, out _);
        var connections = read.OfType<ConnectionEvent>().ToArray();
        Assert.Equal([LoginEnd.In, LoginEnd.Refused, LoginEnd.Gone], connections.Select(connection => connection.Figures.End));
        Assert.Equal(["app", "app", ""], connections.Select(connection => connection.User));
        Assert.Equal(1045, connections[1].Figures.ErrorCode);
        Assert.True(connections[0].Figures is { RoundTrips: > 0, PacketsIn: > 0, PacketsOut: > 1, WasThere: false });
        Assert.NotEqual("", connections[0].FirstPlugin);
        Assert.NotEqual("", connections[0].AccountPlugin);
        Assert.Equal("shop", connections[0].Schema);
        Assert.Equal(CloseReason.Goodbye, Assert.Single(read.OfType<ConnectionEnd>()).Figures.Reason);
        Assert.Empty(read.OfType<CommandEvent>()); // Nobody has asked for them.
    }

    [Fact]
    public void A_window_ends_when_its_time_is_over_and_holds_whole_transactions_of_some_connections()
    {
        using var world = Open();
        var clients = Enumerable.Range(0, 12).Select(_ => world.Client()).ToArray();
        clients[0].Query("BEGIN");
        Assert.True(world.Engine.Captures.Start("window", TimeSpan.FromSeconds(5), 3).IsDone);
        Assert.False(world.Engine.Captures.Start("second", null, 1).IsDone);
        world.World.Settle();
        foreach (var client in clients)
        {
            client.Query("UPDATE t");
            client.Query("COMMIT");
            client.Query("BEGIN");
            client.Query("ROLLBACK");
        }
        world.World.RunFor(6_000);
        clients[1].Query("UPDATE t");

        var view = Assert.Single(world.Engine.Captures.Views());
        Assert.Equal((CaptureState.Ended, "its time is over"), (view.State, view.Reason));
        var read = Records("window", out var damage);
        Assert.True(damage.IsNone);
        Assert.Equal(12, read.OfType<ConnectionEvent>().Count()); // All of them are told of.
        var byConnection = read.OfType<CommandEvent>().GroupBy(command => command.Figures.Connection).ToArray();
        Assert.Equal(4, byConnection.Length);
        Assert.All(byConnection, commands => Assert.All(commands, command => Assert.Equal(3u, command.Figures.StandsFor)));
        // Whoever was in a transaction when it began is in it from the next one on.
        Assert.All(byConnection, commands => Assert.All(commands.GroupBy(command => command.Figures.Transaction).Where(group => group.Key > 0),
            group => Assert.Equal(StatementKind.Begin, group.First().Figures.Verb)));
    }

    [Fact]
    public void A_reservoir_has_whole_transactions_and_about_as_many_as_it_may()
    {
        using var world = Open(options => options with { Reservoir = 5 });
        world.World.RunFor(100);
        var client = world.Client();
        for (var i = 0; i < 600; i++)
        {
            client.Query("BEGIN");
            client.Query("UPDATE t");
            client.Query("COMMIT");
            world.World.RunFor(10);
        }
        var name = world.Engine.Captures.Views().Single().Name;
        world.Engine.Captures.Dispose();

        var commands = Records(name, out _).OfType<CommandEvent>().ToArray();
        // Six seconds, the first with the chance that it begins with.
        Assert.InRange(commands.Length, 3 * 5, 3 * 60);
        Assert.Equal(commands.Count(command => command.Figures.Verb == StatementKind.Begin),
            commands.Count(command => command.Figures.Verb == StatementKind.Commit));
        Assert.All(commands, command => Assert.Equal(SampleReason.Reservoir, command.Figures.Sample));
        Assert.Contains(commands, command => command.Figures.StandsFor > 2);
    }

    [Fact]
    public void What_finds_no_room_is_dropped_and_counted_and_clients_do_not_notice()
    {
        using var world = Open();
        world.Engine.Captures.RingBytes = 4096;
        var client = world.Client();
        world.Engine.Captures.Start("small", null, 1);
        world.World.Settle();
        // All within one turn of the one who writes.
        var answers = Enumerable.Range(0, 40).Select(_ => client.Query($"SELECT '{new string('x', 900)}' FROM t").IsOk).ToArray();

        Assert.All(answers, Assert.True);
        var read = Read(world, "small", out _);
        var written = read.OfType<CommandEvent>().Count();
        var dropped = (int)read.OfType<CaptureGap>().Sum(gap => (long)gap.Dropped);
        Assert.True(dropped > 0);
        Assert.Equal(40, written + dropped);
        Assert.Equal((ulong)dropped, read.OfType<CaptureEnd>().Single().Dropped);
    }

    [Fact]
    public void A_capture_that_may_not_become_longer_ends_and_clients_do_not_notice()
    {
        using var world = Open(options => options with { BytesMax = 3000 });
        var client = world.Client();
        world.Engine.Captures.Start("full", null, 1);
        world.World.Settle();
        var random = new Random(7);
        for (var i = 0; i < 40; i++)
        {
            var noise = new byte[300];
            random.NextBytes(noise);
            Assert.True(client.Query($"SELECT '{Convert.ToHexString(noise)}' FROM t").IsOk);
            world.World.RunFor(200);
        }

        var view = Assert.Single(world.Engine.Captures.Views());
        Assert.Contains("capture.bytes_max", view.Reason, StringComparison.Ordinal);
        Assert.InRange(view.Bytes, 1, 3000 + 200); // The last word is written all the same.
        var read = Records("full", out var damage);
        Assert.True(damage.IsNone);
        Assert.NotEmpty(read.OfType<CommandEvent>());
        Assert.Single(read.OfType<CaptureEnd>());
        Assert.True(client.Query("SELECT 1").IsOk);
    }

    [Fact]
    public void A_disk_that_fails_ends_the_capture_with_an_event_and_clients_do_not_notice()
    {
        using var world = Open(options => options with { FreeBytesMin = long.MaxValue });
        var client = world.Client();

        var started = world.Engine.Captures.Start("none", null, 1);
        Assert.False(started.IsDone);
        Assert.Contains("capture.free_min", started.Words, StringComparison.Ordinal);
        world.Apply(options => options with { Capture = options.Capture with { Folder = Path.Combine(_folder, "file"), FreeBytesMin = 0 } });
        File.WriteAllText(Path.Combine(_folder, "file"), "in the way");
        Assert.False(world.Engine.Captures.Start("none", null, 1).IsDone);
        Assert.False(world.Engine.Captures.Start("../none", null, 1).IsDone);
        Assert.True(client.Query("SELECT 1").IsOk);
        Assert.Empty(world.Engine.Captures.Views());
    }

    [Fact]
    public void What_is_captured_all_the_time_pauses_for_a_window_and_goes_on_behind_it()
    {
        using var world = Open(options => options with { Connections = true });
        world.World.RunFor(100);
        world.Engine.Captures.Start("window", null, 1);
        world.World.RunFor(1_000);
        Assert.True(world.Engine.Captures.Stop().IsDone);
        world.World.RunFor(1_000);
        Assert.False(world.Engine.Captures.Stop().IsDone); // Nobody has started the one that runs.

        var views = world.Engine.Captures.Views();
        Assert.Equal([CaptureState.Running, CaptureState.Ended, CaptureState.Ended], views.Select(view => view.State));
        Assert.Equal([false, true, false], views.Select(view => view.IsWindow));
        Assert.True(world.Engine.Captures.Totals().Running);
    }

    private EngineWorld Open(Func<CaptureOptions, CaptureOptions>? with = null) => new(new EngineWorldOptions
    {
        With = options => options with
        {
            Capture = (with ?? (same => same))(new CaptureOptions { Folder = _folder, KeepsLiterals = true, FreeBytesMin = 0 }),
        },
    });

    private CaptureRecord[] Read(EngineWorld world, string name, out CaptureDamage damage)
    {
        Assert.True(world.Engine.Captures.Stop().IsDone);
        Assert.True(world.World.RunUntil(() => world.Engine.Captures.Views()[0].State != CaptureState.Running, 5_000));
        return Records(name, out damage);
    }

    private CaptureRecord[] Records(string name, out CaptureDamage damage)
    {
        using var reader = CaptureReader.Open(CaptureFiles.Find(Path.Combine(_folder, name)));
        var records = reader.Rest().ToArray();
        damage = reader.Damage;
        return records;
    }

    private static string Text(CommandEvent command) => Encoding.UTF8.GetString(command.Text.Span);
}
