using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

public sealed class LoginTests
{
    private static readonly FakeClientOptions s_app = new();

    [Fact]
    public void A_native_login_takes_one_packet_of_the_client()
    {
        using var world = new EngineWorld();

        var reply = world.Connect().LogIn();

        Assert.True(reply.IsIn);
        Assert.Equal("mysql_native_password", reply.Greeted);
        Assert.Equal(1, reply.Exchanges);
    }

    [Fact]
    public void A_sha2_login_shows_the_password_once_and_takes_one_packet_from_then_on()
    {
        using var world = new EngineWorld(WithSha2());

        var first = world.Connect(s_app with { Plugin = "caching_sha2_password" }).LogIn();
        var second = world.Connect(s_app with { Plugin = "caching_sha2_password" }).LogIn();

        Assert.Equal((true, 3), (first.IsIn, first.Exchanges)); // The login, the wish for the key, the password under it.
        Assert.Equal((true, 1), (second.IsIn, second.Exchanges));
    }

    [Fact]
    public void Whoever_comes_again_is_greeted_with_the_plugin_that_proved_it_last_time()
    {
        using var world = new EngineWorld(WithSha2());

        Assert.Equal("mysql_native_password", world.Connect(s_app with { User = "monitor", Password = "watch" }).LogIn().Greeted);
        Assert.True(world.Connect().LogIn().IsIn);
        Assert.Equal("caching_sha2_password", world.Connect().LogIn().Greeted);
        Assert.True(world.Connect(s_app with { User = "monitor", Password = "watch" }).LogIn().IsIn);
        Assert.Equal("mysql_native_password", world.Connect().LogIn().Greeted);
    }

    [Fact]
    public void A_client_that_begins_with_another_plugin_is_asked_to_switch()
    {
        using var world = new EngineWorld();

        var reply = world.Connect(s_app with { Plugin = "caching_sha2_password" }).LogIn();

        Assert.Equal((true, 2), (reply.IsIn, reply.Exchanges));
    }

    [Fact]
    public void A_client_with_a_plugin_that_nobody_knows_is_asked_to_switch()
    {
        using var world = new EngineWorld();
        var client = world.Connect(s_app with { Plugin = "mysql_native_password" });
        Assert.True(client.LogIn().IsIn);

        Assert.True(client.ChangeUser("app", "secret").IsOk); // It names mysql_clear_password first.
    }

    // Drivers remember the nonce of the greeting for the life of the connection, whatever they were asked since.
    [Theory]
    [InlineData("other", "mysql_native_password", null)]
    [InlineData("other", "mysql_native_password", "caching_sha2_password")]
    [InlineData("app", "caching_sha2_password", null)]
    [InlineData("app", "caching_sha2_password", "mysql_native_password")]
    public void A_connection_has_one_nonce(string user, string plugin, string? begunWith)
    {
        using var world = new EngineWorld(WithSha2() with { Kind = FakeServerKind.MariaDb1011 });
        Assert.True(world.Connect(s_app with { User = user }).LogIn().IsIn);
        var client = world.Connect(s_app with { User = user, Plugin = begunWith ?? plugin });
        Assert.True(client.LogIn().IsIn); // Begun with another plugin, it is asked to switch.
        Assert.Equal("OK", client.ChangeUser(user, "secret", plugin: plugin).ToString());

        Assert.Equal(1045, client.ChangeUser(user, "guess").Code); // Asked to switch, too.
        Assert.Equal("OK", client.ChangeUser(user, "secret", plugin: plugin).ToString());
        Assert.Equal("OK", client.ChangeUser(user, "secret").ToString());
        Assert.Equal("OK", client.ChangeUser(user, "secret", plugin: plugin).ToString());
    }

    [Theory]
    [InlineData("mysql_native_password", "other")]
    [InlineData("caching_sha2_password", "app")]
    [InlineData("caching_sha2_password", "named")]
    public void A_client_that_has_no_nonce_for_its_plugin_yet_is_not_taken_for_one_without_a_password(
        string plugin, string user)
    {
        using var world = new EngineWorld(WithSha2() with
        {
            With = options => options with { Accounts = [Configured("named", "secret")] },
        });
        world.World.RunFor(2_000); // The servers' own accounts are read.
        // Whoever comes first makes that the greeting is for the other plugin.
        var guide = s_app with { User = plugin == "mysql_native_password" ? "app" : "other" };
        Assert.True(world.Connect(guide).LogIn().IsIn);
        var client = world.Connect(s_app with { User = user, Plugin = plugin, WaitsForNonce = true });

        var reply = client.LogIn();

        Assert.NotEqual(plugin, reply.Greeted);
        Assert.True(reply.IsIn, reply.Error?.ToString());
        Assert.Equal("OK", client.ChangeUser(user, "secret").ToString());
        Assert.Equal(1045, client.ChangeUser(user, "guess").Code);
    }

