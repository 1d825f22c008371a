using System.Globalization;
using Seawall.Engine.Flow;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Many sessions on few server connections: each sees its own, whoever had the connection before.</summary>
public sealed class MultiplexingTests(LabServers lab)
{
    private const int Sessions = 50;
    private const int Connections = 2;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Fifty_sessions_on_two_connections_each_see_their_own_settings(LabKind kind)
    {
        const int seed = 20241126, steps = 600;
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "many", "right", Cancel);
        await server.ExecuteAsync($"create database mux_one; create database mux_two; grant all on *.* to {account}", Cancel);
        try
        {
            await using var seawall = await StartAsync(server, Connections);
            var dice = new Random(seed);
            var pairs = Enumerable.Range(0, Sessions).Select(_ => (
                Direct: RawClient.Connect(server.Port, "seawall", "seawall"),
                Through: RawClient.Connect(seawall.Port, account.User, "right"))).ToArray();
            for (var step = 0; step < steps; step++)
            {
                var number = step < Sessions ? step : dice.Next(Sessions);
                var (direct, through) = pairs[number];
                if (step >= Sessions && kind != LabKind.MySql56 && dice.Next(10) == 0)
                {
                    direct.Ask(CommandKind.ResetConnection, default);
                    through.Ask(CommandKind.ResetConnection, default);
                }
                if (step < Sessions || dice.Next(3) == 0)
                {
                    var change = Changes(kind)[dice.Next(Changes(kind).Length)];
                    Assert.Equal(direct.Query(change).Error, through.Query(change).Error);
                }
                var (expected, actual) = (direct.Query(Look(kind)).FirstValue, through.Query(Look(kind)).FirstValue);
                Assert.True(expected == actual, $"seed {seed}, step {step}, session {number}\nserver:  {expected}\nSeawall: {actual}");
                Assert.InRange(seawall.ServerConnections, 1, Connections);
            }
            // The controls: connections were moved between settings, and the server saw no more than two.
            Assert.True(seawall.Count(meter => meter.Moves) > steps / 4);
            var seen = await server.AskAsync($"select count(*) from information_schema.processlist where user = '{account.User}'", Cancel);
            Assert.InRange(int.Parse(seen!, CultureInfo.InvariantCulture), 1, Connections);
            foreach (var (direct, through) in pairs)
            {
                direct.Dispose();
                through.Dispose();
            }
        }
        finally
        {
            await server.ExecuteAsync("drop database mux_one; drop database mux_two", Cancel);
        }
    }

    // On MySQL, SET foreign_key_checks = DEFAULT switches the checks off: whoever came next could write what must not be there.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Checks_that_one_session_switched_off_are_on_for_the_next(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, connections: 1);
        using var careless = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var next = RawClient.Connect(seawall.Port, "seawall", "seawall");
        const string look = "select concat(if(@@foreign_key_checks, 1, 0), if(@@unique_checks, 1, 0), if(@@autocommit, 1, 0), "
            + "if(@@sql_safe_updates, 1, 0))";
        Assert.Equal("1110", next.Query(look).FirstValue);
        foreach (var sql in (string[])["set foreign_key_checks = 0", "set unique_checks = 0", "set sql_safe_updates = 1"])
            Assert.Null(careless.Query(sql).Error);
        Assert.Equal("0011", careless.Query(look).FirstValue);
        Assert.Equal("1110", next.Query(look).FirstValue);
        Assert.Equal("0011", careless.Query(look).FirstValue);
        Assert.Equal(1, seawall.ServerConnections);
    }

    public static TheoryData<LabKind, PinReasons, string, string, string> Pins()
    {
        var data = new TheoryData<LabKind, PinReasons, string, string, string>();
        foreach (var kind in Enum.GetValues<LabKind>())
        {
            data.Add(kind, PinReasons.UserVariable, "set @a = 7", "select @a", "");
            data.Add(kind, PinReasons.TemporaryTable, "create temporary table tt select 7 as a", "select a from tt", "drop temporary table tt");
            data.Add(kind, PinReasons.NamedLock, "select get_lock('fidelity_d', 0)",
                "select is_used_lock('fidelity_d') = connection_id()", "select release_lock('fidelity_d')");
            data.Add(kind, PinReasons.TableLock, "lock tables people write", "select count(*) from people", "unlock tables");
            data.Add(kind, PinReasons.TextPrepared, "prepare p from 'select 7'", "execute p", ""); // What it executes may do anything.
            data.Add(kind, PinReasons.Handler, "handler people open", "handler people read first", "handler people close");
            data.Add(kind, PinReasons.None, "begin", "select count(*) from people", "commit");
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Pins))]
    public async Task What_cannot_be_moved_keeps_its_connection_until_it_is_gone(
        LabKind kind, PinReasons reason, string make, string check, string end)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, Connections);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var third = RawClient.Connect(seawall.Port, "seawall", "seawall");
        twins.SameQuery(make);
        Others(other, third);
        twins.SameQuery(check);
        Others(other, third);
        twins.SameQuery(check);
        Assert.Equal(reason, PinsOf(seawall, twins.Through) & reason);
        if (end.Length > 0)
            twins.SameQuery(end);
        else
            twins.Same(CommandKind.ResetConnection, "", isKnown: kind != LabKind.MySql56);
        twins.AssertSame();
        // What the statements left besides the pin ends with the next statement.
        twins.SameQuery("select 1");
        twins.SameQuery("select 1");
        await Eventually.TrueAsync(() => PinsOf(seawall, twins.Through) == PinReasons.None, Soon, Cancel,
            () => PinsOf(seawall, twins.Through).ToString());
        Others(other, third);
        await Eventually.TrueAsync(() => seawall.ServerConnections == seawall.IdleServerConnections, Soon, Cancel);
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task What_a_statement_left_behind_is_there_after_others_had_the_connection(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, connections: 1);
        foreach (var dialect in (Capabilities[])[RawClient.Usual, RawClient.Usual & ~Capabilities.DeprecateEof])
        {
            using var twins = TwinSessions.Open(server, seawall, dialect);
            using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
            void Between() => Assert.True(other.Query("update fidelity_s.people set age = age where id = 1").Error is null,
                PinsOf(seawall, twins.Through).ToString());
            twins.SameQuery("insert into people (id, name) values (70, 'Ann')");
            twins.SameQuery("insert into people (name) values ('Bea')");
            Between();
            twins.SameQuery("select last_insert_id()");
            Between();
            twins.SamePrepared("select last_insert_id() + ?", [1]);
            Between();
            twins.SameQuery("insert into people (name, age) values ('Cat', last_insert_id())");
            twins.SameQuery("select name, age from people where name = 'Cat'");
            foreach (var warned in (string[])["drop table if exists no_such_table", "select cast('abc' as signed)", "select * from nowhere", "selec"])
            {
                twins.SameQuery(warned);
                Between();
                twins.SameQuery("show warnings");
                twins.SameQuery(warned);
                twins.SameQuery("show warnings");
                // Servers keep warnings over a statement without a table; Seawall sweeps them away.
                twins.SameQuery("select count(*) from people");
                Between();
                twins.SameQuery("show warnings");
            }
            twins.AssertSame();
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Found_and_changed_rows_do_not_mix(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, connections: 1);
        using var changed = TwinSessions.Open(server, seawall, RawClient.Usual);
        changed.SameQuery("update people set age = 30 where id = 1");
        changed.AssertSame();
        using var found = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | Capabilities.FoundRows, schema: "fidelity_s");
        Assert.Equal(1, found.Query("update people set age = 30 where id = 1").Packets[0].Head[1]);
        changed.SameQuery("update people set age = 30 where id = 1");
        changed.AssertSame();
    }

    [Fact]
    public async Task Connection_attributes_reach_the_server_with_seawalls_own()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var seawall = await StartAsync(server, connections: 1);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall",
            attributes: [12, .. "program_name"u8, 7, .. "billing"u8]);
        var seen = client.Query("select group_concat(attr_name, '=', attr_value order by attr_name) from "
            + "performance_schema.session_connect_attrs where processlist_id = connection_id()").FirstValue;
        Assert.StartsWith($"program_name=billing,seawall_pid={Environment.ProcessId},seawall_version=", seen, default);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_prepared_statement_runs_on_whatever_connection_and_after_its_table_has_changed(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, connections: 3);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        await twins.SamePreparedAsync("select * from people where id <= ?", [3],
            between: () => seawall.LoseConnectionAsync(server, twins.Through, Cancel));
        await twins.SamePreparedAsync("insert into people (name, age) values (?, ?)", ["New", null],
            between: () => seawall.LoseConnectionAsync(server, twins.Through, Cancel));
        await twins.SamePreparedAsync("select * from people where id <= ?", [3],
            between: () =>
            {
                twins.SameQuery("alter table people add column born date");
                return Task.CompletedTask;
            });
        twins.AssertSame();
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server, int connections) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = connections, WaitMsMax = 15_000 } });

    private static void Others(RawClient other, RawClient third)
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("1", other.Query("select 1").FirstValue);
            Assert.Equal("2", third.Query("select 2").FirstValue);
        }
    }

    // The session belongs to its loop, but nobody comes or goes while this looks.
    private static PinReasons PinsOf(SeawallUnderTest seawall, RawClient client) => seawall.Engine.Lanes
        .SelectMany(lane => lane.Door.Sessions).Single(session => session.Id == client.ConnectionId).PinReasons;

    private static string[] Changes(LabKind kind) =>
    [
        "set time_zone = '+01:00'", "set time_zone = '-11:30'", "set time_zone = default", "set session time_zone = 'SYSTEM'",
        "set sql_mode = ''", "set sql_mode = 'ANSI_QUOTES'", "set sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'", "set @@sql_mode = 'STRICT_ALL_TABLES'",
        "set names latin1", "set names utf8mb4", "set names utf8mb4 collate utf8mb4_bin", "set character set latin1",
        "set character_set_results = null", "set collation_connection = latin1_bin",
        "use mux_one", "use mux_two", "set autocommit = 0", "set autocommit = 1", "set @@session.autocommit = off",
        "set session transaction isolation level read committed", "set session transaction isolation level serializable",
        "set session transaction isolation level repeatable read", "set @@time_zone = '+02:00', @@session.lock_wait_timeout = 19",
        "set lock_wait_timeout = 17, group_concat_max_len = 2048", "set @@local.lock_wait_timeout = 18", "set lock_wait_timeout = default",
        "set group_concat_max_len = 4096, time_zone = '+03:00'", "set foreign_key_checks = 0, unique_checks = 0",
        "set foreign_key_checks = on", "set sql_safe_updates = 1", "set div_precision_increment = 7", "set wait_timeout = 999",
        "set no_such_variable = 1", "set time_zone = 'nowhere'", "set sql_mode = 'nonsense'",
        kind == LabKind.MySql97 ? "set transaction_isolation = 'READ-UNCOMMITTED'" : "set tx_isolation = 'READ-UNCOMMITTED'",
        kind == LabKind.MariaDb ? "set statement lock_wait_timeout = 3 for select 1" : "select /*+ set_var(lock_wait_timeout = 3) */ 1",
    ];

    private static string Look(LabKind kind) =>
        "select concat_ws('|', @@session.time_zone, @@session.sql_mode, @@session.character_set_client, @@session.character_set_connection, "
        + "ifnull(@@session.character_set_results, 'NULL'), @@session.collation_connection, ifnull(database(), 'NULL'), @@session.autocommit, "
        + (kind == LabKind.MySql97 ? "@@session.transaction_isolation" : "@@session.tx_isolation")
        + ", @@session.lock_wait_timeout, @@session.group_concat_max_len, @@session.foreign_key_checks, @@session.unique_checks, "
        + "@@session.sql_safe_updates, @@session.div_precision_increment, @@session.wait_timeout)";
}
