using System.Globalization;
using System.Net.Sockets;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>One Seawall takes over from another, at the same sockets, under clients that come all the time.</summary>
public sealed class HandoverTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly string s_seawall = Path.Combine(LabFolders.Repository, "seawall");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_is_refused_while_one_takes_over_from_the_other_again_and_again()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        using var metrics = new LabPort();
        var (settings, path) = Settings(server, port, metrics);
        var seawall = await StartAsync(settings, "--take-over");
        Assert.Contains("starting as usual", seawall.Errors, StringComparison.Ordinal);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var served = 0;
        var clients = Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await using var client = await ConnectAsync(port, i % 2 == 0 ? path : null);
                Assert.Equal("42", await LabDriver.AskAsync(client, "select 6 * 7", Cancel));
                Interlocked.Increment(ref served);
            }
        }, Cancel)).ToArray();

        for (var round = 0; round < 3; round++)
        {
            await using var busy = await ConnectAsync(port, null);
            await LabDriver.AskAsync(busy, "begin", Cancel);
            Assert.Equal("1", await LabDriver.AskAsync(busy, "select 1", Cancel));
            var before = served;
            var next = await StartAsync(settings, "--take-over");
            // Who is in the middle of something finishes it where he is.
            Assert.Equal("2", await LabDriver.AskAsync(busy, "select 2", Cancel));
            await LabDriver.AskAsync(busy, "commit", Cancel);
            await busy.DisposeAsync();
            Assert.Equal(0, (await seawall.WaitAsync(s_patience, Cancel)).Status);
            Assert.Contains("another process takes over", seawall.Errors, StringComparison.Ordinal);
            await seawall.DisposeAsync();
            seawall = next;
            var after = served;
            await Eventually.TrueAsync(
                () => served > after + 20 || clients.Any(client => client.IsFaulted), s_patience, Cancel, () => next.Errors);
            Assert.True(served > before);
        }
        await end.CancelAsync();
        await Task.WhenAll(clients); // Throws what any of them has met.
        using var http = new HttpClient();
        Assert.Contains("seawall_clients ", await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics.Number}/metrics"), Cancel),
            StringComparison.Ordinal);
        Assert.Equal("2", await LabDriver.AskAsync(await ConnectAsync(port, path), "select 2", Cancel));
        seawall.Signal(LabSignal.Terminate);
        Assert.Equal(0, (await seawall.WaitAsync(s_patience, Cancel)).Status);
        await seawall.DisposeAsync();
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Whoever_cannot_take_over_leaves_the_other_as_it_was()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        using var metrics = new LabPort();
        var (settings, _) = Settings(server, port, metrics);
        await using var seawall = await StartAsync(settings);

        // One that does not reach its server; one that ends in the middle; one that says something else; one without --take-over.
        var lost = Path.Combine(Path.GetDirectoryName(settings)!, "lost.toml");
        using var nobody = new LabPort();
        LabFolders.WritePrivate(lost, File.ReadAllText(settings).Replace($":{server.Port}\"", $":{nobody.Number}\"", StringComparison.Ordinal));
        var failed = await LabProgram.RunAsync(new LabCommand(s_seawall, "run", "-c", lost, "--take-over"), s_patience, Cancel);
        Assert.Equal(1, failed.Status);
        Assert.Contains("nothing is taken over, and the running Seawall goes on", failed.Errors, StringComparison.Ordinal);
        Say(settings, "SEAWALL HANDOVER 1\n");
        Say(settings, "SEAWALL HANDOVER 1\nREADY\n");
        Say(settings, "GET / HTTP/1.1\r\nHost: somebody\r\n\r\n");
        var second = await LabProgram.RunAsync(new LabCommand(s_seawall, "run", "-c", settings), s_patience, Cancel);
        Assert.Equal(1, second.Status);
        Assert.Contains("in use already", second.Errors, StringComparison.Ordinal);

        await using var client = await LabDriver.ConnectAsync(port.Number, Cancel);
        Assert.Equal("42", await LabDriver.AskAsync(client, "select 6 * 7", Cancel));
        await Eventually.TrueAsync(async () =>
        {
            using var http = new HttpClient();
            try
            {
                var page = await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics.Number}/metrics"), Cancel);
                return page.Contains("seawall_clients ", StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                return false; // They are closed while one says that it is ready.
            }
        }, s_patience, Cancel, () => seawall.Errors);
        Assert.DoesNotContain("(9001)", seawall.Errors, StringComparison.Ordinal);

        // And the one that can, does.
        await using var next = await StartAsync(settings, "--take-over");
        await client.DisposeAsync();
        Assert.Equal(0, (await seawall.WaitAsync(s_patience, Cancel)).Status);
        Assert.Equal("42", await LabDriver.AskAsync(await LabDriver.ConnectAsync(port.Number, Cancel), "select 6 * 7", Cancel));
        next.Signal(LabSignal.Terminate);
    }

    [Fact]
    public async Task A_brown_out_goes_on_after_a_kill_and_when_another_takes_over_until_somebody_ends_it()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        using var metrics = new LabPort();
        using var admin = new LabPort();
        var (settings, _) = Settings(server, port, metrics);
        LabFolders.WritePrivate(settings, File.ReadAllText(settings).Replace("[admin]\nlisten = \"off\"", $"""
            [admin]
            listen = "127.0.0.1:{admin.Number}"
            password = "a word"
            [overload]
            mode = "enforce"
            brownouts_file = "brownouts.json"
            [[brownouts]]
            name = "mail"
            level = 1
            """, StringComparison.Ordinal));

        await using (var killed = await StartAsync(settings))
        {
            await SayToAsync(admin, "BROWNOUT 'mail' FOR 30 MINUTES BECAUSE 'a test'");
            await Eventually.TrueAsync(() => File.Exists(Path.Combine(Path.GetDirectoryName(settings)!, "brownouts.json")), s_patience, Cancel);
            killed.Signal(LabSignal.Kill);
            await killed.WaitAsync(s_patience, Cancel);
        }
        await using var second = await StartAsync(settings, "--take-over");
        Assert.Contains("the brown-out of group 'mail' goes on for", second.Errors, StringComparison.Ordinal);
        Assert.Equal("a test", await AskForWhyAsync(admin));

        await using var third = await StartAsync(settings, "--take-over");
        Assert.Equal(0, (await second.WaitAsync(s_patience, Cancel)).Status);
        Assert.Equal("a test", await AskForWhyAsync(admin));
        await SayToAsync(admin, "BROWNOUT OFF");
        third.Signal(LabSignal.Terminate);
        await third.WaitAsync(s_patience, Cancel);

        await using var fourth = await StartAsync(settings);
        Assert.Null(await AskForWhyAsync(admin));
        fourth.Signal(LabSignal.Terminate);
    }

    private static async Task SayToAsync(LabPort admin, string command)
    {
        await using var connection = await AdminAsync(admin);
        await using var said = new MySqlCommand(command, connection);
        await said.ExecuteNonQueryAsync(Cancel);
    }

    private static async Task<string?> AskForWhyAsync(LabPort admin)
    {
        await using var connection = await AdminAsync(admin);
        return Assert.Single(await ProcessUnderTest.AskAsync(connection, "SHOW BROWNOUT", Cancel))["why"] as string;
    }

    private static async Task<MySqlConnection> AdminAsync(LabPort admin)
    {
        var connection = new MySqlConnection($"Server=127.0.0.1;Port={admin.Number};User ID=admin;Password=a word;Pooling=false;SslMode=Preferred");
        await connection.OpenAsync(Cancel);
        return connection;
    }

    [Fact]
    public async Task To_take_over_needs_to_know_where()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);

        var failed = await LabProgram.RunAsync(
            new LabCommand(s_seawall, "run", "--server", $"127.0.0.1:{server.Port}", "--take-over"), s_patience, Cancel);

        Assert.Equal(1, failed.Status);
        Assert.Contains("--take-over needs process.handover", failed.Errors, StringComparison.Ordinal);
    }

    private static async Task<LabProgram> StartAsync(string settings, params string[] more)
    {
        var seawall = LabProgram.Start(new LabCommand(s_seawall, ["run", "-c", settings, .. more]));
        await seawall.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        return seawall;
    }

    private static async Task<MySqlConnection> ConnectAsync(LabPort port, string? path)
    {
        if (path is null)
            return await LabDriver.ConnectAsync(port.Number, Cancel);
        var client = new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = path,
            ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
            UserID = "seawall",
            Password = "seawall",
            Pooling = false,
        }.ConnectionString);
        await client.OpenAsync(Cancel);
        return client;
    }

    // Says it, and goes away as soon as something is answered.
    private static void Say(string settings, string words)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(Path.GetDirectoryName(settings)!, "handover.sock")));
        socket.Send(System.Text.Encoding.UTF8.GetBytes(words));
        try
        {
            socket.Receive(new byte[1024]);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Hung up on, with something unread.
        }
    }

    private (string Settings, string Path) Settings(LabServer server, LabPort port, LabPort metrics)
    {
        var folder = lab.NewFolder();
        var file = Path.Combine(folder, "seawall.toml");
        var path = Path.Combine(folder, "door.sock");
        LabFolders.WritePrivate(file, string.Create(CultureInfo.InvariantCulture, $"""
            [clients]
            listen = ["127.0.0.1:{port.Number}", "{path}"]
            [[servers]]
            name = "db"
            address = "127.0.0.1:{server.Port}"
            [monitor]
            user = "seawall"
            password = "seawall"
            [admin]
            listen = "off"
            [metrics]
            listen = "127.0.0.1:{metrics.Number}"
            [process]
            handover = "handover.sock"

            """));
        return (file, path);
    }
}
