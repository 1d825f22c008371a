using Seawall.Engine.Loops;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Whom a session is told that it is: the account that it logged in to, from Seawall's host.</summary>
public sealed class WhoAmITests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task User_has_Seawalls_host_and_current_user_the_row_that_the_server_matched_for_it(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "who", "right", Cancel);
        await using var other = await LabAccount.CreateAsync(server, "whoelse", "right", Cancel);
        var socket = Path.Combine(lab.NewFolder(), "s.sock");
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Listen = [.. options.Listen, Endpoint.Unix(socket)!],
        });
        using var direct = RawClient.Connect(server.Port, account.User, "right");
        using var through = RawClient.Connect(seawall.Port, account.User, "right");
        foreach (var sql in (string[])["select user()", "select current_user()", "select current_user", "select session_user(), system_user()"])
            Assert.Equal(direct.Query(sql).ToString(), through.Query(sql).ToString());
        var seen = through.Query("select user()").FirstValue;
        Assert.StartsWith("who@", seen, StringComparison.Ordinal);
        Assert.Equal("who@%", through.Query("select current_user()").FirstValue);

        // Whoever comes by a socket is localhost to the server's own socket. Here it is not: Seawall has come by TCP.
        var cli = await LabProgram.RunAsync(new LabCommand("mariadb", "--no-defaults", "-S", socket, "-uwho", "-pright", "-N", "-B",
            "-e", "select user(), current_user()"), s_patience, Cancel);
        Assert.Equal($"{seen}\twho@%", cli.ShouldSucceed().Output.Trim());

        // After a change of user it is the other.
        Assert.Equal(0, through.ChangeUser(other.User, "right", "", 33).Head[0]);
        Assert.StartsWith("whoelse@", through.Query("select user()").FirstValue, StringComparison.Ordinal);
        Assert.Equal("whoelse@%", through.Query("select current_user()").FirstValue);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_stored_routine_tells_its_definer_and_the_session(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("drop database if exists who_am_i; create database who_am_i", Cancel);
        await server.ExecuteAsync("create function who_am_i.f() returns varchar(200) return concat(user(), ' ', current_user())", Cancel);
        await using var account = await LabAccount.CreateAsync(server, "whocalls", "right", Cancel);
        await server.ExecuteAsync($"grant execute on who_am_i.* to {account}", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var direct = RawClient.Connect(server.Port, account.User, "right");
        using var through = RawClient.Connect(seawall.Port, account.User, "right");

        Assert.Equal(direct.Query("select who_am_i.f()").ToString(), through.Query("select who_am_i.f()").ToString());
        await server.ExecuteAsync("drop database who_am_i", Cancel);
    }
}
