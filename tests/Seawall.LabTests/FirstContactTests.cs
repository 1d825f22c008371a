using System.Globalization;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Every kind of server, every program that people type into: the least that must work before anything else is asked.</summary>
public sealed class FirstContactTests(LabServers lab)
{
    private static readonly TimeSpan ProgramTimeMax = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_driver_sees_the_server_and_not_seawall(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        await using var direct = await server.ConnectAsync(Cancel);
        await using var connection = await seawall.ConnectAsync(Cancel);

        Assert.Equal(direct.ServerVersion, connection.ServerVersion);
        await using var command = new MySqlCommand("select current_user(), version(), @@port", connection);
        await using var row = await command.ExecuteReaderAsync(Cancel);
        Assert.True(await row.ReadAsync(Cancel));
        Assert.Equal("seawall@%", row.GetString(0));
        Assert.StartsWith(server.Version, row.GetString(1), default);
        Assert.Equal(server.Port, Convert.ToInt32(row.GetValue(2), CultureInfo.InvariantCulture));
        Assert.Equal(1, seawall.ServerConnections);
    }

    // Without --skip-ssl this client takes a connection for safe that is not, and shows caching_sha2_password's password in
    // clear. A MySQL without TLS turns it away for that, and so does Seawall.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_mariadb_client_works(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        var result = await LabProgram.RunAsync(Client("mariadb", ["--no-defaults"], seawall, "--skip-ssl"), ProgramTimeMax, Cancel);
        Assert.Equal("2", result.ShouldSucceed().Output);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task The_mysql_client_works(LabKind kind)
    {
        await lab.RequireAsync("mysql97", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        var result = await LabProgram.RunAsync(
            Client(LabFolders.Script("mysql97"), ["mysql"], seawall, "--get-server-public-key"), ProgramTimeMax, Cancel);
        Assert.Equal("2", result.ShouldSucceed().Output);
    }

    private static LabCommand Client(string file, string[] before, SeawallUnderTest seawall, params string[] options) => new(
        file,
        [
            .. before, "-h127.0.0.1", $"-P{seawall.Port}", "-useawall", "-pseawall", .. options, "-N", "-B",
            "-e", "select 1 + 1",
        ]);
}