    // Nothing is no word about a password then: the client may have one, which the account has not.
    [Theory]
    [InlineData("", 0)]
    [InlineData("guess", 1045)]
    public void An_account_without_a_password_waits_for_a_proof_with_the_right_nonce(string password, int code)
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.Accounts.Add(new FakeAccount("open", "", "caching_sha2_password")),
        });
        var client = world.Connect(s_app);
        Assert.True(client.LogIn().IsIn);

        var reply = world.Connect(
            s_app with { User = "open", Password = password, Plugin = "caching_sha2_password", WaitsForNonce = true }).LogIn();

        Assert.Equal(("mysql_native_password", code), (reply.Greeted, reply.Code));
        Assert.Equal(code, client.ChangeUser("open", password).Code);
    }

    [Fact]
    public void A_client_that_cannot_be_asked_for_another_proof_needs_none_where_there_is_no_password()
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server =>
            {
                server.Accounts[1] = new FakeAccount("app", "secret", "caching_sha2_password");
                server.Accounts.Add(new FakeAccount("open", ""));
            },
        });
        Assert.True(world.Connect(s_app).LogIn().IsIn);
        const Capabilities old = FakeClientOptions.Old & ~(Capabilities.PluginAuth | Capabilities.PluginAuthLengthEncoded);

        var reply = world.Connect(s_app with
        {
            User = "open",
            Password = "",
            Plugin = "mysql_native_password",
            WaitsForNonce = true,
            Capabilities = old,
        }).LogIn();

        Assert.Equal(("caching_sha2_password", true, 1), (reply.Greeted, reply.IsIn, reply.Exchanges));
    }

    [Fact]
    public void An_ed25519_account_is_proven_by_signature_and_needs_a_configured_password_for_the_servers()
    {
        using var world = new EngineWorld(new()
        {
            Kind = FakeServerKind.MariaDb1011,
            Prepare = server => server.Accounts.Add(new FakeAccount("edward", "salt", "ed25519")),
        });
        var client = world.Connect(s_app with { User = "edward", Password = "salt" });

        var reply = client.LogIn();
        var answer = client.Query("SELECT 1");

        Assert.Equal((true, 2), (reply.IsIn, reply.Exchanges));
        Assert.Equal(1045, answer.Code);
        Assert.Contains("[[accounts]]", answer.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ed25519_account_with_a_configured_password_works_to_the_end()
    {
        using var world = new EngineWorld(new()
        {
            Kind = FakeServerKind.MariaDb1011,
            Prepare = server => server.Accounts.Add(new FakeAccount("edward", "salt", "ed25519")),
            With = options => options with { Accounts = [Configured("edward", "salt")] },
        });

        Assert.Equal("edward", world.Client(s_app with { User = "edward", Password = "salt" }).Query("SELECT CURRENT_USER()").Scalar);
    }

    [Theory]
    [InlineData("mysql_native_password")]
    [InlineData("caching_sha2_password")]
    public void An_account_without_a_password_admits_the_empty_one_only(string plugin)
    {
        using var world = new EngineWorld(new() { Prepare = server => server.Accounts.Add(new("open", "", plugin)) });

        Assert.True(world.Connect(s_app with { User = "open", Password = "" }).LogIn().IsIn);
        Assert.Equal("1", world.Client(s_app with { User = "open", Password = "" }).Query("SELECT '1'").Scalar);
        Assert.Equal(1045, world.Connect(s_app with { User = "open", Password = "guess" }).LogIn().Code);
    }

    [Theory]
    [InlineData("mysql_native_password")]
    [InlineData("caching_sha2_password")]
    public void A_wrong_password_and_an_unknown_user_cannot_be_told_apart(string plugin)
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.Accounts[1] = new FakeAccount("app", "secret", plugin),
        });

        var wrong = world.Connect(s_app with { Password = "guess", Plugin = plugin }).LogIn();
        var unknown = world.Connect(s_app with { User = "nob", Plugin = plugin }).LogIn();
        var remembered = world.Connect(s_app with { Plugin = plugin }).LogIn();
        var wrongAgain = world.Connect(s_app with { Password = "guess", Plugin = plugin }).LogIn();

        Assert.True(remembered.IsIn);
        Assert.Equal("1045 (28000) Access denied for user 'app'@'localhost' (using password: YES)", wrong.Error!.ToString());
        Assert.Equal(wrong.Error!.Message, unknown.Error!.Message.Replace("nob", "app", StringComparison.Ordinal));
        Assert.Equal(wrong.Code, unknown.Code); // DecoyTests compares the packets.
        Assert.Equal((wrong.Code, wrong.Exchanges), (wrongAgain.Code, wrongAgain.Exchanges));
        Assert.Equal(3, world.Count(meter => meter.LoginsFailed));
    }

    [Fact]
    public void Whoever_shows_no_password_is_told_so()
    {
        using var world = new EngineWorld();

        Assert.Contains("(using password: NO)", world.Connect(s_app with { Password = "" }).LogIn().Error!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_locked_account_is_told_so_only_when_the_password_is_right()
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.Accounts[1] = new FakeAccount("app", "secret") { IsLocked = true },
        });

        Assert.Equal(3118, world.Connect().LogIn().Code);
        Assert.Equal(1045, world.Connect(s_app with { Password = "guess" }).LogIn().Code);
    }

    [Fact]
    public void A_login_that_stops_half_way_is_ended_in_time()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Clients = options.Clients with { LoginMsMax = 700 } },
        });
        var client = world.Connect();

        world.World.RunFor(600);
        Assert.Equal(1, world.Engine.ClientCount);
        world.World.RunFor(200);

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Contains(world.Log.Lines, line => line.Contains("clients.login_ms_max", StringComparison.Ordinal));
        Assert.False(client.LogIn().IsIn);
    }

    [Fact]
    public void Too_many_clients_are_refused_in_place_of_the_greeting()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Clients = options.Clients with { CountMax = 2 } },
        });
        var first = world.Client();
        world.Client();

        var refused = world.Connect().LogIn();
        first.Quit();
        world.World.RunFor(10);
        var later = world.Connect().LogIn();

        Assert.Equal((1040, 0), (refused.Code, refused.Exchanges));
        Assert.Contains("clients.max = 2", refused.Error!.Message, StringComparison.Ordinal);
        Assert.True(later.IsIn);
        Assert.Equal(1, world.Count(meter => meter.ClientsRefused));
    }

    [Fact]
    public void Nobody_is_greeted_before_the_server_is_known()
    {
        using var world = new EngineWorld(new()
        {
            WithServer = server => server with
            {
                Endpoint = Engine.Loops.Endpoint.Tcp(System.Net.IPAddress.Loopback, 9),
            },
        });

        var reply = world.Connect().LogIn();

        Assert.Equal((3168, 0), (reply.Code, reply.Exchanges));
        Assert.Contains("127.0.0.1:9", reply.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_into_a_schema_that_is_not_there_fails_as_at_a_server()
    {
        using var world = new EngineWorld();

        Assert.Equal(1049, world.Connect(s_app with { Schema = "nowhere" }).LogIn().Code);
        Assert.Equal(1, world.Count(meter => meter.LoginsFailed));
        Assert.Contains(world.Log.Lines, line => line.Contains("login refused for 'app'", default) && line.Contains("nowhere", default));
        Assert.Equal("shop", world.Client(s_app with { Schema = "shop" }).Query("SELECT DATABASE()").Scalar);
    }

    [Fact]
    public void The_collation_of_the_login_reaches_the_server()
    {
        using var world = new EngineWorld();

        var row = world.Client(s_app with { Collation = 8 }).Query("SELECT @@character_set_client, @@collation_connection").Row;

        Assert.Equal(["latin1", "latin1_swedish_ci"], row);
    }

    [Fact]
    public void The_clients_attributes_reach_the_server_with_Seawalls_own_behind_them()
    {
        using var world = new EngineWorld();
        world.Client(s_app with { Attributes = [("program_name", "till")] }).Query("SELECT 1");

        var attributes = Assert.Single(world.Pooled).Attributes;

        Assert.Equal("till", attributes["program_name"]);
        Assert.True(attributes.ContainsKey("seawall_version"));
    }

    [Fact]
    public void A_statement_may_follow_the_login_at_once()
    {
        using var world = new EngineWorld();
        var client = world.Connect();
        var login = client.BeginLogIn();
        world.World.RunUntil(() => client.Link.ToServer.Written > 0);

        client.Send(FakeClient.Bytes(CommandKind.Query, "SELECT 'early'"));

        Assert.True(login.Value.IsIn);
        Assert.Equal("early", client.BeginRead().Value.Scalar);
    }

    [Fact]
    public void A_login_with_a_wrong_number_is_refused()
    {
        using var world = new EngineWorld();
        var client = world.Connect();
        world.World.RunFor(10);

        client.Send(FakeClient.Bytes(CommandKind.Query, "SELECT 1", sequence: 7));
        world.World.RunFor(10);

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Contains(world.Log.Lines, line => line.Contains("packet 7 where 1 was due", StringComparison.Ordinal));
    }

    [Fact]
    public void A_login_that_makes_no_sense_is_refused()
    {
        using var world = new EngineWorld();
        var client = world.Connect();
        world.World.RunFor(10);

        client.Send(FakeClient.Bytes(CommandKind.Query, "SELECT 1", sequence: 1));
        world.World.RunFor(10);

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Equal(1, world.Count(meter => meter.LoginsFailed));
    }

    [Fact]
    public void Capabilities_that_the_server_lacks_are_not_offered()
    {
        using var world = new EngineWorld(new() { Kind = FakeServerKind.MySql56 });
        var client = world.Client();

        Assert.Equal("5.6.51", client.Version);
        Assert.False(client.Offered.HasFlag(Capabilities.SessionTrack));
        Assert.False(client.Offered.HasFlag(Capabilities.DeprecateEof));
    }

    [Fact]
    public void MariaDB_is_greeted_as_MariaDB()
    {
        using var world = new EngineWorld(new() { Kind = FakeServerKind.MariaDb1011 });
        var client = world.Client();

        Assert.Equal("5.5.5-10.11.19-MariaDB", client.Version);
        Assert.False(client.Offered.HasFlag(Capabilities.ClientMySql));
    }

    [Fact]
    public void A_client_may_come_only_from_where_the_servers_let_its_account_come()
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server =>
            {
                server.Accounts[1] = new FakeAccount("app", "secret") { Host = "localhost" };
                server.Accounts.Add(new FakeAccount("app", "secret") { Host = "10.%" });
            },
        });

        Assert.True(world.Connect(fromAddress: "10.1.2.3").LogIn().IsIn);
        Assert.True(world.Connect(fromAddress: "127.0.0.1").LogIn().IsIn);
        Assert.Equal(1045, world.Connect(fromAddress: "192.168.0.9").LogIn().Code);
    }

    [Fact]
    public void A_login_cut_at_any_byte_leaves_nothing_behind()
    {
        // A wrong password takes the longest exchange: the login, the wish for the key, the password under it.
        var wrong = s_app with { Plugin = "caching_sha2_password", Password = "guess" };
        using var world = new EngineWorld(WithSha2());
        var uncut = world.Connect(wrong);
        Assert.Equal(3, uncut.LogIn().Exchanges);

        for (var cut = 0L; cut < uncut.Link.ToServer.Written; cut++)
        {
            var client = world.Connect(wrong);
            client.Link.ToServer.CutAfter(cut, cut % 2 == 0 ? Ending.Closed : Ending.Reset);
            Assert.True(client.LogIn().IsCut);
        }
        world.World.RunFor(100);

        Assert.Equal(0, world.Engine.ClientCount);
    }

    private static EngineWorldOptions WithSha2() => new()
    {
        Prepare = server =>
        {
            server.Accounts[1] = new FakeAccount("app", "secret", "caching_sha2_password");
            server.Accounts.Add(new FakeAccount("other", "secret"));
        },
    };

    private static Engine.Facts.Accounts.Account Configured(string user, string password)
    {
        var account = new Engine.Facts.Accounts.Account(user, "%", [], Engine.Facts.Accounts.AccountSource.Settings);
        account.Secrets.LearnPassword(System.Text.Encoding.UTF8.GetBytes(password));
        return account;
    }
}
