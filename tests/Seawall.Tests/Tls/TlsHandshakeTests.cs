using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

public sealed class TlsHandshakeTests : IDisposable
{
    private readonly TestPki _pki = new();

    public void Dispose() => _pki.Dispose();

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0016\u0002\0\0")] // A handshake of SSL 2.
    [InlineData("\u0016\u0003\u0001\u00ff\u007f")] // A record that is too long.
    [InlineData("\u0017\u0003\u0003\0\u0004abcd")] // Data before any key.
    public async Task What_is_no_hello_is_refused_without_troubling_a_worker(string bytes)
    {
        using var door = await Door.Open(_pki.ServerContext(), new Workers(1, 1));
        using var peer = await door.Dial();

        await peer.SendAsync(System.Text.Encoding.Latin1.GetBytes(bytes), TestContext.Current.CancellationToken);

        Assert.Equal("what the client sent is not TLS", (await door.NextUpgrade()).Problem);
    }

    [Fact]
    public async Task A_hello_that_makes_no_sense_is_answered_with_an_alert()
    {
        using var door = await Door.Open(_pki.ServerContext(), new Workers(1, 1));
        using var peer = await door.Dial();

        await peer.SendAsync(new byte[] { 22, 3, 1, 0, 4, 1, 0, 0, 0 }, TestContext.Current.CancellationToken);

        Assert.NotNull((await door.NextUpgrade()).Problem);
        var answer = new byte[16];
        Assert.Equal(7, await peer.ReceiveAsync(answer, TestContext.Current.CancellationToken));
        Assert.Equal(21, answer[0]);
    }

