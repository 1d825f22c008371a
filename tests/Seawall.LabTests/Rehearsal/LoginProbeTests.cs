using Seawall.LabTests.Lab;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Logins;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// Logins as drivers do them, on real servers: what is counted is what was forecast, what tshark counts in a capture of the same logins, and
/// what the kernel counts.
/// </summary>
public sealed class LoginProbeTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Every_profiles_login_goes_as_forecast(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var plugin = kind == LabKind.MySql97 ? "caching_sha2_password" : "mysql_native_password";
        await using var account = await LabAccount.CreateAsync(server, "forecast", "pw", Cancel);
        foreach (var isWarm in (bool[])[true, false])
        {
            foreach (var profile in DriverProfiles.All)
            {
                foreach (var tls in (LoginTls[])[LoginTls.Off, LoginTls.Full])
                {
                    if (tls != LoginTls.Off && kind == LabKind.MySql56)
                        continue; // It has no TLS that is spoken here.
                    if (!isWarm)
                        await server.ExecuteAsync("flush privileges", Cancel);
                    var plan = RehearsalTarget.Plan(server, profile.Name, "forecast", "pw", tls);
                    if (isWarm)
                        await RehearsalTarget.Try(plan with { MayAskForKey = true, Profile = DriverProfiles.Find("mysql2")! }, Cancel);
                    var seen = await RehearsalTarget.Try(plan, Cancel);
                    var turns = seen.Tls is { } agreed
                        ? (agreed.Version < 0x0304 && !agreed.IsResumed ? 2 : 1) + (agreed.IsAskedAgain ? 1 : 0)
                        : 0;
                    var forecast = LoginForecast.Of(
                        profile, new LoginConditions(seen.Greeted, plugin, isWarm, tls != LoginTls.Off, turns));

                    var counts = seen.Counts;
                    Assert.True(
                        (forecast.End, forecast.IsSwitched, forecast.IsFull, forecast.RoundTrips, forecast.ServerPackets, forecast.ClientPackets)
                        == (seen.Outcome.End, seen.IsSwitched, seen.IsFull, counts.RoundTrips, counts.ServerPackets, counts.ClientPackets),
                        $"{profile} {tls} {(isWarm ? "warm" : "cold")}: forecast {forecast}; seen {seen.Outcome} {seen}");
                }
            }
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Tshark_and_the_kernel_count_the_same(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "counted", "pw", Cancel);
        await using var capture = await PacketCapture.StartAsync(lab, [server.Port], Cancel);
        var traces = new List<LoginTrace>();
        foreach (var profile in (string[])["mysql2", "libmariadb", "mysqlnd", "libmysqlclient-sha2-first", "mariadb-connector-j-2"])
        {
            foreach (var tls in kind == LabKind.MySql56 ? [LoginTls.Off] : (LoginTls[])[LoginTls.Off, LoginTls.Full, LoginTls.Resumed, LoginTls.Resumed])
            {
                var plan = RehearsalTarget.Plan(server, profile, "counted", "pw", tls) with { MayAskForKey = true };
                traces.Add(await RehearsalTarget.Try(plan, Cancel));
            }
        }
        var logins = (await SeenLogin.ReadAsync(capture, [server.Port], Cancel));

        Assert.All(traces, trace => Assert.True(trace.Outcome.IsIn, trace.Outcome.ToString()));
        Assert.Equal(traces.Count, logins.Count);
        foreach (var (trace, seen) in traces.Zip(logins))
        {
            Assert.Equal((seen.TsharkExchanges, seen.ServerPackets), (trace.Counts.ClientPackets, trace.Counts.ServerPackets));
            Assert.Equal((seen.IsTls, seen.IsResumed), (trace.Tls is not null, trace.Tls is { IsResumed: true }));
            Assert.Equal(seen.Greeted, trace.Greeted);
            Assert.True(trace.Tcp.DataOut >= seen.ClientSegments, $"{trace.Tcp}, {seen}");
            Assert.True(trace.Tcp.DataIn >= seen.ServerSegments, $"{trace.Tcp}, {seen}");
        }
        // The kernel counts what was sent twice, which happens on a busy machine, but not to most.
        Assert.True(2 * traces.Zip(logins).Count(pair => (pair.First.Tcp.DataOut, pair.First.Tcp.DataIn)
            == (pair.Second.ClientSegments, pair.Second.ServerSegments)) > traces.Count);
        if (kind != LabKind.MySql56)
            Assert.Contains(traces, trace => trace.Tls is { IsResumed: true });
    }

    // What one end has sent, the other has received: it is the server's socket that was asked, and its count of what it sent again is the server's.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_servers_end_is_read_where_it_is_on_this_machine(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var traces = new List<LoginTrace>();
        for (var i = 0; i < 20; i++)
            traces.Add(await RehearsalTarget.Try(RehearsalTarget.Plan(server, "mysql2") with { LooksAtPeer = true, MayAskForKey = true }, Cancel));
        var unasked = await RehearsalTarget.Try(RehearsalTarget.Plan(server, "mysql2") with { MayAskForKey = true }, Cancel);

        Assert.All(traces, trace => Assert.True(trace.PeerTcp.IsKnown, trace.ToString()));
        Assert.False(unasked.PeerTcp.IsKnown);
        // What is sent again is counted by the one that sends it as often as it does, and by the other when it comes.
        var once = traces.Where(trace => trace.Tcp.Retransmits + trace.PeerTcp.Retransmits == 0).ToArray();
        Assert.NotEmpty(once);
        Assert.All(once, trace => Assert.Equal((trace.Tcp.DataIn, trace.Tcp.DataOut), (trace.PeerTcp.DataOut, trace.PeerTcp.DataIn)));
    }

    [Fact]
    public async Task A_login_that_fails_says_why()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        var wrong = await RehearsalTarget.Try(RehearsalTarget.Plan(server, "mysql2", password: "wrong"), Cancel);
        var old = await RehearsalTarget.Try(RehearsalTarget.Plan(server, "libmysqlclient-5"), Cancel);
        using var free = new LabPort();
        var nobody = RehearsalTarget.Plan(server, "mysql2") with { Address = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, free.Number) };

        Assert.Equal((LoginEnd.Refused, 1045), (wrong.Outcome.End, wrong.Outcome.Code));
        Assert.Equal((LoginEnd.UnknownPlugin, "caching_sha2_password"), (old.Outcome.End, old.Outcome.Words));
        Assert.Equal(LoginEnd.Unreachable, (await RehearsalTarget.Try(nobody, Cancel)).Outcome.End);
    }
}
