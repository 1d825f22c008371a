using System.Globalization;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Loops;

/// <summary>Whether the kernel asks silent peers if they are still there: what it says of its own timers.</summary>
public sealed class KeepAliveTests
{
    // In /proc/net/tcp: established, and the timer that waits is that of keepalive.
    private const string Established = "01";
    private const string KeepAlive = "02";

    [Fact]
    public void Connections_of_clients_and_to_servers_are_asked_whether_anybody_is_there()
    {
        using var stage = new RealStage();
        var client = stage.Client();
        Assert.Equal("1", client.Query("SELECT '1'").Scalar);
        var door = stage.Engine.Bound[0].Text;
        var server = stage.Server.Endpoint.Text;

        // While bytes are on their way another timer runs in its place.
        Assert.True(SpinWait.SpinUntil(() => All(Timers(local: door)) && All(Timers(remote: server)), TimeSpan.FromSeconds(60)),
            $"clients: {string.Join(' ', Timers(local: door))}; servers: {string.Join(' ', Timers(remote: server))}");
    }

    private static bool All(string[] timers) => timers.Length > 0 && timers.All(timer => timer == KeepAlive);

    // The timers of connections whose ends are these.
    private static string[] Timers(string? local = null, string? remote = null) =>
        [.. File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == Established && IsAt(fields[1], local) && IsAt(fields[2], remote))
            .Select(fields => fields[5][..2])];

    private static bool IsAt(string hex, string? endpoint) => endpoint is null
        || hex.EndsWith($":{int.Parse(endpoint[(endpoint.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture):X4}", StringComparison.Ordinal);
}
