using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

/// <summary>Two ends of one TLS connection over a loopback socket, each on a loop of its own.</summary>
internal sealed class TlsPair : IDisposable
{
    private Endpoint _endpoint = null!;
    private TlsServerContext _context = null!;
    private TaskCompletionSource<TlsUpgrade> _accepted = null!;

    private TlsPair(LoopHost serverHost, LoopHost clientHost, Workers workers)
    {
        ServerHost = serverHost;
        ClientHost = clientHost;
        Workers = workers;
    }

    internal LoopHost ServerHost { get; }

    internal LoopHost ClientHost { get; }

    internal Workers Workers { get; }

    internal TlsUpgrade ServerSide { get; private set; }

    internal TlsUpgrade ClientSide { get; private set; }

    internal TlsWire Server => ServerSide.Wire ?? throw new InvalidOperationException(ServerSide.Problem);

    internal TlsWire Client => ClientSide.Wire ?? throw new InvalidOperationException(ClientSide.Problem);

    /// <summary>Shakes hands; either side may have failed afterwards.</summary>
    internal static async Task<TlsPair> Make(TlsServerContext server, TlsClientContext client, string name = "localhost")
    {
        var pair = new TlsPair(new LoopHost(0), new LoopHost(1), new Workers(2, 64));
        pair._endpoint = await pair.ServerHost.Listen(
            raw => pair.Accept(raw).Forget(raw.Loop.Report));
        await pair.Reconnect(server, client, name);
        return pair;
    }

    /// <summary>Connects once more, to the same address and on the same loops.</summary>
    internal async Task Reconnect(TlsServerContext server, TlsClientContext client, string name = "localhost")
    {
        _context = server;
        _accepted = new TaskCompletionSource<TlsUpgrade>(TaskCreationOptions.RunContinuationsAsynchronously);
        ClientSide = await ClientHost.Run(() => Dial(client, name));
        ServerSide = await _accepted.Task;
    }

    /// <summary>A word in each direction.</summary>
    internal async Task AssertTalks()
    {
        Assert.True(await ClientHost.Run(() => Client.Write("ping"u8.ToArray())));
        Assert.Equal("ping"u8.ToArray(), await ServerHost.Run(() => Server.ReadExactly(4)));
        Assert.True(await ServerHost.Run(() => Server.Write("pong"u8.ToArray())));
        Assert.Equal("pong"u8.ToArray(), await ClientHost.Run(() => Client.ReadExactly(4)));
    }

    public void Dispose()
    {
        ServerHost.Dispose();
        ClientHost.Dispose();
        Workers.Dispose();
    }

    private async LoopTask Accept(Wire raw)
    {
        var accepted = _accepted;
        var upgrade = await _context.Accept(raw, [], Workers);
        if (upgrade.Wire is null)
            raw.Close();
        accepted.SetResult(upgrade);
    }

    private async LoopTask<TlsUpgrade> Dial(TlsClientContext context, string name)
    {
        var raw = ClientHost.Loop.Connect(_endpoint);
        Assert.True(await raw.Connected());
        var upgrade = await context.Connect(raw, name, Workers);
        if (upgrade.Wire is null)
            raw.Close();
        return upgrade;
    }
}
