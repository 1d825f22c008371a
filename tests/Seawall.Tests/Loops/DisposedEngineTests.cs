using Seawall.Testing;
using Seawall.Testing.Clients;
using Xunit;

namespace Seawall.Tests.Loops;

/// <summary>An engine that was disposed of while everything was going on, in a process that lives on.</summary>
public sealed class DisposedEngineTests
{
    [Fact]
    public void It_leaves_no_connection_open_on_either_side()
    {
        using var stage = new RealStage(options => options with { Loops = 2 });
        FakeClient[] clients = [.. Enumerable.Range(0, 4).Select(_ => stage.Client())];
        foreach (var client in clients)
            Assert.Equal("1", client.Query("SELECT '1'").Scalar);
        Assert.True(stage.ServerConnections > 1, "the monitor's and a pool's");

        stage.Engine.Dispose();

        RealStage.Await(() => stage.ServerConnections == 0, "the end of all server connections");
        RealStage.Await(() => clients.All(client => client.Wire.PeerGone), "the end of all clients' connections");
        stage.Engine.Dispose();
    }
}
