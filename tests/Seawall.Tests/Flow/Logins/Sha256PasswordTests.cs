using Seawall.Engine.Loops;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>Accounts of <c>sha256_password</c>: every login shows the password, to Seawall and to the server.</summary>
public sealed class Sha256PasswordTests
{
    private const string Plugin = "sha256_password";
    private static readonly Endpoint s_socket = Endpoint.Unix("/run/seawall.sock")!;
    private static readonly FakeClientOptions s_app = new();

    // The first word, the wish for the key, the password under it.
    [Theory]
    [InlineData("mysql_native_password")]
    [InlineData("caching_sha2_password")]
    [InlineData(Plugin)]
    public void Every_login_shows_the_password_under_seawalls_key(string begunWith)
    {
        using var world = new EngineWorld(With("secret"));

        for (var i = 0; i < 2; i++)
        {
            var reply = world.Connect(s_app with { Plugin = begunWith }).LogIn();
            Assert.Equal((true, 3), (reply.IsIn, reply.Exchanges));
        }
    }

    [Fact]
    public void What_it_shows_is_what_the_server_gets()
    {
        using var world = new EngineWorld(With("secret"));
        var first = world.Client();
        var second = world.Client();
        first.Query("BEGIN");

        Assert.Equal("app", second.Query("SELECT CURRENT_USER()").Scalar);

        // Greeting, login, switch, the wish for the key, the key, the password, OK; then the key is known.
        Assert.Equal([7, 5], world.Pooled.Select(connection => connection.LoginPackets));
    }

    [Theory]
    [InlineData(true, 2)] // In clear: nobody listens.
    [InlineData(false, 3)] // Libraries ask for a key all the same.
    public void A_socket_takes_it_in_clear_and_under_the_key(bool inClear, int exchanges)
    {
        using var world = new EngineWorld(With("secret") with
        {
            With = options => options with { Listen = [.. options.Listen, s_socket] },
        });

        var reply = world.ConnectTo(s_socket, s_app with { IsProtected = inClear }).LogIn();

        Assert.Equal((true, exchanges), (reply.IsIn, reply.Exchanges));
    }

    [Fact]
    public void A_wrong_password_and_none_are_refused()
    {
        using var world = new EngineWorld(With("secret"));

        var wrong = world.Connect(s_app with { Password = "guess" }).LogIn();
        var none = world.Connect(s_app with { Password = "" }).LogIn();

        Assert.Equal("1045 (28000) Access denied for user 'app'@'localhost' (using password: YES)", wrong.Error!.ToString());
        Assert.Equal("1045 (28000) Access denied for user 'app'@'localhost' (using password: NO)", none.Error!.ToString());
        Assert.True(world.Connect().LogIn().IsIn);
    }

    [Fact]
    public void An_account_without_a_password_admits_the_empty_one_only()
    {
        using var world = new EngineWorld(With(""));

        Assert.Equal("app", world.Client(s_app with { Password = "" }).Query("SELECT CURRENT_USER()").Scalar);
        Assert.Equal(1045, world.Connect(s_app with { Password = "guess" }).LogIn().Code);
    }

    [Fact]
    public void A_change_of_user_shows_it_as_well()
    {
        using var world = new EngineWorld(With("secret"));
        var client = world.Client(s_app with { User = "other" });

        Assert.Equal("OK", client.ChangeUser("app", "secret").ToString());
        Assert.Equal("app", client.Query("SELECT CURRENT_USER()").Scalar);
        Assert.Equal(1045, client.ChangeUser("app", "guess").Code);
    }

    [Fact]
    public void A_changed_password_is_what_counts_from_then_on()
    {
        using var world = new EngineWorld(With("secret"));
        Assert.Equal("app", world.Client().Query("SELECT CURRENT_USER()").Scalar);

        world.Server.Accounts[1] = new FakeAccount("app", "changed", Plugin);

        Assert.Equal("app", world.Client(s_app with { Password = "changed" }).Query("SELECT CURRENT_USER()").Scalar);
        Assert.Equal(1045, world.Connect().LogIn().Code);
    }

    [Fact]
    public void A_login_that_is_cut_at_any_byte_leaves_nothing()
    {
        using var world = new EngineWorld(With("secret"));
        var uncut = world.Connect();
        Assert.True(uncut.LogIn().IsIn);
        var whole = uncut.Link.ToServer.Written;
        uncut.Quit();

        for (var cut = 0L; cut < whole; cut++)
        {
            var client = world.Connect();
            client.Link.ToServer.CutAfter(cut);
            Assert.True(client.LogIn().IsCut);
        }
        world.World.RunFor(100);

        Assert.Equal(0, world.Engine.ClientCount);
    }

    private static EngineWorldOptions With(string password) => new()
    {
        Prepare = server =>
        {
            server.Accounts[1] = new FakeAccount("app", password, Plugin);
            server.Accounts.Add(new FakeAccount("other", "secret"));
        },
    };
}
