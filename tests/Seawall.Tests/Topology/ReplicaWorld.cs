using System.Net;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.Testing;
using Seawall.Testing.Servers;

namespace Seawall.Tests.Topology;

/// <summary>An engine between clients and a primary with replicas, of which it finds out which is which.</summary>
internal sealed class ReplicaWorld : IDisposable
{
    internal ReplicaWorld(int servers = 3, EngineWorldOptions? options = null)
    {
        World = new EngineWorld(options ?? new());
        Servers = [World.Server, .. Enumerable.Range(1, servers - 1).Select(i => World.AddServer(Endpoint.Tcp(IPAddress.Loopback, 3400 + i)))];
        foreach (var (i, server) in Servers.Index())
        {
            server.When("SELECT @@hostname", new FakeRows(["@@hostname"], [[$"{"abc"[i]}"]]));
            if (i > 0)
                Follow(server, A);
        }
        World.Apply(before => before with
        {
            Servers = [.. Servers.Select((server, i) => before.Servers[0] with { Id = new($"{"abc"[i]}"), Endpoint = server.Endpoint, Role = null })],
        });
        Until(PrimaryState.Found, "a");
    }

    internal EngineWorld World { get; }

    internal FakeServer[] Servers { get; }

    internal FakeServer A => Servers[0];

    internal FakeServer B => Servers[1];

    internal TopologyFacts Topology => World.Engine.Facts.Topology;

    internal void Until(PrimaryState state, string? primary) => World.Pump(
        () => Topology.State == state && (primary is null || Topology.Primary?.Name == primary), $"{state} {primary}");

    internal static void Follow(FakeServer server, FakeServer source)
    {
        server.IsReadOnly = true;
        server.Source = source;
    }

    internal static void Promote(FakeServer server)
    {
        server.Source = null;
        server.IsReadOnly = false;
    }

    /// <summary>It has its connections and says nothing more to its monitor.</summary>
    internal static void Hang(FakeServer server) => server.When("SHOW GLOBAL VARIABLES WHERE", new FakeLater(1_000_000, new FakeOk()));

    public void Dispose() => World.Dispose();
}
