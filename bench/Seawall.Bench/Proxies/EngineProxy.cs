using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;

namespace Seawall.Bench.Proxies;

/// <summary>
/// Seawall's engine in a process of its own, with the runtime set up as in the product: what only the process itself can
/// count, it tells on request.
/// </summary>
internal static class EngineProxy
{
    /// <summary>
    /// Serves until its input ends; a line on it asks for the bytes allocated so far, or, when it says so, for those that
    /// live, which takes a collection.
    /// </summary>
    internal static int Serve(int port, int serverPort, int loops, string user, string password, bool tls, string? captures = null)
    {
        var monitor = new Account(user, "%", [], AccountSource.Settings);
        monitor.Secrets.LearnPassword(Encoding.UTF8.GetBytes(password));
        using var engine = new SeawallEngine(new EngineOptions
        {
            Listen = [Endpoint.Tcp(IPAddress.Loopback, port)],
            Servers =
            [
                new ServerOptions
                {
                    Id = new ServerId("stub"), Endpoint = Endpoint.Tcp(IPAddress.Loopback, serverPort), Tls = ServerTls.Off,
                },
            ],
            Clients = new() { CountMax = 20_000, Tls = tls ? TlsServerContext.SelfSigned(TimeProvider.System).Context : null },
            Monitor = monitor,
            Loops = loops,
            Capture = new() { Folder = captures ?? "", KeepsLiterals = true, FreeBytesMin = 0 },
        }, TimeProvider.System, NullLogger.Instance);
        engine.Start();
        while (engine.Facts.Accounts.Mode != AccountMode.Known)
            Thread.Sleep(10);
        if (captures is not null && engine.Captures.Start("bench", null, 1) is { IsDone: false, Words: var problem })
            throw new InvalidOperationException(problem);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } asked)
        {
            Console.WriteLine(asked switch
            {
                "dropped" => engine.Captures.Totals().Dropped,
                "live" => GC.GetTotalMemory(forceFullCollection: true),
                _ => GC.GetTotalAllocatedBytes(),
            });
        }
        return 0;
    }
}
