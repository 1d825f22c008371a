using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;

namespace Seawall.Tests.Admission;

/// <summary>What can be the matter with a server.</summary>
public enum Trouble
{
    /// <summary>It takes connections, and says nothing.</summary>
    Hang,

    /// <summary>It says twenty bytes in a second.</summary>
    Drip,

    /// <summary>Nothing arrives, and nobody is told.</summary>
    BlackHole,

    /// <summary>It has gone, with a reset of each connection.</summary>
    Reset,
}

/// <summary>Gets one server of a world into trouble, and out of it again.</summary>
internal static class ServerTrouble
{
    internal static void Begin(EngineWorld world, FakeServer server, Trouble trouble)
    {
        var links = world.World.Network.Links.Where(link => link.To.Text == server.Endpoint.Text && !link.IsOver);
        switch (trouble)
        {
            case Trouble.Hang:
                server.Freeze();
                break;
            case Trouble.Drip:
                world.World.Network.Chunk = _ => 1;
                world.World.Network.Connecting = link => Slow(link, server, 20);
                foreach (var link in links)
                    Slow(link, server, 20);
                break;
            case Trouble.BlackHole:
                world.World.Network.MakeBlackHole(server.Endpoint);
                foreach (var link in links)
                    link.IsBlackHole = true;
                break;
            case Trouble.Reset:
                server.StopListening();
                foreach (var link in links)
                    link.Cut(Ending.Reset);
                break;
        }
    }

    internal static void End(EngineWorld world, FakeServer server, Trouble trouble)
    {
        switch (trouble)
        {
            case Trouble.Hang:
                server.Thaw();
                break;
            case Trouble.Drip:
                world.World.Network.Chunk = left => left;
                world.World.Network.Connecting = null;
                foreach (var link in world.World.Network.Links)
                    link.BytesPerSecond = 0;
                break;
            case Trouble.BlackHole:
                world.World.Network.FillBlackHole(server.Endpoint);
                break;
            case Trouble.Reset:
                server.Open();
                break;
        }
    }

    private static void Slow(Link link, FakeServer server, long bytesPerSecond)
    {
        if (link.To.Text == server.Endpoint.Text)
            link.BytesPerSecond = bytesPerSecond;
    }
}
