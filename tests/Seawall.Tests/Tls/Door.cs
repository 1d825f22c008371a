using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;

namespace Seawall.Tests.Tls;

/// <summary>A listener that goes over to TLS with whoever comes, and hands out how that ended.</summary>
internal sealed class Door : IDisposable
{
    private readonly Channel<TlsUpgrade> _upgrades = System.Threading.Channels.Channel.CreateUnbounded<TlsUpgrade>();
    private readonly Workers _workers;

    private Door(Workers workers) => _workers = workers;

    internal LoopHost Host { get; } = new();

    internal Endpoint Endpoint { get; private set; } = null!;

    internal static async Task<Door> Open(TlsServerContext context, Workers workers, byte[]? ahead = null)
    {
        var door = new Door(workers);
        door.Endpoint = await door.Host.Listen(raw => door.Accept(raw, context, ahead ?? []).Forget(raw.Loop.Report));
        return door;
    }

    internal Task<Socket> Dial() => Dial(Endpoint);

    internal static async Task<Socket> Dial(Endpoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(endpoint.Text));
        return socket;
    }

    internal LoopTask<TlsUpgrade> DialTls(Loop loop, Endpoint endpoint, TlsClientContext context) =>
        Dial(loop, endpoint, context, _workers);

    internal static async LoopTask<TlsUpgrade> Dial(Loop loop, Endpoint endpoint, TlsClientContext context, Workers workers)
    {
        var raw = loop.Connect(endpoint);
        if (!await raw.Connected())
            return new(null, "cannot connect");
        var upgrade = await context.Connect(raw, "localhost", workers);
        if (upgrade.Wire is null)
            raw.Close();
        return upgrade;
    }

    internal async Task<TlsUpgrade> NextUpgrade() =>
        await _upgrades.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));

    public void Dispose()
    {
        Host.Dispose();
        _workers.Dispose();
    }

    private async LoopTask Accept(Wire raw, TlsServerContext context, byte[] ahead)
    {
        var upgrade = await context.Accept(raw, ahead, _workers);
        if (upgrade.Wire is null)
            raw.Close();
        _upgrades.Writer.TryWrite(upgrade);
    }
}
