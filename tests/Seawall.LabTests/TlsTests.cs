using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using MySqlConnector;
using Seawall.Engine;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops.Tls;
using Seawall.LabTests.Lab;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>TLS on either leg, with real servers behind and the programs in front that people use.</summary>
public sealed class TlsTests(LabServers lab)
{
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static TlsServerFiles Files => new()
    {
        Certificate = Certificate("server-cert.pem"),
        Key = Certificate("server-key.pem"),
        Ca = LabFolders.Authority,
    };

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_driver_that_verifies_everything_is_let_in_and_one_without_TLS_is_not(LabKind kind)
    {
        await using var seawall = await StartAsync(await lab.SharedAsync(kind, Cancel), Front(Files));

        await using var connection = await OpenAsync(seawall, MySqlSslMode.VerifyFull);
        Assert.Equal(2L, await ScalarAsync(connection, "select 1 + 1"));
        Assert.Equal(3_000_000, ((string)(await ScalarAsync(connection, "select repeat('x', 3000000)"))!).Length);
        await using var command = new MySqlCommand("select length(@p)", connection);
        command.Parameters.AddWithValue("@p", new string('y', 3_000_000));
        Assert.Equal(3_000_000L, Convert.ToInt64(await command.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture));

        var refusal = await Assert.ThrowsAsync<MySqlException>(() => seawall.ConnectAsync(Cancel));
        Assert.Equal(3159, refusal.Number);
        Assert.Equal(1, seawall.Count(meter => meter.TlsHandshakes));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task The_mariadb_client_comes_over_TLS(LabKind kind)
    {
        await using var seawall = await StartAsync(await lab.SharedAsync(kind, Cancel), Front(Files));

        var result = await LabProgram.RunAsync(
            Client("mariadb", ["--no-defaults"], seawall, $"--ssl-ca={LabFolders.Authority}", "--ssl-verify-server-cert"),
            PatienceMax, Cancel);

        Assert.Equal("2", result.ShouldSucceed().Output);
        Assert.Equal(1, seawall.Count(meter => meter.TlsHandshakes));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task The_mysql_client_comes_over_TLS(LabKind kind)
    {
        await lab.RequireAsync("mysql97", Cancel);
        await using var seawall = await StartAsync(await lab.SharedAsync(kind, Cancel), Front(Files));

        var result = await LabProgram.RunAsync(
            Client(LabFolders.Script("mysql97"), ["mysql"], seawall,
                $"--ssl-ca={LabFolders.Authority}", "--ssl-mode=VERIFY_IDENTITY", "--tls-version=TLSv1.3"),
            PatienceMax, Cancel);

        Assert.Equal("2", result.ShouldSucceed().Output);
        Assert.Equal(1, seawall.Count(meter => meter.TlsHandshakes));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task The_way_to_the_server_is_encrypted_and_the_server_verified(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var context = ClientContext(ServerVerification.Identity);
        await using var seawall = await StartAsync(server, Back(context, "localhost"));

        await using var connection = await seawall.ConnectAsync(Cancel);
        await using var command = new MySqlCommand("show status like 'Ssl_version'", connection);
        await using var row = await command.ExecuteReaderAsync(Cancel);
        Assert.True(await row.ReadAsync(Cancel));
        Assert.Equal("TLSv1.3", row.GetString(1));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task A_later_connection_to_the_server_resumes_the_session_of_an_earlier_one(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, Back(ClientContext(ServerVerification.Identity), "localhost"));

        // The watch has connected before; the statement's own connection comes after it.
        await using var connection = await seawall.ConnectAsync(Cancel);
        await RunAsync(connection, "begin");

        var pooled = seawall.Engine.Lanes.SelectMany(lane => lane.Door.Sessions).Single().Lease!.Connection.Wire;
        Assert.True(Assert.IsType<TlsWire>(pooled).IsResumed);
    }

    [Fact]
    public async Task A_server_that_is_not_who_it_should_be_is_told_by_name()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var options = Back(ClientContext(ServerVerification.Identity), "db.example.com")(SeawallUnderTest.Options(server));
        using var engine = new SeawallEngine(options, TimeProvider.System, NullLogger.Instance);
        engine.Start();

        await Eventually.TrueAsync(
            () => engine.Facts.Primary?.Problem?.Contains("hostname mismatch", StringComparison.Ordinal) == true,
            PatienceMax, Cancel, () => engine.Facts.Primary?.Problem ?? "no problem");
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Accounts_that_require_TLS_or_a_certificate_get_what_they_require(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("create user tls_only@'%' identified by 'pw' require ssl", Cancel);
        await server.ExecuteAsync("create user tls_x509@'%' identified by 'pw' require x509", Cancel);
        try
        {
            var context = ClientContext(ServerVerification.Ca, showsCertificate: true);
            await using var seawall = await StartAsync(server, options =>
                Back(context, "")(Front(Files with { Verify = ClientCertificates.Optional }, requires: false)(options)));

            await AssertDeniedAsync(() => OpenAsync(seawall, MySqlSslMode.None, "tls_only", "pw"));
            await AssertDeniedAsync(() => OpenAsync(seawall, MySqlSslMode.VerifyCA, "tls_x509", "pw"));
            await using (var connection = await OpenAsync(seawall, MySqlSslMode.VerifyCA, "tls_only", "pw"))
                Assert.Equal("tls_only@%", await ScalarAsync(connection, "select current_user()"));
            await using (var connection = await OpenAsync(seawall, MySqlSslMode.VerifyCA, "tls_x509", "pw", showsCertificate: true))
                Assert.Equal("tls_x509@%", await ScalarAsync(connection, "select current_user()"));
        }
        finally
        {
            await server.ExecuteAsync("drop user tls_only@'%', tls_x509@'%'", Cancel);
        }
    }

    [Fact]
    public async Task A_new_certificate_is_for_new_connections_and_the_old_ones_stay()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server, Front(Files));
        await using var old = await OpenAsync(seawall, MySqlSslMode.VerifyFull);

        var selfMade = TlsServerContext.SelfSigned(TimeProvider.System).Context;
        seawall.Engine.Apply(seawall.Engine.Options with
        {
            Clients = seawall.Engine.Options.Clients with { Tls = selfMade },
        });

        string? subject = null;
        await using var fresh = new MySqlConnection(ConnectionString(seawall, MySqlSslMode.Required).ConnectionString)
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                subject = (certificate as X509Certificate2)?.Subject;
                return subject is not null;
            },
        };
        await fresh.OpenAsync(Cancel);
        Assert.Equal("CN=Seawall (self-made)", subject);
        await Assert.ThrowsAsync<MySqlException>(() => OpenAsync(seawall, MySqlSslMode.VerifyFull));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(2L, await ScalarAsync(old, "select 1 + 1"));
        Assert.Equal(3L, await ScalarAsync(fresh, "select 1 + 2"));
    }

    [Fact]
    public async Task A_login_in_clear_behind_the_request_for_TLS_is_not_let_in()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server, Front(Files));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, seawall.Port, Cancel);
        var buffer = new byte[4096];
        Assert.True(await socket.ReceiveAsync(buffer, Cancel) > PacketHeader.Size);

        var writer = new PacketWriter();
        var capabilities = RawClient.Usual | Capabilities.Tls;
        LoginRequest.WriteTlsRequest(writer.Begin(1), capabilities, 45);
        writer.End();
        LoginRequest.Write(writer.Begin(2), capabilities, 45, "root"u8, [], [], "mysql_native_password"u8, []);
        await socket.SendAsync(writer.End().Bytes.ToArray(), Cancel);

        Assert.Equal(0, await socket.ReceiveAsync(buffer, Cancel));
        await Eventually.TrueAsync(
            () => seawall.Log.Any(line => line.Contains("TLS failed: what the client sent is not TLS", StringComparison.Ordinal)),
            PatienceMax, Cancel, () => string.Join('\n', seawall.Log));
        Assert.Equal(1, seawall.Count(meter => meter.TlsFailures));
    }

    private static async Task<SeawallUnderTest> StartAsync(LabServer server, Func<EngineOptions, EngineOptions> change) =>
        await SeawallUnderTest.StartAsync(server, Cancel, change);

    private static Func<EngineOptions, EngineOptions> Front(TlsServerFiles files, bool requires = true) => options =>
    {
        var load = TlsServerContext.Load(files, TimeProvider.System);
        Assert.Null(load.Problem);
        return options with { Clients = options.Clients with { Tls = load.Context, RequiresTls = requires } };
    };

    private static Func<EngineOptions, EngineOptions> Back(TlsClientContext context, string name) => options => options with
    {
        Servers = [.. options.Servers.Select(server =>
            server with { Tls = ServerTls.Required, TlsContext = context, HostName = name })],
    };

    private static TlsClientContext ClientContext(ServerVerification verify, bool showsCertificate = false)
    {
        var load = TlsClientContext.Load(
            new TlsClientFiles
            {
                Ca = LabFolders.Authority,
                Verify = verify,
                Certificate = showsCertificate ? Certificate("client-cert.pem") : null,
                Key = showsCertificate ? Certificate("client-key.pem") : null,
            },
            TimeProvider.System);
        Assert.Null(load.Problem);
        return load.Context!;
    }

    private static MySqlConnectionStringBuilder ConnectionString(
        SeawallUnderTest seawall, MySqlSslMode mode, string user = "seawall", string password = "seawall")
    {
        var text = seawall.ConnectionString(user, password);
        text.SslMode = mode;
        text.SslCa = mode is MySqlSslMode.VerifyCA or MySqlSslMode.VerifyFull ? LabFolders.Authority : "";
        return text;
    }

    private static async Task<MySqlConnection> OpenAsync(
        SeawallUnderTest seawall, MySqlSslMode mode, string user = "seawall", string password = "seawall",
        bool showsCertificate = false)
    {
        var text = ConnectionString(seawall, mode, user, password);
        if (showsCertificate)
            (text.SslCert, text.SslKey) = (Certificate("client-cert.pem"), Certificate("client-key.pem"));
        var connection = new MySqlConnection(text.ConnectionString);
        try
        {
            await connection.OpenAsync(Cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task AssertDeniedAsync(Func<Task<MySqlConnection>> open)
    {
        var refusal = await Assert.ThrowsAsync<MySqlException>(open);
        Assert.Equal(MySqlErrorCode.AccessDenied, refusal.ErrorCode);
    }

    private static async Task<object?> ScalarAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        var value = await command.ExecuteScalarAsync(Cancel);
        return value is int number ? (long)number : value;
    }

    private static async Task RunAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private static LabCommand Client(string file, string[] before, SeawallUnderTest seawall, params string[] options) => new(
        file,
        [
            .. before, "--protocol=tcp", "-hlocalhost", $"-P{seawall.Port}", "-useawall", "-pseawall", .. options,
            "-N", "-B", "-e", "select 1 + 1",
        ]);

    private static string Certificate(string name) => Path.Combine(LabFolders.Certificates, name);
}
