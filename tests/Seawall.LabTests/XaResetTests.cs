using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>What a reset or a change of user does to an open XA transaction is done when it is answered.</summary>
public sealed class XaResetTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, true)]
    [InlineData(LabKind.MySql97, true)]
    [InlineData(LabKind.MySql56, false)]
    public async Task The_name_of_a_transaction_that_is_not_prepared_is_free_again_at_once(LabKind kind, bool canReset)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("drop database if exists xa_reset; create database xa_reset; create table xa_reset.t (id int) engine=innodb", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "xa_reset");
        Run(client, "insert into t values (1)");
        for (var rows = 1; rows < 65_536; rows *= 2)
            Run(client, "insert into t select * from t");
        // How far a transaction is MariaDB tells in an error alone, in the character set of the session's results.
        string[] characterSets = kind == LabKind.MariaDb ? ["latin1", "ucs2", "utf16", "utf16le", "utf32"] : ["latin1"];
        // What takes long to roll back: a connection that was only closed would have the name for as long.
        for (var round = 0; round < 3 + characterSets.Length; round++)
        {
            Run(client, $"set character_set_results = '{characterSets[Math.Max(0, round - 3)]}'");
            Run(client, "xa start 'reset_x'");
            Run(client, "update t set id = id + 1");
            if (round % 4 >= 2)
                Run(client, "xa end 'reset_x'");
            if (round % 2 == 0 && canReset)
                Assert.Null(client.Ask(CommandKind.ResetConnection, default).Error);
            else
                Assert.Equal(0, client.ChangeUser("seawall", "seawall", "xa_reset", 45).Head[0]);
            Run(client, "xa start 'reset_x'");
            Run(client, "xa end 'reset_x'");
            Run(client, "xa rollback 'reset_x'");
        }
        Assert.Equal("1", client.Query("select max(id) from t").FirstValue);
        await server.ExecuteAsync("drop database xa_reset", Cancel);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_transaction_that_is_prepared_stays_for_whoever_ends_it(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("drop database if exists xa_stays; create database xa_stays; create table xa_stays.t (id int) engine=innodb", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "xa_stays");
        for (var round = 0; round < 20; round++)
        {
            Run(client, "xa start 'stays_x'");
            Run(client, "insert into t values (1)");
            Run(client, "xa end 'stays_x'");
            Run(client, "xa prepare 'stays_x'");
            Assert.Null(client.Ask(CommandKind.ResetConnection, default).Error);
            // MariaDB's connection is closed, and has let go of it when its thread has looked.
            await Eventually.TrueAsync(() => client.Query("xa commit 'stays_x'").Error is null, TimeSpan.FromSeconds(20), Cancel,
                () => "it cannot be committed");
        }
        Assert.Equal("20", client.Query("select count(*) from t").FirstValue);
        await server.ExecuteAsync("drop database xa_stays", Cancel);
    }

    // A habit of the server's own, on direct connections: what random sessions count as a known difference (KnownDifferences) rests on it.
    [Fact]
    public async Task MySQL_56_runs_a_routine_behind_XA_END_and_XA_PREPARE_only_from_the_cache_of_the_connection()
    {
        await using var server = await lab.StartAsync(LabKind.MySql56, Cancel); // Of its own: nobody else makes a routine.
        await server.ExecuteAsync("create database xa_runs; create table xa_runs.t (id int) engine=innodb", Cancel);
        using var client = RawClient.Connect(server.Port, "seawall", "seawall", schema: "xa_runs");
        Run(client, "create procedure sets() set session group_concat_max_len = 10");
        foreach (var (isPrepared, isCached) in ((bool, bool)[])[(true, true), (true, false), (false, true), (false, false)])
        {
            Run(client, "call sets()");
            Run(client, "xa start 'runs_x'");
            Run(client, "insert into t values (1)");
            Run(client, "xa end 'runs_x'");
            if (isPrepared)
                Run(client, "xa prepare 'runs_x'");
            if (!isCached)
                await server.ExecuteAsync("drop procedure if exists xa_runs.other; create procedure xa_runs.other() select 1", Cancel);
            Assert.Equal(isCached ? null : 1399, (int?)client.Query("call sets()").Error?.Code);
            Run(client, "xa rollback 'runs_x'");
        }
    }

    private static void Run(RawClient client, string sql)
    {
        var error = client.Query(sql).Error;
        Assert.True(error is null, $"{sql}: {error}");
    }
}
