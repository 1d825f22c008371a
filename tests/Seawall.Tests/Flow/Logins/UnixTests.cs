using Seawall.Engine.Loops;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>Clients and servers at Unix sockets: nobody listens in between, and everybody is on this machine.</summary>
public sealed class UnixTests
{
    private static readonly Endpoint s_socket = Endpoint.Unix("/run/seawall.sock")!;

    [Fact]
    public void The_clients_of_one_path_are_spread_over_all_loops()
    {
        using var world = new EngineWorld(AtSocket(loops: 3));

        for (var i = 0; i < 6; i++)
            Assert.True(world.ConnectTo(s_socket).LogIn().IsIn);

        Assert.All(world.Engine.Lanes, lane => Assert.Equal(2, lane.Door.Sessions.Count));
    }

    [Fact]
    public void A_client_of_a_socket_is_localhost_and_no_address()
    {
        using var world = new EngineWorld(AtSocket() with
        {
            Prepare = server =>
            {
                server.Accounts[1] = new FakeAccount("app", "secret") { Host = "localhost" };
                server.Accounts.Add(new FakeAccount("other", "secret") { Host = "127.0.0.1" });
                server.Accounts.Add(new FakeAccount("other", "secret") { Host = "__" });
            },
        });

        Assert.True(world.ConnectTo(s_socket).LogIn().IsIn);
        var refused = world.ConnectTo(s_socket, new FakeClientOptions { User = "other" }).LogIn();

        Assert.Equal("1045 (28000) Access denied for user 'other'@'localhost' (using password: YES)", refused.Error!.ToString());
    }

    [Fact]
    public void A_first_sha2_login_shows_its_password_in_clear_and_needs_no_key()
    {
        using var world = new EngineWorld(AtSocket() with
        {
            Prepare = server => server.Accounts[1] = new FakeAccount("app", "secret", "caching_sha2_password"),
        });
        var client = world.ConnectTo(s_socket, new FakeClientOptions { Plugin = "caching_sha2_password", IsProtected = true });

        var reply = client.LogIn();

        Assert.Equal((true, 2), (reply.IsIn, reply.Exchanges)); // The login and the password.
        Assert.False(client.Offered.HasFlag(MySql.Handshakes.Capabilities.Tls));
    }

    private static EngineWorldOptions AtSocket(int loops = 1) => new()
    {
        Loops = loops,
        With = options => options with { Listen = [.. options.Listen, s_socket] },
    };
}
