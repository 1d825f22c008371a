using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

/// <summary>Two ends of one TLS connection over a loopback socket, each on a loop of its own.</summary>
internal sealed class TlsPair : IDisposable
{
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
        await pair.Connect(server, client, name);
        return pair;
    }

    /// <summary>Connects once more, on the same loops.</summary>
    internal async Task Connect(TlsServerContext server, TlsClientContext client, string name = "localhost")
    {
        var accepted = new TaskCompletionSource<TlsUpgrade>(TaskCreationOptions.RunContinuationsAsynchronously);
        var endpoint = await ServerHost.Listen(raw => Accept(raw, server, accepted).Forget(raw.Loop.Report));
        ClientSide = await ClientHost.Run(() => Dial(endpoint, client, name));
        ServerSide = await accepted.Task;
    }

    public void Dispose()
    {
        ServerHost.Dispose();
        ClientHost.Dispose();
        Workers.Dispose();
    }

    private async LoopTask Accept(Wire raw, TlsServerContext context, TaskCompletionSource<TlsUpgrade> accepted)
    {
        var upgrade = await context.Accept(raw, [], Workers);
        if (upgrade.Wire is null)
            raw.Close();
        accepted.SetResult(upgrade);
    }

    private async LoopTask<TlsUpgrade> Dial(Endpoint endpoint, TlsClientContext context, string name)
    {
        var raw = ClientHost.Loop.Connect(endpoint);
        Assert.True(await raw.Connected());
        var upgrade = await context.Connect(raw, name, Workers);
        if (upgrade.Wire is null)
            raw.Close();
        return upgrade;
    }
}
