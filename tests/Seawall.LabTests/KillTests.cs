using System.Globalization;
using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>KILL on real servers: what clients hear, what becomes of the statement, and that nobody else is hit.</summary>
public sealed class KillTests(LabServers lab)
{
    private const string Slow = "select sleep(300), 'slow'";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Statements of tests that the server runs now.</summary>
    internal static async Task<int> RunningAsync(LabServer server) => int.Parse(
        (await server.AskAsync("select count(*) from information_schema.processlist where info like '%sleep(300)%' "
            + "and info not like '%processlist%'", Cancel))!, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Killer_and_killed_hear_what_they_would_hear_of_a_server(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "stranger", "stranger", Cancel);
        await using var seawall = await StartAsync(server, connections: 2);
        var direct = await HeardAsync(server, server.Port);
        var through = await HeardAsync(server, seawall.Port);
        Assert.Equal(direct, through);
        Assert.Equal(0, await RunningAsync(server));
        Assert.InRange(seawall.ServerConnections, 1, 3); // Of two accounts; to prepare takes one, too.
    }

    // What decision 31 rests on.
    [Theory]
    [InlineData(LabKind.MariaDb, false)]
    [InlineData(LabKind.MySql97, false)]
    [InlineData(LabKind.MySql56, true)]
    public async Task A_kill_of_a_statement_that_has_ended_hits_the_next_one_on_old_servers_only(LabKind kind, bool hits)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        using var killer = RawClient.Connect(server.Port, "seawall", "seawall");
        using var target = RawClient.Connect(server.Port, "seawall", "seawall");
        Assert.Equal(hits, IsHit(() => { }));
        Assert.Equal(hits, IsHit(() => target.Ask(CommandKind.Ping, default)));
        Assert.False(IsHit(() => Assert.Null(target.Query("do 0").Error)));

