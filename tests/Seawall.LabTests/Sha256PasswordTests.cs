using MySqlConnector;
using Seawall.Engine.Loops;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Accounts of <c>sha256_password</c>, as MySQL 9.7 still has them: by RSA, and at a Unix socket.</summary>
public sealed class Sha256PasswordTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_shows_the_right_password_works_and_others_hear_the_servers_own_words()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "shashow", "right", Cancel, plugin: "sha256_password");
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        for (var i = 0; i < 3; i++)
        {
            using var client = RawClient.Connect(seawall.Port, account.User, "right");
            Assert.Null(client.Refusal);
            Assert.Equal($"{account.User}@%", client.Query("select current_user()").FirstValue);
            Assert.Equal(0, client.ChangeUser(account.User, "right", "", 33, "dialog").Head[0]);
            Assert.Equal($"{account.User}@%", client.Query("select current_user()").FirstValue);
        }
        foreach (var password in (string[])["wrong", ""])
        {
            using var direct = RawClient.Connect(server.Port, account.User, password);
            using var through = RawClient.Connect(seawall.Port, account.User, password);
            Assert.NotNull(direct.Refusal);
            Assert.Equal(direct.Refusal, through.Refusal);
        }
    }

    // The server wants the key there as well, and so do the clients.
    [Fact]
    public async Task A_Unix_socket_is_no_reason_to_show_the_password_in_clear()
    {
        await lab.RequireAsync("mysql97", Cancel);
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "shasocket", "right", Cancel, plugin: "sha256_password");
        var socket = Path.Combine(lab.NewFolder(), "s.sock");
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Listen = [Endpoint.Unix(socket)!],
            Servers = [options.Servers[0] with { Endpoint = Endpoint.Unix(server.Socket)! }],
        });

        var mysql = await LabProgram.RunAsync(new LabCommand(LabFolders.Script("mysql97"), "mysql", "-S", socket, "--protocol=socket",
            $"-u{account.User}", "-pright", "-N", "-B", "-e", "select user()"), s_patience, Cancel);

        Assert.Equal("shasocket@localhost", mysql.ShouldSucceed().Output);
    }

    [Fact]
    public async Task The_mysql_client_and_MySqlConnector_log_in()
    {
        await lab.RequireAsync("mysql97", Cancel);
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "shaprograms", "right", Cancel, plugin: "sha256_password");
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);

        var mysql = await LabProgram.RunAsync(new LabCommand(LabFolders.Script("mysql97"), "mysql", "-h127.0.0.1", $"-P{seawall.Port}",
            $"-u{account.User}", "-pright", "--get-server-public-key", "-N", "-B", "-e", "select current_user()"), s_patience, Cancel);
        await using var connector = new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = "127.0.0.1",
            Port = (uint)seawall.Port,
            UserID = account.User,
            Password = "right",
            AllowPublicKeyRetrieval = true,
            SslMode = MySqlSslMode.None,
            Pooling = false,
        }.ConnectionString);
        await connector.OpenAsync(Cancel);
        await using var command = new MySqlCommand("select current_user()", connector);

        Assert.Equal("shaprograms@%", mysql.ShouldSucceed().Output);
        Assert.Equal("shaprograms@%", await command.ExecuteScalarAsync(Cancel));
    }
}
