namespace Seawall.Demos;

/// <summary>A MariaDB primary and two replicas of it, for as long as the demo runs.</summary>
internal sealed class DemoReplicaSet : IDisposable
{
    private readonly List<DemoServer> _servers = [];

    private DemoReplicaSet()
    {
    }

    internal DemoServer Primary => _servers[0];

    internal DemoServer First => _servers[1];

    internal DemoServer Second => _servers[2];

    /// <summary>Starts them, one after another. Throws <see cref="DemoException"/> when one does not come up.</summary>
    internal static async Task<DemoReplicaSet> Start(DemoLab lab, string folder, CancellationToken cancel)
    {
        var set = new DemoReplicaSet();
        try
        {
            foreach (var name in (string[])["primary", "replica-1", "replica-2"])
            {
                int? source = set._servers.Count == 0 ? null : set.Primary.Port;
                set._servers.Add(await lab.StartServer(
                    "mariadb", Path.Combine(folder, name), DemoSessions.FreePort(), set._servers.Count + 1, source, cancel));
            }
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Kills the first replica, as a machine does that loses its power.</summary>
    internal void Lose() => First.Dispose();

    /// <summary>Starts it again, with its data and on its port; it goes on following the primary.</summary>
    internal async Task Return(DemoLab lab, string folder, CancellationToken cancel) => _servers[1] = await lab.StartServer(
        "mariadb", Path.Combine(folder, "replica-1"), First.Port, 2, Primary.Port, cancel);

    public void Dispose() => _servers.ForEach(server => server.Dispose());
}
