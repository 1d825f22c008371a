using System.Globalization;
using MySqlConnector;
using Seawall.Engine.Loops;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>What operators see and can do, in a whole Seawall in front of a real server.</summary>
public sealed class AdminTests(LabServers lab)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_hundred_idle_clients_and_one_pinned_are_shown_as_what_they_are()
    {
        await using var seawall = await StartAsync();
        await using var clients = new Crowd();
        for (var i = 0; i < 200; i++)
            await ExecuteAsync(clients.Add(await seawall.ConnectAsync(Cancel)), "DO 1");
        var pinned = clients.Add(await seawall.ConnectAsync(Cancel));
        await ExecuteAsync(pinned, "SELECT GET_LOCK('seawall-admin', 0)");
        var thread = Convert.ToInt64(await ScalarAsync(pinned, "SELECT CONNECTION_ID() /* the server's connection_id */"), CultureInfo.InvariantCulture);

        var pins = await seawall.AskAsync("SHOW PINS", Cancel);
        var pin = Assert.Single(pins, row => (string)row["reasons"]! == "named_lock");
        Assert.Equal("seawall", pin["user"]);
        Assert.Equal("primary", pin["server"]);
        Assert.Equal("select get_lock(?)", pin["statement"]);
        Assert.Matches("^[0-9a-f]{16}$", (string)pin["digest"]!);
        Assert.Equal(thread, pin["thread_id"]);
        Assert.Contains("RELEASE_LOCK", (string)pin["advice"]!, StringComparison.Ordinal);

        var rows = await seawall.AskAsync("SHOW CLIENTS", Cancel);
        Assert.Equal(201, rows.Count);
        Assert.Equal(200, rows.Count(row => (string)row["state"]! == "idle"));
        Assert.Equal(pin["id"], Assert.Single(rows, row => (string)row["state"]! == "pinned")["id"]);
        Assert.All(rows, row => Assert.Equal("no", row["tls"]));

        var pool = Assert.Single(await seawall.AskAsync("SHOW POOLS", Cancel));
        Assert.Equal(1L, pool["in_use"]);
        Assert.Equal(pool["total"], (long)pool["in_use"]! + (long)pool["idle"]!);
        Assert.Equal(0L, pool["waiting"]);
        Assert.Contains("seawall_pinned_clients{reason=\"named_lock\"} 1\n", await seawall.MetricsAsync("/metrics", Cancel), StringComparison.Ordinal);

        await pinned.ResetConnectionAsync(Cancel);
        Assert.DoesNotContain(await seawall.AskAsync("SHOW PINS", Cancel), row => (string)row["reasons"]! == "named_lock");
        // The connection is swept before it counts as free.
        await Eventually.TrueAsync(
            async () => (long)Assert.Single(await seawall.AskAsync("SHOW POOLS", Cancel))["in_use"]! == 0, Soon, Cancel);
    }

    [Fact]
    public async Task A_list_is_cut_at_its_limit_and_says_so()
    {
        await using var seawall = await StartAsync();
        await using var clients = new Crowd();
        for (var i = 0; i < 5; i++)
            clients.Add(await seawall.ConnectAsync(Cancel));
        await using var admin = await seawall.AdminAsync(Cancel);

        Assert.Equal(2, (await ProcessUnderTest.AskAsync(admin, "SHOW CLIENTS LIMIT 2", Cancel)).Count);
        var warning = Assert.Single(await ProcessUnderTest.AskAsync(admin, "SHOW WARNINGS", Cancel));
        Assert.Equal("2 of 5 shown; SHOW CLIENTS LIMIT n shows more", warning["Message"]);
        Assert.Equal(5, (await ProcessUnderTest.AskAsync(admin, "SHOW CLIENTS", Cancel)).Count);
        Assert.Empty(await ProcessUnderTest.AskAsync(admin, "SHOW WARNINGS", Cancel));
    }

    [Fact]
    public async Task A_client_that_runs_and_one_that_waits_are_told_apart()
    {
        await using var seawall = await StartAsync("[pool]\nsize = 1\n");
        await using var clients = new Crowd();
        // Both are there before: a driver has something to ask at its start, and would wait with it.
        MySqlConnection[] both = [clients.Add(await seawall.ConnectAsync(Cancel)), clients.Add(await seawall.ConnectAsync(Cancel))];
        // In the order in which they are shown: whose number is lower depends on which loop took whom.
        Array.Sort(both, (one, other) => ((uint)one.ServerThread).CompareTo((uint)other.ServerThread));
        var (first, second) = (both[0], both[1]);
        var runs = ExecuteAsync(first, "DO SLEEP(3)");
        await Eventually.TrueAsync(async () => await StatesAsync(seawall) is ["running", "idle"], Soon, Cancel);
        var waits = ExecuteAsync(second, "DO 1");
        await Eventually.TrueAsync(async () => await StatesAsync(seawall) is ["running", "waiting"], Soon, Cancel);

        var pool = Assert.Single(await seawall.AskAsync("SHOW POOLS", Cancel));
        Assert.Equal(1L, pool["waiting"]);
        Assert.True((long)pool["maxwait_ms"]! >= 0);
        await runs;
        await waits;
        Assert.Equal(["idle", "idle"], await StatesAsync(seawall));
    }

    [Fact]
    public async Task A_transaction_shows_with_the_servers_number_of_its_connection()
    {
        await using var seawall = await StartAsync();
        await using var client = await seawall.ConnectAsync(Cancel);
        await ExecuteAsync(client, "BEGIN");
        var thread = Convert.ToInt64(await ScalarAsync(client, "SELECT CONNECTION_ID() /* the server's connection_id */"), CultureInfo.InvariantCulture);

        var row = Assert.Single(await seawall.AskAsync("SHOW CLIENTS", Cancel));
        Assert.Equal("in_transaction", row["state"]);
        Assert.Equal(thread, row["thread_id"]);
        Assert.Equal("primary", row["server"]);
    }

    [Fact]
    public async Task Tls_shows_with_its_version_and_the_admin_port_speaks_it_as_well()
    {
        await using var seawall = await StartAsync();
        await using var client = await seawall.ConnectAsync(Cancel, tls: MySqlSslMode.Required);
        await using var admin = await seawall.AdminAsync(Cancel, tls: MySqlSslMode.Required);

        var row = Assert.Single(await ProcessUnderTest.AskAsync(admin, "SHOW CLIENTS", Cancel));
        Assert.Matches("^TLSv1\\.[23]$", (string)row["tls"]!);
        Assert.Equal(
            ["clients yes", "admin yes", "metrics no"],
            (await ProcessUnderTest.AskAsync(admin, "SHOW LISTENERS", Cancel)).Select(listener => $"{listener["purpose"]} {listener["tls"]}"));
        var failure = await Assert.ThrowsAsync<MySqlException>(
            () => seawall.AdminAsync(Cancel, "wrong", MySqlSslMode.Required));
        Assert.Equal(MySqlErrorCode.AccessDenied, failure.ErrorCode);
    }

    [Fact]
    public async Task The_admin_port_answers_when_the_data_path_is_stuck()
    {
        await using var seawall = await StartAsync();
        await using var client = await seawall.ConnectAsync(Cancel);
        using var release = new ManualResetEventSlim();
        try
        {
            foreach (var lane in seawall.Process.Engine.Lanes)
                lane.Loop.Post(LoopJob.From(_ => release.Wait()));
            await using var admin = await seawall.AdminAsync(Cancel);

            Assert.Empty(await ProcessUnderTest.AskAsync(admin, "SHOW CLIENTS", Cancel));
            var warnings = await ProcessUnderTest.AskAsync(admin, "SHOW WARNINGS", Cancel);
            Assert.Contains(warnings, row => (string)row["Message"]! == "loop 0: no answer in 1000 ms; its clients are missing");
            var loops = await ProcessUnderTest.AskAsync(admin, "SHOW LOOPS", Cancel);
            Assert.Equal(["no answer in 1000 ms", "no answer in 1000 ms", "yes"], loops.Select(row => row["answer"]));
            Assert.Single(await ProcessUnderTest.AskAsync(admin, "SHOW SERVERS", Cancel));
            Assert.NotEmpty(await ProcessUnderTest.AskAsync(admin, "SHOW STATS", Cancel));
            await Eventually.TrueAsync(async () => (await seawall.MetricsAsync("/metrics", Cancel)).Split('\n')
                .Any(line => line.StartsWith("seawall_loop_unanswered_seconds{loop=\"0\"} ", default) && !line.EndsWith(" 0", default)), Soon, Cancel);
        }
        finally
        {
            release.Set();
        }
        await Eventually.TrueAsync(async () => (await seawall.AskAsync("SHOW CLIENTS", Cancel)).Count == 1, Soon, Cancel);
    }

    [Fact]
    public async Task A_client_that_is_killed_is_told_and_another_is_not_touched()
    {
        await using var seawall = await StartAsync();
        await using var victim = await seawall.ConnectAsync(Cancel);
        await using var other = await seawall.ConnectAsync(Cancel);
        await using var admin = await seawall.AdminAsync(Cancel);

        await ExecuteAsync(admin, string.Create(CultureInfo.InvariantCulture, $"KILL CLIENT {(uint)victim.ServerThread}"));

        await Assert.ThrowsAsync<MySqlException>(() => ExecuteAsync(victim, "DO 1"));
        await ExecuteAsync(other, "DO 1");
        var failure = await Assert.ThrowsAsync<MySqlException>(() => ExecuteAsync(admin, "KILL CLIENT 1"));
        Assert.Equal(1094, (int)failure.ErrorCode);
    }

    [Fact]
    public async Task A_client_that_is_killed_in_the_middle_of_a_statement_gives_its_connection_back()
    {
        await using var seawall = await StartAsync();
        await using var victim = await seawall.ConnectAsync(Cancel);
        var running = ExecuteAsync(victim, "DO SLEEP(2)");
        await Eventually.TrueAsync(async () => await StatesAsync(seawall) is ["running"], Soon, Cancel);

        await using var admin = await seawall.AdminAsync(Cancel);
        await ExecuteAsync(admin, string.Create(CultureInfo.InvariantCulture, $"KILL CLIENT {(uint)victim.ServerThread};"));

        await Assert.ThrowsAsync<MySqlException>(() => running);
        await Eventually.TrueAsync(async () => (await seawall.AskAsync("SHOW CLIENTS", Cancel)).Count == 0
            && (long)(await seawall.AskAsync("SHOW POOLS", Cancel))[0]["in_use"]! == 0, Soon, Cancel);
    }

    [Fact]
    public async Task A_reload_shows_what_changed_and_a_wrong_file_changes_nothing()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await ProcessUnderTest.StartAsync(lab, server, Cancel);
        Assert.Empty(await seawall.AskAsync("RELOAD", Cancel));

        seawall.WriteSettings(server, "[pool]\nsize = 7\n");
        var change = Assert.Single(await seawall.AskAsync("RELOAD", Cancel));
        Assert.Equal(("pool.size", "32", "7", "no"), (change["key"], change["old"], change["new"], change["needs_restart"]));

        seawall.WriteSettings(server, "[pool]\nsiz = 8\n");
        var failure = await Assert.ThrowsAsync<MySqlException>(() => seawall.AskAsync("RELOAD", Cancel));
        Assert.Contains("siz", failure.Message, StringComparison.Ordinal);
        Assert.Equal("7", Assert.Single(await seawall.AskAsync("SHOW SETTINGS LIKE 'pool.size'", Cancel))["value"]);
    }

    [Theory]
    [InlineData("SHUTDOWN")]
    [InlineData("SHUTDOWN NOW")]
    public async Task A_shutdown_is_acknowledged_before_it_begins(string command)
    {
        await using var seawall = await StartAsync();
        await using var admin = await seawall.AdminAsync(Cancel);
        var ending = seawall.Process.RunToEnd();

        await ExecuteAsync(admin, command);

        Assert.Equal(Control.Processes.ProcessEnd.EverybodyLeft, await ending.WaitAsync(Soon, Cancel));
        await Eventually.TrueAsync(
            () => seawall.Log.Contains("an operator asks for the end", StringComparison.Ordinal), Soon, Cancel, () => seawall.Log);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_slowly_and_logged_without_it()
    {
        await using var seawall = await StartAsync();
        foreach (var (user, password) in new[] { ("admin", "guess-marker-91"), ("nobody", ProcessUnderTest.AdminPassword), ("admin", "") })
        {
            var client = new LabCommand("mariadb", "--no-defaults", "-h127.0.0.1", $"-P{seawall.AdminPort}", $"-u{user}", $"-p{password}", "-e", "SHOW POOLS");
            var result = await LabProgram.RunAsync(client with { Arguments = [.. client.Arguments, "--skip-ssl"] }, Soon, Cancel);
            Assert.Contains("ERROR 1045 (28000): Access denied", result.Errors, StringComparison.Ordinal);
            Assert.Empty(result.Output);
        }
        var failure = await Assert.ThrowsAsync<MySqlException>(() => seawall.AdminAsync(Cancel, "guess-marker-91"));
        Assert.Equal(MySqlErrorCode.AccessDenied, failure.ErrorCode);

        Assert.Contains("admin login refused for 'nobody' from 127.0.0.1:", seawall.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("guess-marker-91", seawall.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_seventeenth_connection_is_refused_until_one_ends()
    {
        await using var seawall = await StartAsync();
        await using var admins = new Crowd();
        for (var i = 0; i < Control.Admin.AdminPort.ConnectionsMax; i++)
            admins.Add(await seawall.AdminAsync(Cancel));

        var failure = await Assert.ThrowsAsync<MySqlException>(() => seawall.AdminAsync(Cancel));
        Assert.Equal(MySqlErrorCode.ConnectionCountError, failure.ErrorCode);

        await admins.LeaveAsync();
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await (await seawall.AdminAsync(Cancel)).DisposeAsync();
                return true;
            }
            catch (MySqlException)
            {
                return false;
            }
        }, Soon, Cancel);
    }

    // Everybody looks at everything while clients come, work, are killed and go; then nothing may be left, and no bug met.
    [Fact]
    public async Task Looking_on_while_clients_come_and_go_disturbs_nobody()
    {
        await using var seawall = await StartAsync("[pool]\nsize = 3\n");
        // Those who are looked at stay until one of them was killed; a slow machine may look rarely.
        const int rounds = 40, roundsMax = 4_000;
        var (ended, kills) = (0, 0);
        var clients = Enumerable.Range(0, 8).Select(async number =>
        {
            for (var round = 0; round < rounds || (Volatile.Read(ref kills) == 0 && round < roundsMax); round++)
            {
                try
                {
                    await using var client = await seawall.ConnectAsync(Cancel);
                    await ExecuteAsync(client, "BEGIN");
                    await ExecuteAsync(client, "DO GET_LOCK(CONCAT('admin-', CONNECTION_ID()), 1)");
                    await ExecuteAsync(client, round % 2 == 0 ? "COMMIT" : "ROLLBACK");
                }
                catch (MySqlException)
                {
                    // Killed below, or it came for a pool of three when there was no room in time.
                }
            }
            Interlocked.Increment(ref ended);
        }).ToArray();
        await using var admin = await seawall.AdminAsync(Cancel);
        var looks = 0;
        while (Volatile.Read(ref ended) < clients.Length)
        {
            var rows = await ProcessUnderTest.AskAsync(admin, "SHOW CLIENTS", Cancel);
            // One that leaves may still be there when the next has come in its place.
            Assert.InRange(rows.Count, 0, 2 * clients.Length);
            Assert.Equal(rows.Count, rows.Select(row => row["id"]).Distinct().Count());
            foreach (var command in new[] { "SHOW PINS", "SHOW POOLS", "SHOW STATS", "SHOW LOOPS", "SHOW SERVERS" })
                await ProcessUnderTest.AskAsync(admin, command, Cancel);
            Exposition(await seawall.MetricsAsync("/metrics", Cancel));
            if (++looks % 5 == 0 && rows.Count > 0 && await KillAsync(admin, (long)rows[^1]["id"]!))
                Interlocked.Increment(ref kills);
        }
        await Task.WhenAll(clients);

        await Eventually.TrueAsync(async () =>
        {
            var pools = await seawall.AskAsync("SHOW POOLS", Cancel);
            return (await seawall.AskAsync("SHOW CLIENTS", Cancel)).Count == 0
                && pools.All(pool => (long)pool["in_use"]! == 0 && (long)pool["waiting"]! == 0);
        }, Soon, Cancel);
        Assert.True(looks > 0 && kills > 0, $"{looks} looks, {kills} kills");
        Assert.DoesNotContain("a bug in", seawall.Log, StringComparison.Ordinal);
    }

    // The page as a whole is judged in Seawall.Tests; here it must be there, and count what it should.
    private static void Exposition(string page) => Assert.Contains("\nseawall_clients ", page, StringComparison.Ordinal);

    private static async Task<bool> KillAsync(MySqlConnection admin, long id)
    {
        try
        {
            await ExecuteAsync(admin, string.Create(CultureInfo.InvariantCulture, $"KILL CLIENT {id}"));
            return true;
        }
        catch (MySqlException gone) when ((int)gone.ErrorCode == 1094)
        {
            return false; // It had left by itself.
        }
    }

    private static async Task<string[]> StatesAsync(ProcessUnderTest seawall) =>
        [.. (await seawall.AskAsync("SHOW CLIENTS", Cancel)).Select(row => (string)row["state"]!)];

    private async Task<ProcessUnderTest> StartAsync(string more = "") =>
        await ProcessUnderTest.StartAsync(lab, await lab.SharedAsync(LabKind.MariaDb, Cancel), Cancel, more);

    private static async Task ExecuteAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private static async Task<object?> ScalarAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }

    /// <summary>Connections that leave together.</summary>
    private sealed class Crowd : IAsyncDisposable
    {
        private readonly List<MySqlConnection> _connections = [];

        internal MySqlConnection Add(MySqlConnection connection)
        {
            _connections.Add(connection);
            return connection;
        }

        internal async Task LeaveAsync()
        {
            foreach (var connection in _connections)
                await connection.DisposeAsync();
            _connections.Clear();
        }

        public async ValueTask DisposeAsync() => await LeaveAsync();
    }
}