    [Fact]
    public async Task A_login_in_clear_behind_the_request_for_TLS_is_never_taken_for_a_decrypted_one()
    {
        // Whoever sits between client and Seawall could send a login of his own with the client's request. It belongs to
        // TLS, where it makes no sense.
        byte[] login = [45, 0, 0, 2, 0x8D, 0xA2, 0x3E, 0, 0, 0, 0, 1, 45, .. new byte[23], .. "root\0\0mysql\0"u8];
        using var door = await Door.Open(_pki.ServerContext(), new Workers(1, 1), login);
        using var peer = await door.Dial();

        Assert.Equal("what the client sent is not TLS", (await door.NextUpgrade()).Problem);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task A_hello_that_came_with_the_request_or_in_crumbs_is_as_good(int crumb)
    {
        using var door = await Door.Open(_pki.ServerContext(), new Workers(1, 4));
        using var proxy = new CutProxy(door.Endpoint, long.MaxValue, long.MaxValue, crumb);
        using var host = new LoopHost(1);

        var client = host.Run(() => door.DialTls(host.Loop, proxy.Endpoint, _pki.ClientContext()));

        Assert.NotNull((await door.NextUpgrade()).Wire);
        Assert.NotNull((await client).Wire);
    }

    [Fact]
    public async Task A_handshake_that_is_cut_anywhere_ends_on_both_sides()
    {
        using var door = await Door.Open(_pki.ServerContext(), new Workers(2, 16));
        using var host = new LoopHost(1);
        using var whole = new CutProxy(door.Endpoint, long.MaxValue, long.MaxValue);
        var upgrade = await host.Run(() => door.DialTls(host.Loop, whole.Endpoint, _pki.ClientContext()));
        Assert.NotNull(upgrade.Wire);
        Assert.NotNull((await door.NextUpgrade()).Wire);
        var (up, down) = (whole.Up, whole.Down);

        for (var cut = 0L; cut < up; cut += 29)
        {
            var (client, server) = await Cut(cut, long.MaxValue);
            Assert.True(server.Wire is null, $"the server is content after {cut} of {up} bytes");
            Assert.NotNull(server.Problem);
            Assert.True(client.Wire is not null || client.Problem is not null);
        }
        for (var cut = 0L; cut < down; cut += 61)
        {
            var (client, server) = await Cut(long.MaxValue, cut);
            Assert.True(client.Wire is not null || client.Problem is not null);
            Assert.True(server.Wire is not null || server.Problem is not null);
        }

        async Task<(TlsUpgrade Client, TlsUpgrade Server)> Cut(long upMax, long downMax)
        {
            using var proxy = new CutProxy(door.Endpoint, upMax, downMax);
            var client = await host.Run(() => door.DialTls(host.Loop, proxy.Endpoint, _pki.ClientContext()));
            return (client, await door.NextUpgrade());
        }
    }

    [Fact]
    public async Task A_wire_that_is_closed_while_a_worker_has_the_handshake_is_let_go_of_afterwards()
    {
        using var workers = new Workers(1, 4);
        using var host = new LoopHost();
        using var started = new ManualResetEventSlim();
        using var closed = new ManualResetEventSlim();
        var context = _pki.ServerContext();
        var accepted = new TaskCompletionSource<(Wire, Task<TlsUpgrade>)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var endpoint = await host.Listen(raw => accepted.SetResult((raw, host.Run(() => new TlsHandshake(
            raw, workers,
            () =>
            {
                started.Set();
                closed.Wait();
                return context.OpenChannel();
            },
            null, null, "client").Run([])))));
        using var clientHost = new LoopHost(1);
        var client = clientHost.Run(() => Door.Dial(clientHost.Loop, endpoint, _pki.ClientContext(), workers));
        started.Wait(TestContext.Current.CancellationToken);

        var (wire, upgrade) = await accepted.Task;
        await host.Do(() =>
        {
            wire.Close();
            return 0;
        });
        closed.Set();

        Assert.Equal("the client has gone in the middle of the handshake", (await upgrade).Problem);
        Assert.NotNull((await client).Problem);
    }

    [Fact]
    public async Task When_too_many_handshakes_wait_the_next_is_refused_at_once()
    {
        var workers = new Workers(1, 1);
        using var release = new ManualResetEventSlim();
        using var door = await Door.Open(_pki.ServerContext(), workers);
        var blocker = new Blocker(door.Host.Loop, release);
        Assert.True(workers.TryRun(blocker));
        blocker.Started.Wait(TestContext.Current.CancellationToken);
        byte[] hello = [22, 3, 1, 0, 4, 1, 0, 0, 0];
        using var first = await door.Dial();
        await first.SendAsync(hello, TestContext.Current.CancellationToken);
        while (workers.Queued == 0)
            await Task.Yield();
        using var second = await door.Dial();
        await second.SendAsync(hello, TestContext.Current.CancellationToken);

        Assert.Equal("too many handshakes wait already (1)", (await door.NextUpgrade()).Problem);
        release.Set();
        Assert.NotNull((await door.NextUpgrade()).Problem);
    }

    [Fact]
    public async Task Whoever_interrupts_a_handshake_ends_it()
    {
        using var host = new LoopHost();
        using var workers = new Workers(1, 1);
        var accepted = new TaskCompletionSource<(Wire, Task<TlsUpgrade>)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var context = _pki.ServerContext();
        var endpoint = await host.Listen(
            raw => accepted.SetResult((raw, host.Run(() => context.Accept(raw, [], workers)))));
        using var peer = await Door.Dial(endpoint);
        var (wire, upgrade) = await accepted.Task;

        await host.Do(() =>
        {
            wire.Interrupt();
            return 0;
        });

        Assert.Equal("interrupted: Seawall is going down", (await upgrade).Problem);
    }

    [Fact]
    public async Task Two_thousand_handshakes_at_once_all_come_to_an_end()
    {
        const int Count = 2000;
        using var serverHost = new LoopHost(0);
        using var clientHost = new LoopHost(1);
        using var workers = new Workers(2, 2 * Count);
        var (server, client) = (_pki.ServerContext(), _pki.ClientContext());
        var endpoint = await serverHost.Listen(raw => Echo(raw).Forget(raw.Loop.Report));

        var all = Enumerable.Range(0, Count).Select(i => clientHost.Run(() => Ask(i))).ToArray();

        var answers = await Task.WhenAll(all).WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, Count), answers);

        async LoopTask Echo(Wire raw)
        {
            var wire = (await server.Accept(raw, [], workers)).Wire!;
            await wire.Write(await wire.ReadExactly(4));
            await wire.ReadSome(new byte[1]);
            wire.Close();
        }

        async LoopTask<int> Ask(int number)
        {
            var wire = (await Door.Dial(clientHost.Loop, endpoint, client, workers)).Wire!;
            await wire.Write(BitConverter.GetBytes(number));
            var answer = BitConverter.ToInt32(await wire.ReadExactly(4));
            wire.Close();
            return answer;
        }
    }

    private sealed class Blocker(Loop loop, ManualResetEventSlim release) : WorkItem(loop)
    {
        internal ManualResetEventSlim Started { get; } = new();

        protected override void Work()
        {
            Started.Set();
            release.Wait();
        }
    }
}
