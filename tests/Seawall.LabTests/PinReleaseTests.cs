using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Seawall.Engine.Flow;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Each reason to keep a connection: what begins it, what ends it, on real servers, by SHOW PINS and by the metric.</summary>
public sealed class PinReleaseTests(LabServers lab)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // What makes it, and all ways in which it ends; the servers that know it, when not all do.
    private static readonly (PinReasons Reason, string[] Make, string[][] Ends, string Servers)[] s_cases =
    [
        (PinReasons.TemporaryTable, ["create temporary table tt (a int)"],
            [["drop temporary table tt"], ["drop table tt"], ["drop temporary table if exists nothing, tt"], ["drop table `tt`"],
            ["drop temporary table pins_x.tt"]], ""),
        (PinReasons.TemporaryTable, ["create temporary table tt select 7 as a", "create temporary table if not exists uu like tt"],
            [["drop temporary table tt", "drop temporary table uu"], ["drop temporary table tt, uu"]], ""),
        (PinReasons.TemporaryTable, ["create or replace temporary table tt (a int)", "create or replace temporary table tt (b int)"],
            [["drop temporary table tt"]], "maria"),
        (PinReasons.NamedLock, ["select get_lock('pins_x', 0)"],
            [["select release_lock('pins_x')"], ["do release_lock('pins_x')"]], ""),
        (PinReasons.NamedLock, ["do get_lock('pins_x', 1)"], [["select release_all_locks()"], ["do release_all_locks()"]], "maria my97"),
        (PinReasons.NamedLock, ["select get_lock('pins_x', 0)", "select get_lock('pins_x', 0) as l"],
            [["do release_lock('pins_x')", "do release_lock('pins_x')"], ["select release_all_locks()"]], "maria my97"),
        (PinReasons.NamedLock, ["do get_lock('pins_x', 0)", "do get_lock('pins_y', 0)"], [["do release_lock('pins_y')"]], "my56"),
        (PinReasons.TableLock, ["lock tables people write"],
            [["unlock tables"], ["begin", "commit"], ["start transaction", "rollback"]], ""),
        (PinReasons.TableLock, ["lock tables people read, people as p write"], [["unlock table"]], ""),
        (PinReasons.GlobalLock, ["flush tables with read lock"], [["unlock tables"]], ""),
        (PinReasons.GlobalLock, ["flush tables people with read lock"], [["unlock tables"]], ""),
        (PinReasons.GlobalLock, ["flush tables people for export"], [["unlock tables"]], ""),
        (PinReasons.GlobalLock, ["lock instance for backup"], [["unlock instance"]], "my97"),
        (PinReasons.GlobalLock, ["backup stage start"], [["backup stage end"]], "maria"),
        (PinReasons.GlobalLock, ["backup lock people"], [["backup unlock"]], "maria"),
        (PinReasons.Handler, ["handler people open"], [["handler people close"], ["handler `people` close"]], ""),
        (PinReasons.Handler, ["handler people open as h", "handler people open as g"], [["handler g close", "handler h close"]], ""),
        (PinReasons.Xa, ["xa start 'pins_x'"],
            [["xa end 'pins_x'", "xa rollback 'pins_x'"], ["xa end 'pins_x'", "xa commit 'pins_x' one phase"],
            ["xa end 'pins_x'", "xa prepare 'pins_x'", "xa commit 'pins_x'"],
            ["xa end 'pins_x'", "xa prepare 'pins_x'", "xa rollback 'pins_x'"]], ""),
        (PinReasons.TextPrepared, ["prepare p from 'select 7'"], [["deallocate prepare p"], ["drop prepare P"]], ""),
        (PinReasons.TextPrepared, ["prepare p from 'select 7'", "prepare p from 'select 8'", "prepare q from 'select 9'"],
            [["deallocate prepare p", "deallocate prepare q"]], ""),
        (PinReasons.NextTransaction, ["set transaction isolation level serializable"], [["begin", "commit"], ["begin", "rollback"]], ""),
        (PinReasons.NextTransaction, ["set @@transaction_isolation = 'SERIALIZABLE'"], [["begin", "commit"]], "my97"),
        (PinReasons.NextTransaction,
            ["set autocommit = 0", "start transaction read only", "select * from people", "set autocommit = 1"],
            [["begin", "commit"]], ""),
        (PinReasons.UserVariable, ["set @a = 7"], [], ""),
        (PinReasons.UserVariable, ["select 7 into @a"], [], ""),
        (PinReasons.UnmovableVariable, ["set timestamp = 5"], [["set timestamp = default"], ["set @@session.timestamp = 0"],
            ["set timestamp = 7.5", "set timestamp = DEFAULT"]], ""),
        (PinReasons.UnmovableVariable, ["set rand_seed1 = 5"], [], ""),
        (PinReasons.UnmovableVariable, ["set sql_auto_is_null = 1", "set sql_auto_is_null = 1"],
            [["set sql_auto_is_null = 0"], ["set sql_auto_is_null = default"]], ""),
        // For its binary log it makes the variable, and reports that something has changed.
        (PinReasons.UnknownState, ["delete from people where id = @never_set"], [], "my97"),
        (PinReasons.Role, ["set role pins_role"], [["set role none"], ["set role pins_role", "SET ROLE NONE"]], "maria my97"),
        (PinReasons.Role, ["set role all"], [["set role default"], ["set role none"]], "my97"),
        (PinReasons.Routine, ["call pins_p()"], [], ""),
        (PinReasons.Routine, ["prepare p from 'select 7'", "execute p"], [], ""),
        (PinReasons.UncertainTransaction, ["set autocommit = 0", "select * from nowhere"],
            [["set autocommit = 1"], ["commit", "set autocommit = 1"]], ""),
    ];

    [Theory]
    [InlineData(LabKind.MariaDb, "maria")]
    [InlineData(LabKind.MySql97, "my97")]
    [InlineData(LabKind.MySql56, "my56")]
    public async Task Every_pin_ends_with_what_ends_it_and_with_its_session(LabKind kind, string word)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("drop database if exists pins_x; create database pins_x; "
            + "create table pins_x.people (id int primary key, name varchar(9)) engine=innodb; create procedure pins_x.pins_p() select 1", Cancel);
        if (word != "my56")
            await server.ExecuteAsync("drop role if exists pins_role; create role pins_role; grant pins_role to seawall", Cancel);
        try
        {
            await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
            {
                Pools = options.Pools with { SizeMax = 3 },
            });
            var wrong = new List<string>();
            foreach (var (reason, make, ends, servers) in s_cases.Where(one => one.Servers.Length == 0 || one.Servers.Contains(word)))
            {
                foreach (var end in ends)
                    await TryAsync(seawall, reason, make, string.Join("; ", end), wrong, client => Array.ForEach(end, sql => Run(client, sql)));
                await TryAsync(seawall, reason, make, "COM_RESET_CONNECTION", wrong, client =>
                    Assert.Null(client.Ask(CommandKind.ResetConnection, default).Error));
                await TryAsync(seawall, reason, make, "COM_CHANGE_USER", wrong, client =>
                    Assert.Equal(0, client.ChangeUser("seawall", "seawall", "pins_x", 45).Head[0]));
                await TryAsync(seawall, reason, make, "leaving", wrong, client => client.Dispose());
            }
            Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        }
        finally
        {
            await server.ExecuteAsync("drop database pins_x", Cancel);
            if (word != "my56")
                await server.ExecuteAsync("drop role pins_role", Cancel);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_role_that_was_left_leaves_nothing_to_others_unless_it_has_led_somewhere(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("drop database if exists led; create database led; create table led.t (a int)", Cancel);
        await server.ExecuteAsync("drop role if exists leads, usual; create role leads; create role usual; grant select on led.* to leads", Cancel);
        await using var account = await LabAccount.CreateAsync(server, "led", "right", Cancel);
        await using var other = await LabAccount.CreateAsync(server, "has_usual", "right", Cancel);
        await server.ExecuteAsync($"grant leads to {account}; grant leads to {other}; grant usual to {other}; "
            + $"set default role usual {(kind == LabKind.MariaDb ? "for" : "to")} {other}", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        async Task<PinReasons> PinsAfter(string user, params string[] statements)
        {
            using var client = RawClient.Connect(seawall.Port, user, "right");
            Array.ForEach(statements, sql => Run(client, sql));
            Run(client, "select 1");
            var rows = (await seawall.Engine.Views.Pinned(10, Cancel)).Rows;
            return rows.Count == 0 ? PinReasons.None : Assert.Single(rows).Pins;
        }

        Assert.Equal(PinReasons.None, await PinsAfter(account.User, "set role leads", "select * from led.t", "set role none"));
        Assert.Equal(PinReasons.Role, await PinsAfter(account.User, "set role leads", "use led", "set role none"));
        Assert.Equal(PinReasons.Role, await PinsAfter(account.User, "set role leads", "set time_zone = '+01:00'", "set role none"));
        // Whose sessions begin with a role are another session without it.
        Assert.Equal(PinReasons.Role, await PinsAfter(other.User, "set role leads", "set role none"));
        Assert.Equal(PinReasons.Role, await PinsAfter(other.User, "set role none"));
        if (kind == LabKind.MySql97)
            Assert.Equal(PinReasons.None, await PinsAfter(other.User, "set role leads", "set role default"));

        // The connection of the first is the same for the next as any other, to the byte.
        using var direct = RawClient.Connect(server.Port, account.User, "right");
        using var first = RawClient.Connect(seawall.Port, account.User, "right");
        using var next = RawClient.Connect(seawall.Port, account.User, "right");
        Run(first, "set role leads");
        Run(first, "set role none");
        foreach (var sql in (string[])["select current_role()", "select * from led.t", "use led"])
            Assert.Equal(direct.Query(sql).ToString(), next.Query(sql).ToString());
        await server.ExecuteAsync("drop database led; drop role leads, usual", Cancel);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Cursors_and_pieces_of_parameters_end_with_their_statement(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        var wrong = new List<string>();
        const string two = "select 1 union all select 2 union all select 3";
        byte[] withCursor = [1, 1, 0, 0, 0];
        foreach (var end in (string[])["fetch", "reset", "close", "again", "COM_RESET_CONNECTION", "leaving"])
        {
            if (end == "again" && kind == LabKind.MySql97)
                continue; // Does not answer, directly neither.
            byte[] id = [];
            await TryAsync(seawall, PinReasons.Cursor, [], $"cursor: {end}", wrong, client => End(client, end, id, [0, 1, 0, 0, 0]), client =>
            {
                id = Number(client.Ask(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(two)).StatementId);
                Assert.Null(client.Ask(CommandKind.StatementExecute, [.. id, .. withCursor]).Error);
            });
        }
        foreach (var end in (string[])["execute", "reset", "close", "COM_RESET_CONNECTION", "leaving"])
        {
            byte[] id = [];
            await TryAsync(seawall, PinReasons.LongData, [], $"pieces: {end}", wrong,
                client => End(client, end == "execute" ? "again" : end, id, [0, 1, 0, 0, 0, 0, 1, 0xFC, 0]), client =>
            {
                id = Number(client.Ask(CommandKind.StatementPrepare, "select ?"u8).StatementId);
                client.Send(CommandKind.StatementSendLongData, [.. id, 0, 0, .. "abc"u8]);
                client.Send(CommandKind.StatementSendLongData, [.. id, 0, 0, .. "def"u8]);
            });
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static void End(RawClient client, string end, byte[] id, byte[] execution)
    {
        switch (end)
        {
            case "fetch":
                for (var i = 0; i < 3; i++)
                    client.Ask(CommandKind.StatementFetch, [.. id, 2, 0, 0, 0]);
                break;
            case "reset":
                Assert.Null(client.Ask(CommandKind.StatementReset, id).Error);
                break;
            case "close":
                client.Send(CommandKind.StatementClose, id);
                break;
            case "again":
                Assert.Null(client.Ask(CommandKind.StatementExecute, [.. id, .. execution]).Error);
                break;
            case "COM_RESET_CONNECTION":
                Assert.Null(client.Ask(CommandKind.ResetConnection, default).Error);
                break;
            default:
                client.Dispose();
                break;
        }
    }

    private static async Task TryAsync(
        SeawallUnderTest seawall, PinReasons reason, string[] make, string how, List<string> wrong, Action<RawClient> end,
        Action<RawClient>? begin = null)
    {
        var what = $"{reason}: {string.Join("; ", make)} -> {how}";
        try
        {
            var bit = BitOperations.Log2((uint)reason);
            var counted = seawall.Count(meter => meter.PinsByReason[bit]);
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual & ~MySql.Handshakes.Capabilities.QueryAttributes,
                schema: begin is null ? "pins_x" : null);
            begin?.Invoke(client);
            foreach (var sql in make)
                Run(client, sql);
            await Eventually.TrueAsync(async () => (await seawall.Engine.Views.Pinned(10, Cancel)).Rows.Any(row => row.Pins.HasFlag(reason)),
                Soon, Cancel, () => "it does not pin");
            Assert.Equal(counted + 1, seawall.Count(meter => meter.PinsByReason[bit]));
            end(client);
            if (!how.EndsWith("leaving", StringComparison.Ordinal))
            {
                // What the statements left besides the pin ends with the next statement.
                Run(client, "select 1");
                Run(client, "select 1");
            }
            var rows = (await seawall.Engine.Views.Pinned(10, Cancel)).Rows;
            await Eventually.TrueAsync(async () => (rows = (await seawall.Engine.Views.Pinned(10, Cancel)).Rows).Count == 0
                && seawall.ServerConnections == seawall.IdleServerConnections, Soon, Cancel,
                () => string.Join(", ", rows.Select(row => PinCatalog.Words(row.Pins))));
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !Cancel.IsCancellationRequested)
        {
            wrong.Add($"{what}: {failure.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static void Run(RawClient client, string sql)
    {
        var error = client.Query(sql).Error;
        Assert.True(error is null || sql.Contains("nowhere", StringComparison.Ordinal), $"{sql}: {error}");
    }

    private static byte[] Number(uint id)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, id);
        return bytes;
    }
}
