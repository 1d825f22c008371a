using System.Globalization;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Accounts are the servers' own: whoever they let in comes in, and what they change is so here as well, soon.</summary>
public sealed class AccountTests(LabServers lab)
{
    // What is promised. The watch looks every second, so this is generous already.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Whoever_is_refused_hears_the_servers_own_words(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "refused", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using (var control = RawClient.Connect(seawall.Port, account.User, "right"))
            Assert.Null(control.Refusal);
        foreach (var (user, password) in ((string, string)[])
            [(account.User, "wrong"), (account.User, ""), ("nobody_at_all", "wrong"), ("nobody_at_all", "")])
        {
            using var direct = RawClient.Connect(server.Port, user, password);
            using var through = RawClient.Connect(seawall.Port, user, password);
            Assert.NotNull(direct.Refusal);
            Assert.Equal(direct.Refusal, through.Refusal);
            Assert.Equal(1045, through.Refusal!.Code);
        }
    }

    // The client may go on with the nonce that it was greeted with after it was asked to use another plugin, and at MariaDB
    // after it was refused.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Users_are_changed_with_the_nonce_of_the_greeting(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "renamed", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        foreach (var port in (int[])[server.Port, seawall.Port])
        {
            using var client = RawClient.Connect(port, account.User, "right");
            foreach (var plugin in (string?[])[null, "dialog", null, null, "dialog", "dialog", null])
                Assert.Equal(0, client.ChangeUser(account.User, "right", "", 33, plugin).Head[0]);
            Assert.Equal(0xFF, client.ChangeUser(account.User, "wrong", "", 33, "dialog").Head[0]);
            if (kind == LabKind.MariaDb)
                Assert.Equal(0, client.ChangeUser(account.User, "right", "", 33).Head[0]);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task An_account_without_a_password_admits_no_other(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "open", "", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        foreach (var port in (int[])[server.Port, seawall.Port])
        {
            using var client = RawClient.Connect(port, "seawall", "seawall");
            foreach (var plugin in (string?[])[null, "dialog"])
                Assert.Equal(0, client.ChangeUser(account.User, "", "", 33, plugin).Head[0]);
            Assert.Equal(0xFF, client.ChangeUser(account.User, "wrong", "", 33, "dialog").Head[0]);
            using var other = RawClient.Connect(port, account.User, "wrong");
            Assert.Equal(1045, other.Refusal!.Code);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_monitoring_account_needs_no_more_than_to_read_the_accounts(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var watcher = await LabAccount.CreateAsync(server, "watcher", "watching", Cancel);
        await using var account = await LabAccount.CreateAsync(server, "watched", "right", Cancel);
        await server.ExecuteAsync($"grant select on mysql.* to {watcher}", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel,
            options => options with { Monitor = SeawallUnderTest.AccountWithPassword(watcher.User, "watching") });
        using var client = RawClient.Connect(seawall.Port, account.User, "right");
        Assert.Null(client.Refusal);
        Assert.Equal($"{account.User}@%", client.Query("select current_user()").FirstValue);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_new_password_is_right_at_once_and_the_old_one_wrong_soon(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "changing", "old", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        string? before;
        using (var control = RawClient.Connect(seawall.Port, account.User, "old"))
            before = control.Query("select connection_id() /* the server's connection_id */").FirstValue;
        Assert.NotNull(before);

        await account.SetPasswordAsync("new", Cancel);
        // A wrong proof makes Seawall look before it refuses.
        using var client = RawClient.Connect(seawall.Port, account.User, "new");
        Assert.Null(client.Refusal);
        await RefusedSoonAsync(seawall, account.User, "old", 1045);
        // The connection of the old password is not used any more, and is closed.
        Assert.NotEqual(before, client.Query("select connection_id() /* the server's connection_id */").FirstValue);
        await Eventually.TrueAsync(async () => await server.AskAsync(
            $"select count(*) from information_schema.processlist where id = {before}", Cancel) == "0", Soon, Cancel);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_dropped_account_is_refused_soon(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "dropped", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using (var control = RawClient.Connect(seawall.Port, account.User, "right"))
            Assert.Null(control.Refusal);
        await server.ExecuteAsync($"drop user {account}", Cancel);
        await RefusedSoonAsync(seawall, account.User, "right", 1045);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_locked_account_is_refused_soon_in_the_servers_own_words(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "locked", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using (var control = RawClient.Connect(seawall.Port, account.User, "right"))
            Assert.Null(control.Refusal);
        await server.ExecuteAsync($"alter user {account} account lock", Cancel);
        using var direct = RawClient.Connect(server.Port, account.User, "right");
        var refusal = await RefusedSoonAsync(seawall, account.User, "right", direct.Refusal!.Code);
        Assert.Equal(direct.Refusal, refusal);
        await server.ExecuteAsync($"alter user {account} account unlock", Cancel);
        await LetInSoonAsync(seawall, account.User, "right");
    }

    // MariaDB lets such a client in and refuses its statements, unless disconnect_on_expired_password is set; Seawall does
    // as if it were.
    [Theory]
    [InlineData(LabKind.MariaDb, "alter user {0} password expire")]
    [InlineData(LabKind.MySql97, "alter user {0} password expire")]
    [InlineData(LabKind.MySql56, "alter user {0} password expire")]
    public async Task An_expired_password_is_refused_soon(LabKind kind, string expire)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "expired", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using (var control = RawClient.Connect(seawall.Port, account.User, "right"))
            Assert.Null(control.Refusal);
        await server.ExecuteAsync(string.Format(CultureInfo.InvariantCulture, expire, account), Cancel);
        var refusal = await RefusedSoonAsync(seawall, account.User, "right", 1862);
        if (kind == LabKind.MariaDb)
            return;
        using var direct = RawClient.Connect(server.Port, account.User, "right");
        Assert.Equal(direct.Refusal, refusal);
    }

    // Its proof teaches nothing that a server would take, so the password comes from the settings.
    [Fact]
    public async Task An_ed25519_account_works_when_its_password_is_in_the_settings()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await server.ExecuteAsync("install soname 'auth_ed25519'", Cancel);
        try
        {
            await using var account = await LabAccount.CreateAsync(server, "signing", "right", Cancel, plugin: "ed25519");
            await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel,
                options => options with { Accounts = [SeawallUnderTest.AccountWithPassword(account.User, "right")] });
            using var client = RawClient.Connect(seawall.Port, account.User, "right");
            Assert.Equal($"{account.User}@%", client.Query("select current_user()").FirstValue);
            using var stranger = RawClient.Connect(seawall.Port, account.User, "wrong");
            Assert.Equal(1045, stranger.Refusal?.Code);
            using var control = RawClient.Connect(server.Port, account.User, "right");
            Assert.Null(control.Refusal);
        }
        finally
        {
            await server.ExecuteAsync("uninstall soname 'auth_ed25519'", Cancel);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_login_to_a_schema_that_is_missing_or_forbidden_is_refused_in_the_servers_own_words(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "schemaless", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        foreach (var (user, password, schema, code) in ((string, string, string, int)[])
            [("seawall", "seawall", "no_such_schema", 1049), (account.User, "right", "no_such_schema", 1044), (account.User, "right", "mysql", 1044)])
        {
            using var direct = RawClient.Connect(server.Port, user, password, schema: schema);
            using var through = RawClient.Connect(seawall.Port, user, password, schema: schema);
            Assert.Equal(code, direct.Refusal?.Code);
            Assert.Equal(direct.Refusal, through.Refusal);
        }
        using var control = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "mysql");
        Assert.Equal("mysql", control.Query("select database()").FirstValue);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_schema_that_is_granted_or_taken_away_is_so_here_soon(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "granted", "right", Cancel);
        await server.ExecuteAsync("create database granted_here; create table granted_here.t (a int)", Cancel);
        try
        {
            await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
            using (var control = RawClient.Connect(seawall.Port, account.User, "right", schema: "granted_here"))
                Assert.Equal(1044, control.Refusal?.Code);
            await server.ExecuteAsync($"grant select on granted_here.* to {account}", Cancel);
            await Eventually.TrueAsync(() => Reads(seawall, account) == null, Soon, Cancel);
            await server.ExecuteAsync($"grant insert on granted_here.* to {account}", Cancel);
            await Eventually.TrueAsync(() => Writes(seawall, account) == null, Soon, Cancel);
            await server.ExecuteAsync($"revoke insert on granted_here.* from {account}", Cancel);
            await Eventually.TrueAsync(() => Writes(seawall, account) == 1142, Soon, Cancel);
            await server.ExecuteAsync($"revoke select on granted_here.* from {account}", Cancel);
            await Eventually.TrueAsync(() => Reads(seawall, account) == 1044, Soon + Soon, Cancel);
        }
        finally
        {
            await server.ExecuteAsync("drop database granted_here", Cancel);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_role_that_is_granted_is_seen_soon(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "actor", "right", Cancel);
        await server.ExecuteAsync(
            "create database stage; create table stage.t (a int); create role 'player'; grant select on stage.* to 'player'", Cancel);
        try
        {
            await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
            int? Plays()
            {
                using var client = RawClient.Connect(seawall.Port, account.User, "right");
                return client.Query("select * from stage.t").Error?.Code;
            }
            Assert.Equal(1142, Plays());
            await server.ExecuteAsync($"grant 'player' to {account}; "
                + (kind == LabKind.MariaDb ? $"set default role 'player' for {account}" : $"set default role 'player' to {account}"), Cancel);
            await Eventually.TrueAsync(() => Plays() == null, Soon, Cancel);
        }
        finally
        {
            await server.ExecuteAsync("drop role 'player'; drop database stage", Cancel);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Logins_open_no_server_connection(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        // One loop: with two, a client may ask a moment before the other loop has put the connection down.
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with { Loops = 1 });
        var before = await OpenedAsync(server);
        var clients = Enumerable.Range(0, 20).Select(_ => RawClient.Connect(seawall.Port, "seawall", "seawall")).ToArray();
        Assert.All(clients, client => Assert.Null(client.Refusal));
        Assert.Equal(0, await OpenedAsync(server) - before);
        Assert.Equal(0, seawall.ServerConnections);
        // The control: a statement does open one, and then all of them share it.
        foreach (var client in clients)
            Assert.Equal("1", client.Query("select 1").FirstValue);
        Assert.Equal(1, await OpenedAsync(server) - before);
        foreach (var client in clients)
            client.Dispose();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Without_a_monitoring_account_logins_are_learnt_from_the_servers_yes_and_no(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "learnt", "old", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with { Monitor = null });
        using (var stranger = RawClient.Connect(seawall.Port, account.User, "wrong"))
            Assert.Equal(1045, stranger.Refusal?.Code);
        using (var first = RawClient.Connect(seawall.Port, account.User, "old"))
        {
            Assert.True(first.Refusal is null, string.Join('\n', seawall.Log));
            Assert.Equal($"{account.User}@%", first.Query("select current_user()").FirstValue);
        }
        // Whoever comes within moments is checked against what was learnt, and nobody else is asked.
        var before = await OpenedAsync(server);
        for (var i = 0; i < 10; i++)
        {
            using var next = RawClient.Connect(seawall.Port, account.User, "old");
            Assert.True(next.Refusal is null, string.Join('\n', seawall.Log));
        }
        Assert.InRange(await OpenedAsync(server) - before, 0, 1);

        await account.SetPasswordAsync("new", Cancel);
        using (var changed = RawClient.Connect(seawall.Port, account.User, "new"))
            Assert.True(changed.Refusal is null, string.Join('\n', seawall.Log));
        await RefusedSoonAsync(seawall, account.User, "old", 1045);
        await LetInSoonAsync(seawall, account.User, "new");
        await server.ExecuteAsync($"drop user {account}", Cancel);
        await RefusedSoonAsync(seawall, account.User, "new", 1045);
    }

    private static async Task<RawError> RefusedSoonAsync(SeawallUnderTest seawall, string user, string password, int code)
    {
        RawError? refusal = null;
        await Eventually.TrueAsync(
            () =>
            {
                using var client = RawClient.Connect(seawall.Port, user, password);
                refusal = client.Refusal;
                return refusal?.Code == code;
            }, Soon, Cancel, () => $"refusal: {refusal}\n{string.Join('\n', seawall.Log.TakeLast(20))}");
        return refusal!;
    }

    private static Task LetInSoonAsync(SeawallUnderTest seawall, string user, string password)
    {
        RawError? refusal = null;
        return Eventually.TrueAsync(
            () =>
            {
                using var client = RawClient.Connect(seawall.Port, user, password);
                refusal = client.Refusal;
                return refusal is null;
            }, Soon, Cancel, () => $"refusal: {refusal}\n{string.Join('\n', seawall.Log.TakeLast(20))}");
    }

    private static int? Reads(SeawallUnderTest seawall, LabAccount account)
    {
        using var client = RawClient.Connect(seawall.Port, account.User, "right", schema: "granted_here");
        return client.Refusal?.Code ?? client.Query("select * from t").Error?.Code;
    }

    private static int? Writes(SeawallUnderTest seawall, LabAccount account)
    {
        using var client = RawClient.Connect(seawall.Port, account.User, "right", schema: "granted_here");
        return client.Refusal?.Code ?? client.Query("insert into t values (1)").Error?.Code;
    }

    // Without those that ask; each asking opens one.
    private static int s_asked;

    private static async Task<long> OpenedAsync(LabServer server) =>
        long.Parse(await server.AskAsync(
            server.Kind == LabKind.MySql97
                ? "select variable_value from performance_schema.global_status where variable_name = 'Connections'"
                : "select variable_value from information_schema.global_status where variable_name = 'Connections'", Cancel)
            ?? "0", CultureInfo.InvariantCulture) - ++s_asked;
}
