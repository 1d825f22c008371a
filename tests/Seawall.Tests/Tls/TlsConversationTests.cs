using System.Runtime.InteropServices;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

public sealed partial class TlsConversationTests : IDisposable
{
    private readonly TestPki _pki = new();

    public void Dispose() => _pki.Dispose();

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public async Task Both_ends_of_Seawall_talk_to_each_other(TlsVersion version)
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext(max: version));

        await pair.AssertTalks();
        Assert.Equal(
            version == TlsVersion.Tls13 ? "TLSv1.3" : "TLSv1.2", await pair.ServerHost.Do(() => pair.Server.Version));
        Assert.Null(pair.Server.PeerCertificate);
    }

    [Fact]
    public async Task A_self_made_certificate_serves_whoever_does_not_verify()
    {
        var server = TestPki.Loaded(TlsServerContext.SelfSigned(TimeProvider.System));
        using var pair = await TlsPair.Make(server, _pki.ClientContext(ServerVerification.None));

        Assert.True(server.IsSelfMade);
        await pair.AssertTalks();
    }

    [Fact]
    public async Task What_the_protocol_says_to_itself_wakes_nobody()
    {
        // In TLS 1.3 a server sends its tickets after the handshake: an idle server connection must not look as if the
        // server had said something unasked, or pools would throw it away.
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext());
        var seen = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await pair.ClientHost.Do(() =>
        {
            pair.Client.WhenReadable(new Callback(() => seen.SetResult(pair.Client.Receive(new byte[16]))));
            return pair.Client.ReadReady;
        });

        // The ticket may have come before; new keys, which the client must answer, come now. Time for them to arrive alone
        // makes the test sharper, but it does not depend on it.
        await pair.ServerHost.Do(() => SSL_key_update(pair.Server.Channel.DangerousGetHandle(), KeyUpdateRequested));
        await pair.ServerHost.Do(() => pair.Server.Channel.Handshake(pair.Server));
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(await pair.ClientHost.Do(() => pair.Client.ReadReady || pair.Client.PeerGone));
        Assert.False(await pair.ServerHost.Do(() => pair.Server.ReadReady || pair.Server.PeerGone));
        await pair.ServerHost.Run(() => pair.Server.Write("xyz"u8.ToArray()));

        Assert.Equal(3, await seen.Task);
        await pair.AssertTalks();
    }

    [Fact]
    public async Task New_keys_in_the_middle_of_a_conversation_change_nothing()
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext());

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(1, await pair.ServerHost.Do(
                () => SSL_key_update(pair.Server.Channel.DangerousGetHandle(), KeyUpdateRequested)));
            await pair.AssertTalks();
        }
    }

    [Fact]
    public async Task Closing_says_goodbye_and_the_other_side_sees_the_end()
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext());
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await pair.ClientHost.Do(() =>
        {
            pair.Client.WhenGone(new Callback(gone.SetResult));
            return 0;
        });

        await pair.ServerHost.Do(() =>
        {
            pair.Server.Send("last words"u8);
            pair.Server.Close();
            pair.Server.Close();
            return 0;
        });

        await gone.Task;
        Assert.Equal("last words"u8.ToArray(), await pair.ClientHost.Run(() => pair.Client.ReadExactly(20)));
        Assert.Equal(WireResult.End, await pair.ClientHost.Run(() => pair.Client.ReadSome(new byte[1])));
        Assert.True(await pair.ClientHost.Do(() => pair.Client.LooksDead()));
        Assert.False(await pair.ServerHost.Do(() => pair.Server.Send("more"u8)));
        Assert.Equal(WireResult.Broken, await pair.ServerHost.Do(() => pair.Server.Receive(new byte[1])));
    }

    [Fact]
    public async Task Closing_wakes_whoever_waits()
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext());
        var reading = pair.ServerHost.Run(() => pair.Server.ReadSome(new byte[1]));
        var writing = pair.ServerHost.Run(() => pair.Server.Write(new byte[32 * 1024 * 1024]));

        await pair.ServerHost.Do(() =>
        {
            pair.Server.Close();
            return 0;
        });

        Assert.Equal(WireResult.Broken, await reading);
        Assert.False(await writing);
    }

    [Fact]
    public async Task A_slow_reader_holds_one_chunk_and_gets_every_byte()
    {
        const int Length = 50 * 1024 * 1024;
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext());
        var progress = new Progress();
        var sending = pair.ServerHost.Run(() => pair.Server.SendPattern(Length, Loop.BufferBytes, progress));

        // The writer stalls when the kernel's buffers are full, and then has given at most one chunk more.
        var before = -1L;
        while (before != (before = Volatile.Read(ref progress.Sent)) || before == 0)
            await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.InRange(before, 1, 20 * 1024 * 1024);
        Assert.True(await pair.ServerHost.Do(() => pair.Server.HasUnsent));

        Assert.Equal(Length, await pair.ClientHost.Run(() => pair.Client.ReadPattern(Length, 64 * 1024)));
        Assert.True(await sending);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Both_directions_at_once_in_chunks_of_any_size_lose_nothing(int seed)
    {
        const int Length = 6 * 1024 * 1024;
        var dice = new Random(seed);
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext());

        var sizes = Enumerable.Range(0, 4).Select(_ => dice.Next(1, 100_000)).ToArray();
        var down = pair.ServerHost.Run(() => pair.Server.SendPattern(Length, sizes[0], new Progress()));
        var up = pair.ClientHost.Run(() => pair.Client.SendPattern(Length, sizes[1], new Progress()));
        var got = pair.ClientHost.Run(() => pair.Client.ReadPattern(Length, sizes[2]));
        var gave = pair.ServerHost.Run(() => pair.Server.ReadPattern(Length, sizes[3]));

        Assert.True(await down && await up, $"chunks of {string.Join(", ", sizes)}");
        Assert.Equal((Length, Length), (await got, await gave));
    }

    [Fact]
    public async Task A_connection_moves_between_loops_in_the_middle_of_a_conversation()
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext());
        using var third = new LoopHost(2);
        LoopHost[] hosts = [third, pair.ServerHost];
        var at = pair.ServerHost;

        for (var i = 0; i < 40; i++)
        {
            // Sent before, so that at times it has arrived when the connection moves, and at times not.
            Assert.True(await pair.ClientHost.Run(() => pair.Client.Write(new byte[3000])));
            if (i % 3 == 0)
                Assert.Equal(1000, (await at.Run(() => pair.Server.ReadExactly(1000))).Length);
            await at.Do(() =>
            {
                pair.Server.LetGo();
                return 0;
            });
            at = hosts[i % 2];
            await at.Do(() =>
            {
                at.Loop.Adopt(pair.Server);
                return 0;
            });
            Assert.Equal(i % 3 == 0 ? 2000 : 3000,
                (await at.Run(() => pair.Server.ReadExactly(i % 3 == 0 ? 2000 : 3000))).Length);
            Assert.True(await at.Run(() => pair.Server.Write(new byte[500])));
            Assert.Equal(500, (await pair.ClientHost.Run(() => pair.Client.ReadExactly(500))).Length);
        }
        Assert.Same(at.Loop, pair.Server.Loop);
    }

    [Fact]
    public async Task A_context_lives_as_long_as_its_last_connection()
    {
        using var pair = await MakeAndForgetContexts();
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        await pair.AssertTalks();
    }

    private Task<TlsPair> MakeAndForgetContexts() => TlsPair.Make(_pki.ServerContext(), _pki.ClientContext());

    private const int KeyUpdateRequested = 1;

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_key_update(nint ssl, int type);
}
