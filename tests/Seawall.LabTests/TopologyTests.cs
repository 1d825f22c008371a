using MySqlConnector;
using Seawall.Engine.Facts.Topology;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Somebody else makes another server the primary, under writes: all that was acknowledged is there, nothing twice, and whoever hears an
/// error hears the truth. Real servers.
/// </summary>
public sealed class TopologyTests(LabServers lab)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_switchover_under_writes_loses_nothing(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 2, Cancel);
        await using var seawall = await StartAsync(set);
        Assert.Equal("0", Facts(seawall).Topology.Primary?.Name);
        Assert.All(Facts(seawall).Topology.Members.Skip(1), member => Assert.Equal(
            ("0", ReplicationState.Running), (member.Follows?.Name, member.Replication)));
        await using var ledger = await WriteLedger.StartAsync(set.Primary, 8, seawall.ConnectAppAsync, Cancel);
        await ledger.MoreAsync(200, Patience, Cancel);

        for (var turn = 1; turn <= 3; turn++)
        {
            await set.SwitchOverAsync(set.Members[turn % 3], Cancel);
            await UntilPrimaryAsync(seawall, turn % 3);
            await ledger.MoreAsync(200, Patience, Cancel);
        }

        await ledger.StopAsync();
        await set.CaughtUpAsync(Cancel);
        foreach (var member in set.Members)
            Assert.Empty(await ledger.WrongsAsync(member, Cancel));
        // A write to a server that has just become read-only, and a transaction that was open there, are told. Writers try again at once, so
        // how many there are depends on how soon a busy machine lets the server be looked at.
        Assert.InRange(ledger.Errors.Count, 0, 3 * 8 * 20);
        Assert.All(ledger.Errors, error => Assert.Matches("(read-only|is the primary no more|rolled back|Lost connection|not known)", error));

        // The control: a write that is missing, and one that is there twice.
        await set.Primary.ExecuteAsync("delete from app.ledger where writer = 0 and number = 0", Cancel);
        await set.Primary.ExecuteAsync("insert into app.ledger values (2, 0, 0)", Cancel);
        var wrongs = await ledger.WrongsAsync(set.Primary, Cancel);
        Assert.Equal(["lost: (0, 0) was acknowledged", "twice: (2, 0) is there 2 times"], wrongs.Order());
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_killed_primary_is_followed_by_the_one_that_is_promoted(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        var (a, b) = (set.Members[0], set.Members[1]);
        await using var seawall = await StartAsync(set, holdMsMax: 60_000);
        await using var ledger = await WriteLedger.StartAsync(a, 6, seawall.ConnectAppAsync, Cancel);
        await ledger.MoreAsync(200, Patience, Cancel);

        await a.KillAsync(Cancel);
        await UntilAsync(seawall, PrimaryState.None);
        await Eventually.TrueAsync(() => seawall.Engine.PrimaryLine.Held >= 6, Patience, Cancel, () => string.Join('\n', seawall.Log.TakeLast(30)));
        // The replica is given all that was acknowledged: what is lost after this, Seawall has lost.
        await a.StartAsync(Cancel);
        await set.CaughtUpAsync(b, Cancel);
        await a.KillAsync(Cancel);
        var before = ledger.Acknowledged;
        await set.PromoteAsync(b, Cancel);
        await UntilPrimaryAsync(seawall, 1);
        await ledger.MoreAsync(200, Patience, Cancel);

        await ledger.StopAsync();
        Assert.Empty(await ledger.WrongsAsync(b, Cancel));
        Assert.True(ledger.Acknowledged > before);
        // One for each writer that was at the server when it died; those that came then were held.
        Assert.InRange(ledger.Errors.Count, 0, 2 * 6);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Nobody_writes_while_two_servers_take_writes(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        var (a, b) = (set.Members[0], set.Members[1]);
        await using var seawall = await StartAsync(set, holdMsMax: 300);
        await using var client = await seawall.ConnectAppAsync(Cancel);
        await RunAsync(client, "create table app.t (a int)");
        await set.CaughtUpAsync(Cancel);

        await b.ExecuteAsync(kind == LabKind.MariaDb ? "stop slave; reset slave all" : "stop replica; reset replica all", Cancel);
        await set.AllowWritesAsync(b, Cancel);
        await UntilAsync(seawall, PrimaryState.Split);

        var refused = await Assert.ThrowsAsync<MySqlException>(() => RunAsync(client, "insert into app.t values (1)"));
        Assert.Equal(3168, refused.Number);
        Assert.Contains("'0' and '1' take writes", refused.Message, StringComparison.Ordinal);
        Assert.Equal("0", await a.AskAsync("select count(*) from app.t", Cancel));
        Assert.Equal("0", await b.AskAsync("select count(*) from app.t", Cancel));

        await set.FollowAsync(b, a, Cancel);
        await UntilPrimaryAsync(seawall, 0);
        await RunAsync(client, "insert into app.t values (2)");
        // A replica that somebody only makes writable is no primary.
        await set.AllowWritesAsync(b, Cancel);
        await Eventually.TrueAsync(() => Facts(seawall).Topology.Members[1].IsWritable == true, Patience, Cancel);
        await RunAsync(client, "insert into app.t values (3)");
        Assert.Equal("2", await a.AskAsync("select count(*) from app.t", Cancel));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_primary_that_hangs_is_left_when_another_was_promoted(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        var (a, b) = (set.Members[0], set.Members[1]);
        await using var seawall = await StartAsync(set, holdMsMax: 60_000);
        await using var ledger = await WriteLedger.StartAsync(a, 4, seawall.ConnectAppAsync, Cancel);
        await ledger.MoreAsync(100, Patience, Cancel);

        // All that was acknowledged is at the replica before the primary stops: nothing is written while it is made sure.
        await set.ForbidWritesAsync(a, Cancel);
        await set.CaughtUpAsync(b, Cancel);
        a.Freeze();
        await set.PromoteAsync(b, Cancel, without: a);
        await UntilPrimaryAsync(seawall, 1);
        await ledger.MoreAsync(100, Patience, Cancel);
        await ledger.StopAsync();
        a.Thaw();

        Assert.Empty(await ledger.WrongsAsync(b, Cancel));
        // It comes back as it was: read-only, and following nobody. That changes nothing.
        await Eventually.TrueAsync(() => Facts(seawall).Topology.Members[0].State == MemberState.Up, Patience, Cancel);
        Assert.Equal(("1", PrimaryState.Found), (Facts(seawall).Topology.Primary?.Name, Facts(seawall).Topology.State));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Replication_that_breaks_is_seen_as_broken_and_its_lag_is_no_number(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        await using var seawall = await StartAsync(set);

        await set.BreakAsync(set.Members[1], Cancel);
        await Eventually.TrueAsync(() => Facts(seawall).Topology.Members[1].Replication == ReplicationState.Broken, Patience, Cancel);
        var facts = Facts(seawall).Servers[1].Replication;
        Assert.Null(facts.LagSeconds);
        Assert.NotEmpty(facts.Sources[0].Problem);

        await set.MendAsync(set.Members[1], Cancel);
        await Eventually.TrueAsync(() => Facts(seawall).Topology.Members[1].Replication == ReplicationState.Running, Patience, Cancel);
        Assert.Equal(PrimaryState.Found, Facts(seawall).Topology.State);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_monitor_without_the_right_to_see_replication_says_so(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("create user blind@'%' identified by 'blind'; grant select on mysql.* to blind@'%'", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Monitor = SeawallUnderTest.AccountWithPassword("blind", "blind"),
            Servers =
            [
                options.Servers[0] with { Id = new("0"), Role = null },
                // A place where nobody is.
                options.Servers[0] with { Id = new("1"), Role = null, Endpoint = Engine.Loops.Endpoint.Unix("/nowhere")! },
            ],
        });

        Assert.Equal(ReplicationState.Unknown, Facts(seawall).Servers[0].Replication.State);
        Assert.Contains("REPLICATION CLIENT", Facts(seawall).Servers[0].Replication.Problem, StringComparison.Ordinal);
        Assert.Contains(seawall.Log, line => line.Contains("may not see the replication", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Servers_are_added_drained_and_removed_by_command_under_writes(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        var (a, b) = (set.Members[0], set.Members[1]);
        await using var seawall = await ProcessUnderTest.StartAsync(lab, a, Cancel, "[topology]\nhold_ms_max = 60000\n");
        await using var ledger = await WriteLedger.StartAsync(a, 4, cancel => seawall.ConnectAsync(cancel, "app", "app"), Cancel);
        await ledger.MoreAsync(100, Patience, Cancel);
        var name = seawall.Process.Engine.Options.Servers[0].Id.Name;

        await seawall.AskAsync($"ADD SERVER other AT '127.0.0.1:{b.Port}' AS AUTO", Cancel);
        await Eventually.TrueAsync(
            () => seawall.Process.Engine.Facts.Topology.Of(new("other")) is { State: MemberState.Up, Follows: { } follows } && follows.Name == name,
            Patience, Cancel, () => seawall.Log);
        var servers = await seawall.AskAsync("SHOW SERVERS", Cancel);
        Assert.Contains("not in the settings", (string)servers[1]["differs"]!, StringComparison.Ordinal);
        await seawall.AskAsync("RELOAD", Cancel); // What commands have changed lasts.
        Assert.Equal(2, (await seawall.AskAsync("SHOW TOPOLOGY", Cancel)).Count);

        // A session that keeps its connection holds the drain up, and is named.
        await using var blocker = await seawall.ConnectAsync(Cancel, "app", "app");
        await RunAsync(blocker, "begin");
        await RunAsync(blocker, "insert into app.ledger values (-1, 0, 0)");
        var refused = await Assert.ThrowsAsync<MySqlException>(() => seawall.AskAsync($"DRAIN SERVER {name}", Cancel));
        Assert.Contains("is the primary", refused.Message, StringComparison.Ordinal);
        await seawall.AskAsync($"DRAIN SERVER {name} FORCE", Cancel);
        await Eventually.TrueAsync(
            async () => (await seawall.AskAsync("SHOW DRAINS", Cancel)) is [var only] && "app".Equals(only["user"])
                && "in_transaction".Equals(only["state"]) && Convert.ToInt64(only["connections"], null) == 1,
            Patience, Cancel, () => seawall.Log);
        await RunAsync(blocker, "commit");
        await Eventually.TrueAsync(
            async () => "drained".Equals((await seawall.AskAsync("SHOW DRAINS", Cancel))[0]["is"]), Patience, Cancel, () => seawall.Log);

        // With nothing left there it is switched over, and nobody hears an error at all.
        await set.SwitchOverAsync(b, Cancel);
        await ledger.MoreAsync(100, Patience, Cancel);
        await ledger.StopAsync();
        Assert.Empty(await ledger.WrongsAsync(b, Cancel));
        Assert.Equal("other", seawall.Process.Engine.Facts.Topology.Primary?.Name);
        Assert.Empty(ledger.Errors);

        await seawall.AskAsync($"REMOVE SERVER {name}", Cancel);
        Assert.Equal("other", Assert.Single(await seawall.AskAsync("SHOW SERVERS", Cancel))["name"]);
        await Assert.ThrowsAsync<MySqlException>(() => seawall.AskAsync("REMOVE SERVER other FORCE", Cancel));
    }

    // The same by the file alone: what is in it is what there is.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Servers_are_added_drained_and_removed_by_reloads_under_writes(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        var (a, b) = (set.Members[0], set.Members[1]);
        const string hold = "[topology]\nhold_ms_max = 60000\n";
        await using var seawall = await ProcessUnderTest.StartAsync(lab, a, Cancel, hold);
        await using var ledger = await WriteLedger.StartAsync(a, 4, cancel => seawall.ConnectAsync(cancel, "app", "app"), Cancel);
        await ledger.MoreAsync(100, Patience, Cancel);

        await ReloadAsync(a, $"[reads]\nfrom = \"replicas\"\n{hold}{Server("other", b)}");
        await UntilAsync(row => row.Count == 2 && "fresh".Equals(row[1]["state"]), "SHOW FRESHNESS");
        await using var reader = await seawall.ConnectAsync(Cancel, "app", "app");
        await UntilReadAtAsync(reader, "other");

        // A session that keeps its connection to the replica holds the drain up, and is named.
        await using var blocker = await seawall.ConnectAsync(Cancel, "app", "app");
        await ReloadAsync(a, $"[reads]\nfrom = \"replicas\"\nread_only_transactions = \"replicas\"\n{hold}{Server("other", b)}");
        await UntilAsync(rows => rows.Count == 2 && "fresh".Equals(rows[1]["state"]), "SHOW FRESHNESS");
        await Eventually.TrueAsync(async () =>
        {
            await RunAsync(blocker, "start transaction read only");
            await RunAsync(blocker, "select count(*) from app.ledger");
            if ("other".Equals((await ProcessUnderTest.AskAsync(blocker, "show last route", Cancel))[0]["server"]))
                return true;
            await RunAsync(blocker, "rollback");
            return false;
        }, Patience, Cancel, () => seawall.Log);
        await ReloadAsync(a, $"[reads]\nfrom = \"replicas\"\nread_only_transactions = \"replicas\"\n{hold}{Server("other", b, "drain = true\n")}");
        await UntilAsync(rows => rows is [var only] && "other".Equals(only["server"]) && "draining".Equals(only["is"]) && "the settings".Equals(only["by"])
            && "app".Equals(only["user"]) && "in_transaction".Equals(only["state"]), "SHOW DRAINS");
        await UntilReadAtAsync(reader, "primary");
        Assert.Null((await seawall.AskAsync("SHOW SERVERS", Cancel))[1]["differs"]);
        await RunAsync(blocker, "select count(*) from app.ledger");
        await RunAsync(blocker, "commit");
        await UntilAsync(rows => "drained".Equals(rows[0]["is"]), "SHOW DRAINS");

        // It comes back, becomes the primary, and the old one goes as soon as it is none.
        await ReloadAsync(a, $"{hold}{Server("other", b)}", isDrained: true);
        await UntilAsync(rows => rows.Count == 0, "SHOW DRAINS");
        Assert.Contains("is the primary", (string)(await seawall.AskAsync("SHOW SERVERS", Cancel))[0]["differs"]!, StringComparison.Ordinal);
        await set.SwitchOverAsync(b, Cancel);
        await UntilAsync(rows => rows is [var only] && "primary".Equals(only["server"]) && "drained".Equals(only["is"]), "SHOW DRAINS");
        await ledger.MoreAsync(100, Patience, Cancel);
        seawall.WriteSettings(b, hold, name: "other");
        await seawall.AskAsync("RELOAD", Cancel);
        Assert.Equal("other", Assert.Single(await seawall.AskAsync("SHOW SERVERS", Cancel))["name"]);
        await ledger.MoreAsync(100, Patience, Cancel);
        await ledger.StopAsync();
        Assert.Empty(await ledger.WrongsAsync(b, Cancel));
        Assert.All(ledger.Errors, error => Assert.Matches("(read-only|is the primary no more|rolled back|Lost connection|not known)", error));

        Task ReloadAsync(LabServer primary, string more, bool isDrained = false)
        {
            seawall.WriteSettings(primary, more, isDrained: isDrained);
            return seawall.AskAsync("RELOAD", Cancel);
        }

        Task UntilAsync(Func<IReadOnlyList<Dictionary<string, object?>>, bool> isSo, string command) => Eventually.TrueAsync(
            async () => isSo(await seawall.AskAsync(command, Cancel)), Patience, Cancel, () => seawall.Log);

        // Its own tables are on all of them by then.
        Task UntilReadAtAsync(MySqlConnection client, string server) => Eventually.TrueAsync(async () =>
        {
            await RunAsync(client, "select count(*) from app.ledger");
            return server.Equals((await ProcessUnderTest.AskAsync(client, "show last route", Cancel))[0]["server"]);
        }, Patience, Cancel, () => seawall.Log);

        static string Server(string name, LabServer server, string more = "") =>
            $"[[servers]]\nname = \"{name}\"\naddress = \"127.0.0.1:{server.Port}\"\ntls = \"off\"\n{more}";
    }

    private static Engine.Facts.FactsSnapshot Facts(SeawallUnderTest seawall) => seawall.Engine.Facts;

    private static Task<SeawallUnderTest> StartAsync(ReplicaSet set, int holdMsMax = 30_000) => SeawallUnderTest.StartAsync(
        set.Primary, Cancel, options => options with
        {
            Servers = SeawallUnderTest.ServerOptions(set.Members, primary: null),
            Topology = options.Topology with { HoldMsMax = holdMsMax },
        });

    private static Task UntilPrimaryAsync(SeawallUnderTest seawall, int member) => Eventually.TrueAsync(
        () => Facts(seawall).Topology is { State: PrimaryState.Found, Primary: { } primary } && primary.Name == $"{member}", Patience, Cancel,
        () => string.Join('\n', seawall.Log.TakeLast(30)));

    private static Task UntilAsync(SeawallUnderTest seawall, PrimaryState state) => Eventually.TrueAsync(
        () => Facts(seawall).Topology.State == state, Patience, Cancel, () => string.Join('\n', seawall.Log.TakeLast(30)));

    private static async Task RunAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