        bool IsHit(Action between)
        {
            Assert.Null(killer.Query($"kill query {target.ConnectionId}").Error);
            between();
            var answer = target.Query("select sleep(0.01)");
            return answer.Error is not null || answer.FirstValue != "0";
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb, 1)]
    [InlineData(LabKind.MySql97, 1)]
    [InlineData(LabKind.MySql56, 1)]
    [InlineData(LabKind.MariaDb, 2)]
    [InlineData(LabKind.MySql97, 2)]
    [InlineData(LabKind.MySql56, 2)]
    public async Task Kills_that_race_with_the_end_of_a_statement_hit_nobody_else(LabKind kind, int connections)
    {
        const int kills = 300, others = 3;
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, connections);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var target = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var killer = RawClient.Connect(seawall.Port, "seawall", "seawall");
        var hit = 0;
        // Threads of their own: all of them block.
        var running = Enumerable.Range(0, others).Select(_ => Thread(Others)).Append(Thread(Target)).ToArray();
        var random = new Random(1);
        for (var i = 0; i < kills && !running.Any(task => task.IsFaulted); i++)
        {
            Assert.Null(killer.Query($"kill query {target.ConnectionId}").Error);
            System.Threading.Thread.SpinWait(random.Next(20_000));
        }
        end.Cancel();
        await Task.WhenAll(running);
        Assert.True(hit > 0, "no kill hit its aim");

        void Others()
        {
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
            for (var n = 0; !end.IsCancellationRequested; n++)
            {
                var answer = client.Query("select sleep(0.0005)");
                Assert.True(answer.Error is null && answer.FirstValue == "0", $"statement {n} was interrupted: {answer.Error}");
            }
        }

        void Target()
        {
            while (!end.IsCancellationRequested)
            {
                var answer = target.Query("select sleep(0.001)");
                Assert.True(answer.Error is null or { Code: 1317 }, $"{answer.Error}");
                hit += answer.Error is not null || answer.FirstValue != "0" ? 1 : 0;
            }
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_statement_whose_client_has_vanished_does_not_run_on(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, connections: 1);
        await VanishAsync(prepared: false);
        await VanishAsync(prepared: true);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Equal("1", other.Query("select 1").FirstValue);
        await CancelledAsync(seawall, 2);
        Assert.Equal(1, seawall.ServerConnections);

        async Task VanishAsync(bool prepared)
        {
            using (var client = RawClient.Connect(seawall.Port, "seawall", "seawall"))
            {
                if (prepared)
                {
                    var id = client.Ask(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(Slow)).StatementId;
                    client.Send(CommandKind.StatementExecute, [.. BitConverter.GetBytes(id), 0, 1, 0, 0, 0]);
                }
                else
                {
                    client.Send(CommandKind.Query, Encoding.UTF8.GetBytes(Slow));
                }
                await Eventually.TrueAsync(async () => await RunningAsync(server) == 1, s_patience, Cancel);
            }
            await Eventually.TrueAsync(async () => await RunningAsync(server) == 0, s_patience, Cancel, () => string.Join('\n', seawall.Log.TakeLast(10)));
        }
    }

    // Servers look after whoever waits for a named lock, too.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Who_waits_for_a_named_lock_and_vanishes_does_not_wait_on_and_keeps_none(LabKind kind)
    {
        const string waiting = "select count(*) from information_schema.processlist where info = 'select get_lock(''dangling'', 3600)'";
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, connections: 2);
        using var holder = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Equal("1", holder.Query("select get_lock('dangling', 0)").FirstValue);
        using (var client = RawClient.Connect(seawall.Port, "seawall", "seawall"))
        {
            client.Send(CommandKind.Query, "select get_lock('dangling', 3600)"u8);
            await Eventually.TrueAsync(async () => await server.AskAsync(waiting, Cancel) == "1", s_patience, Cancel);
        }
        await Eventually.TrueAsync(async () => await server.AskAsync(waiting, Cancel) == "0", s_patience, Cancel);
        Assert.Equal("1", holder.Query("select release_lock('dangling')").FirstValue);
        Assert.Equal("1", await server.AskAsync("select is_free_lock('dangling')", Cancel));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_write_of_its_own_is_finished_though_its_client_has_vanished_and_one_in_a_transaction_is_not(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("create database kills", Cancel);
        try
        {
            await server.ExecuteAsync("create table kills.t (id int primary key auto_increment, n int) engine=innodb", Cancel);
            await using var seawall = await StartAsync(server, connections: 1);
            await LeaveDuringAsync("insert into kills.t (n) select 1 from (select sleep(2)) as waited /* sleep(300) */");
            await Eventually.TrueAsync(async () => await CountAsync() == "1", s_patience, Cancel);
            await LeaveDuringAsync("insert into kills.t (n) select 2 from (select sleep(300)) as waited", "begin");
            await Eventually.TrueAsync(async () => await RunningAsync(server) == 0, s_patience, Cancel);
            Assert.Equal("1", await CountAsync());
            await CancelledAsync(seawall, 1);

            async Task LeaveDuringAsync(string sql, string before = "do 0")
            {
                using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
                Assert.Null(client.Query(before).Error);
                client.Send(CommandKind.Query, Encoding.UTF8.GetBytes(sql));
                await Eventually.TrueAsync(async () => await RunningAsync(server) == 1, s_patience, Cancel);
            }
        }
        finally
        {
            await server.ExecuteAsync("drop database kills", Cancel);
        }

        Task<string?> CountAsync() => server.AskAsync("select count(*) from kills.t", Cancel);
    }

    // Counted when the KILL is answered, which may be a moment after the statement has ended. Never more than that many.
    private static async Task CancelledAsync(SeawallUnderTest seawall, int statements)
    {
        await Eventually.TrueAsync(() => seawall.Count(meter => meter.VanishedCancelled) >= statements, s_patience, Cancel);
        Assert.Equal(statements, seawall.Count(meter => meter.VanishedCancelled));
    }

    // Everything that both sides read, numbers left out.
    private static async Task<string[]> HeardAsync(LabServer server, int port)
    {
        var heard = new List<string>();
        using var killer = RawClient.Connect(port, "seawall", "seawall");
        using var stranger = RawClient.Connect(port, "stranger", "stranger");
        foreach (var kill in (string[])["kill query", "kill", "kill connection", "prepared", "command"])
        {
            using var busy = RawClient.Connect(port, "seawall", "seawall");
            using var idle = RawClient.Connect(port, "seawall", "seawall");
            busy.Send(CommandKind.Query, Encoding.UTF8.GetBytes(Slow));
            await Eventually.TrueAsync(async () => await RunningAsync(server) == 1, s_patience, Cancel);
            Note(kill, "stranger", stranger, busy.ConnectionId);
            Note(kill, "busy", killer, busy.ConnectionId);
            Note(kill, "idle", killer, idle.ConnectionId);
            // MySQL 9 knows no such command: then it still runs.
            if (await RunningAsync(server) > 0 && kill == "command")
                killer.Query($"kill query {busy.ConnectionId}");
            heard.Add($"{kill}: busy reads {Read(busy)}");
            foreach (var client in (RawClient[])[busy, idle])
            {
                heard.Add($"{kill}: then {Asked(client)}");
                Note(kill, "gone", killer, 4_000_000_000);
            }
            using var itself = RawClient.Connect(port, "seawall", "seawall");
            Note(kill, "itself", itself, itself.ConnectionId);
            heard.Add($"{kill}: itself then {Asked(itself)}");
            await Eventually.TrueAsync(async () => await RunningAsync(server) == 0, s_patience, Cancel);
        }
        return [.. heard];

        void Note(string kill, string whom, RawClient by, uint id)
        {
            var answer = kill switch
            {
                "prepared" => Prepared(by, $"kill query {id}"),
                "command" => by.Ask(CommandKind.ProcessKill, BitConverter.GetBytes(id)),
                _ => by.Query($"{kill} {id}"),
            };
            heard.Add($"{kill}, {whom}: {Numberless(Shown(answer), id)}");
        }
    }

    private static RawAnswer Prepared(RawClient client, string sql)
    {
        var id = client.Ask(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(sql)).StatementId;
        return client.Ask(CommandKind.StatementExecute, [.. BitConverter.GetBytes(id), 0, 1, 0, 0, 0]);
    }

    private static string Read(RawClient client)
    {
        try
        {
            return Shown(client.Read(CommandKind.Query));
        }
        catch (Exception e) when (e is EndOfStreamException or System.Net.Sockets.SocketException)
        {
            return "the end";
        }
    }

    private static string Asked(RawClient client)
    {
        try
        {
            return Shown(client.Query("select 1"));
        }
        catch (Exception e) when (e is EndOfStreamException or System.Net.Sockets.SocketException)
        {
            return "the end";
        }
    }

    private static string Numberless(string heard, uint id) =>
        heard.Replace($"thread {id}", "thread", StringComparison.Ordinal).Replace($"thread id: {id}", "thread id", StringComparison.Ordinal);

    // How many warnings an OK packet counts is left out: to a command that is no statement, MySQL says those of the statement before.
    private static string Shown(RawAnswer answer) => answer.Error?.ToString()
        ?? (answer.Packets is [{ Head: [0, ..] }] ? "OK" : string.Join(' ', answer.Packets));

    private static Task Thread(Action body) => Task.Factory.StartNew(
        body, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static Task<SeawallUnderTest> StartAsync(LabServer server, int connections) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = connections, WaitMsMax = 60_000 } });
}
