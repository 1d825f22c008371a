using System.Net;
using System.Text;
using Seawall.Engine.Loops;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Either side slow, on real sockets: a server whose answers come byte by byte, a client that takes nothing.</summary>
public sealed class SlowSidesTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static MatrixTheoryData<LabKind, bool> KindsAndDialects => new(Enum.GetValues<LabKind>(), [true, false]);

    [Theory]
    [MemberData(nameof(KindsAndDialects))]
    public async Task Answers_that_come_byte_by_byte_are_the_same(LabKind kind, bool deprecatesEof)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var dripping = new Cutter(server.Port, "nobody") { Drips = true };
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Servers = [SeawallUnderTest.ServerOptions(server) with { Endpoint = Endpoint.Tcp(IPAddress.Loopback, dripping.Port) }],
            Pools = options.Pools with { SizeMax = 1 },
        });
        using var twins = TwinSessions.Open(server, seawall,
            deprecatesEof ? RawClient.Usual : RawClient.Usual & ~Capabilities.DeprecateEof);
        foreach (var sql in (string[])["select * from types", "select repeat('x', 70000)", "select 1; select 2; set @a = 1", "call two_results(3)",
            "call fails_midway()", "select * from no_such_table", "show warnings", "set names utf8", "begin", "update people set age = 4", "commit",
            "select cast('x' as signed)", "show warnings"])
        {
            twins.SameQuery(sql);
        }
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_client_that_takes_nothing_makes_way_for_those_who_wait(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Pools = options.Pools with { SizeMax = 1, StallMsMax = 500, WaitMsMax = 60_000 },
        });
        using var stalled = RawClient.Connect(seawall.Port, "seawall", "seawall");
        // More than all buffers on the way can hold, of both systems and of the server.
        stalled.Send(CommandKind.Query, Encoding.ASCII.GetBytes(
            "select repeat('x', 1000000) from information_schema.collations a, information_schema.collations b"));
        await Eventually.TrueAsync(() => seawall.ServerConnections > 0 && seawall.IdleServerConnections == 0, s_patience, Cancel);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");

        Assert.Equal("mine", other.Query("select 'mine'").FirstValue);
        Assert.Contains(seawall.Log, line => line.Contains("pool.stall_ms_max = 500", StringComparison.Ordinal));
    }
}
