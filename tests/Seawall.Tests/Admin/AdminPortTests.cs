using System.Net;
using System.Net.Sockets;
using System.Text;
using Seawall.Control;
using Seawall.Control.Admin;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;
using Seawall.Tests.Metrics;
using Xunit;

namespace Seawall.Tests.Admin;

/// <summary>What strangers may send to the admin port, byte by byte. What clients send is in the lab's tests.</summary>
public sealed class AdminPortTests : IAsyncDisposable
{
    private readonly ControlStage _stage = new();
    private readonly AdminPort _port;

    public AdminPortTests() => _port = new AdminPort(_stage.Context, () => []);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _port.Stop(CancellationToken.None);
        _stage.Dispose();
    }

    [Fact]
    public async Task The_greeting_says_who_it_is_and_offers_nothing_that_is_not_there()
    {
        using var client = await ConnectAsync();
        var nonce = new byte[Greeting.NonceLength];
        var (version, capabilities) = Read(await ReadPacketAsync(client), nonce);

        Assert.Equal($"8.0.0-seawall-{SeawallVersion.Text}", version);
        Assert.False(capabilities.HasFlag(Capabilities.Tls));
        Assert.False(capabilities.HasFlag(Capabilities.Compress));
        Assert.False(capabilities.HasFlag(Capabilities.MultiStatements));
    }

    [Fact]
    public async Task What_is_no_login_is_told_so_and_ends_the_connection()
    {
        foreach (var packet in new byte[][] { [3, 0, 0, 1, 1, 2, 3], [0, 0, 0, 1], [5, 0, 0, 7, 1, 2, 3, 4, 5], [0xFF, 0xFF, 0xFF, 1] })
        {
            using var client = await ConnectAsync();
            await ReadPacketAsync(client);
            await client.GetStream().WriteAsync(packet, Cancel);
            // The last of these is a long packet whose rest never comes: enough of it must be there to be refused.
            if (packet[0] == 0xFF)
                await client.GetStream().WriteAsync(new byte[LoginRequest.LengthMax + 100], Cancel);
            Assert.Equal(ErrPacket.Header, (await ReadPacketAsync(client))[0]);
            await ShouldEndAsync(client);
        }
    }

    [Fact]
    public async Task Whoever_says_nothing_keeps_his_place_for_ten_seconds()
    {
        _stage.Clock.IsStopped = true;
        using var client = await ConnectAsync();
        await ReadPacketAsync(client);
        _stage.Pass(TimeSpan.FromSeconds(9));
        using var other = await LogInAsync(); // By now the control loop has seen the time, and let nobody go for it.
        Assert.False(client.Client.Poll(0, SelectMode.SelectRead));

        _stage.Pass(TimeSpan.FromSeconds(2));
        await ShouldEndAsync(client);
        Assert.False(other.Client.Poll(0, SelectMode.SelectRead));
    }

    [Fact]
    public async Task Whoever_is_in_may_be_silent_for_an_hour_and_each_command_begins_it_anew()
    {
        using var client = await LogInAsync();
        for (var i = 0; i < 2; i++)
        {
            _stage.Pass(TimeSpan.FromMinutes(59));
            await QueryAsync(client, "SET NAMES utf8mb4");
            Assert.Equal(OkPacket.Header, (await ReadPacketAsync(client))[0]);
        }
        _stage.Pass(TimeSpan.FromMinutes(61));
        await ShouldEndAsync(client);
    }

    [Fact]
    public async Task A_wrong_password_is_thought_about_for_a_second()
    {
        using var client = await ConnectAsync();
        var nonce = new byte[Greeting.NonceLength];
        Read(await ReadPacketAsync(client), nonce);
        _stage.Clock.IsStopped = true;
        await client.GetStream().WriteAsync(Login(nonce, "wrong"), Cancel);
        (await LogInAsync()).Dispose(); // Others are served meanwhile.
        Assert.False(client.Client.Poll(0, SelectMode.SelectRead));

        _stage.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(1045, CodeOf(await ReadPacketAsync(client)));
    }

    [Fact]
    public async Task Whoever_asks_for_tls_is_refused_and_not_left_waiting()
    {
        using var client = await ConnectAsync();
        await ReadPacketAsync(client);
        var writer = new PacketWriter().Begin(1);
        LoginRequest.WriteTlsRequest(writer, Capabilities.Protocol41, 45);
        await client.GetStream().WriteAsync(writer.End().Bytes.ToArray(), Cancel);

        Assert.Equal(1043, CodeOf(await ReadPacketAsync(client)));
        await ShouldEndAsync(client);
    }

    [Fact]
    public async Task A_command_that_is_too_long_and_one_out_of_order_end_the_connection()
    {
        using var client = await LogInAsync();
        await client.GetStream().WriteAsync(new byte[] { 1, 0, 0, 3, 0x0E }, Cancel);
        Assert.Equal(1156, CodeOf(await ReadPacketAsync(client)));
        await ShouldEndAsync(client);

        using var second = await LogInAsync();
        var length = SmallTalk.CommandBytesMax + 10;
        await second.GetStream().WriteAsync(new byte[] { (byte)length, (byte)(length >> 8), (byte)(length >> 16), 0, 3 }, Cancel);
        await second.GetStream().WriteAsync(new byte[length - 1], Cancel);
        Assert.Equal(1153, CodeOf(await ReadPacketAsync(second)));
    }

    [Theory]
    [InlineData(0x05)]
    [InlineData(0x08)]
    [InlineData(0x0A)]
    [InlineData(0x11)]
    [InlineData(0x12)]
    [InlineData(0x17)]
    [InlineData(0xFA)]
    [InlineData(0xEE)]
    public async Task A_command_that_is_not_there_is_an_error_and_the_next_one_is_answered(byte command)
    {
        using var client = await LogInAsync();
        await client.GetStream().WriteAsync(new byte[] { 5, 0, 0, 0, command, 1, 0, 0, 0 }, Cancel);
        Assert.Equal(1047, CodeOf(await ReadPacketAsync(client)));

        await client.GetStream().WriteAsync(new byte[] { 1, 0, 0, 0, 0x0E }, Cancel);
        Assert.Equal(OkPacket.Header, (await ReadPacketAsync(client))[0]);
        Assert.Empty(_stage.Shutdowns); // Not even by COM_SHUTDOWN, which is 0x08.
    }

    [Theory]
    [InlineData("SHUTDOWN", false)]
    [InlineData("shutdown now;", true)]
    public async Task A_shutdown_is_asked_for_when_the_client_has_been_told(string text, bool now)
    {
        using var client = await LogInAsync();
        await QueryAsync(client, text);

        Assert.Equal(OkPacket.Header, (await ReadPacketAsync(client))[0]);
        // The next answer comes from the same loop, after what was to happen.
        await QueryAsync(client, "SET NAMES utf8mb4");
        Assert.Equal(OkPacket.Header, (await ReadPacketAsync(client))[0]);
        Assert.Equal([now], _stage.Shutdowns);
    }

    [Fact]
    public async Task A_reload_that_changes_the_password_counts_at_the_next_login()
    {
        (await LogInAsync()).Dispose();
        _stage.Admin = _stage.Admin! with { Password = ControlStage.Secret("another") };

        using var refused = await ConnectAsync();
        Assert.Equal(ErrPacket.Header, await LogInAsync(refused, "admin-password"));
        (await LogInAsync("another")).Dispose();
    }

    [Fact]
    public async Task A_reload_that_puts_the_port_off_lets_nobody_in()
    {
        using var client = await ConnectAsync();
        _stage.Admin = null;

        Assert.Equal(ErrPacket.Header, await LogInAsync(client, "admin-password"));
    }

    [Fact]
    public async Task An_address_that_is_taken_is_named_with_its_setting()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        _stage.Admin = _stage.Admin! with { Listen = Endpoint.Tcp(IPAddress.Loopback, ((IPEndPoint)taken.LocalEndpoint).Port) };

        var failure = await Assert.ThrowsAsync<ControlServiceException>(() => _port.Start(Cancel));
        Assert.Contains("admin.listen", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_end_needs_nobodys_patience()
    {
        using var client = await LogInAsync();
        await _port.Stop(new CancellationToken(canceled: true));
        await ShouldEndAsync(client);
    }

    [Fact]
    public async Task Without_a_password_it_does_not_open()
    {
        _stage.Admin = _stage.Admin! with { Password = null };

        var failure = await Assert.ThrowsAsync<ControlServiceException>(() => _port.Start(Cancel));
        Assert.Contains("admin.password", failure.Message, StringComparison.Ordinal);
    }

    private async Task<TcpClient> ConnectAsync()
    {
        if (_port.Bound is null)
            await _port.Start(Cancel);
        var client = new TcpClient();
        await client.ConnectAsync(IPEndPoint.Parse(_port.Bound!.Text), Cancel);
        return client;
    }

    private async Task<TcpClient> LogInAsync(string password = "admin-password")
    {
        var client = await ConnectAsync();
        Assert.Equal(OkPacket.Header, await LogInAsync(client, password));
        return client;
    }

    // The first byte of what ends the login.
    private static async Task<byte> LogInAsync(TcpClient client, string password)
    {
        var nonce = new byte[Greeting.NonceLength];
        Read(await ReadPacketAsync(client), nonce);
        await client.GetStream().WriteAsync(Login(nonce, password), Cancel);
        var answer = await ReadPacketAsync(client);
        return answer[0] == AuthMoreData.Header ? (await ReadPacketAsync(client))[0] : answer[0];
    }

    private static byte[] Login(byte[] bytes, string password)
    {
        var nonce = default(Nonce);
        bytes.CopyTo((Span<byte>)nonce);
        Span<byte> proof = stackalloc byte[CachingSha2Password.ProofLength];
        CachingSha2Password.WriteProofOfPassword(Encoding.UTF8.GetBytes(password), nonce, proof);
        var writer = new PacketWriter().Begin(1);
        LoginRequest.Write(writer, Capabilities.Protocol41 | Capabilities.SecureConnection | Capabilities.PluginAuth, 45,
            "admin"u8, proof, default, CachingSha2Password.PluginName, default);
        return writer.End().Bytes.ToArray();
    }

    private static async Task QueryAsync(TcpClient client, string text)
    {
        var packet = new PacketWriter().Begin(0).Int1(3).Text(text).End().Bytes.ToArray();
        await client.GetStream().WriteAsync(packet, Cancel);
    }

    private static async Task<byte[]> ReadPacketAsync(TcpClient client)
    {
        var header = new byte[PacketHeader.Size];
        await client.GetStream().ReadExactlyAsync(header, Cancel);
        var payload = new byte[PacketHeader.LengthOf(header)];
        await client.GetStream().ReadExactlyAsync(payload, Cancel);
        return payload;
    }

    private static async Task ShouldEndAsync(TcpClient client)
    {
        try
        {
            Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1], Cancel));
        }
        catch (IOException)
        {
            // Closed with bytes of ours unread: that is a reset, and an end as well.
        }
    }

    private static (string Version, Capabilities Capabilities) Read(byte[] payload, byte[] nonce)
    {
        var greeting = Greeting.Read(payload, nonce);
        Assert.True(greeting.IsValid);
        return (Encoding.ASCII.GetString(greeting.ServerVersion), greeting.Capabilities);
    }

    private static int CodeOf(byte[] payload) => ErrPacket.Read(payload) is { IsValid: true } error ? error.Code : -1;
}
