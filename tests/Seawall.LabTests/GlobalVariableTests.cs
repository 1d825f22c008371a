using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>SET GLOBAL on real servers, of which each test has its own: it holds for everybody.</summary>
public sealed class GlobalVariableTests(LabServers lab)
{
    private const string Ask = "select concat_ws('|', @@lock_wait_timeout, @@sql_mode, @@time_zone, @@sort_buffer_size, "
        + "if(@@autocommit, 1, 0), @@max_join_size, if(@@foreign_key_checks, 1, 0), @@div_precision_increment, @@lc_time_names, "
        + "@@wait_timeout, @@max_allowed_packet)";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Sessions_before_and_after_see_what_they_would_see_directly(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Pools = options.Pools with { SizeMax = 2 },
        });
        var sessions = new List<(RawClient Direct, RawClient Through)>();
        void Begin() => sessions.Add((RawClient.Connect(server.Port, "seawall", "seawall"), RawClient.Connect(seawall.Port, "seawall", "seawall")));
        void Compare(string after)
        {
            foreach (var (number, (direct, through)) in sessions.Index())
            {
                var (expected, actual) = (direct.Query(Ask).FirstValue, through.Query(Ask).FirstValue);
                Assert.True(expected == actual, $"session {number} after {after}\nserver:  {expected}\nSeawall: {actual}");
            }
        }
        for (var i = 0; i < 4; i++)
            Begin();
        Assert.Null(sessions[1].Direct.Query("set sort_buffer_size = 300000").Error);
        Assert.Null(sessions[1].Through.Query("set sort_buffer_size = 300000").Error);
        Compare("nothing");
        // The server has one value for both sides: a change is made once, through Seawall.
        foreach (var change in (string[])["set global lock_wait_timeout = 77", "set @@global.sort_buffer_size = 400000, global time_zone = '+03:00'",
            "set global sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'", "set global autocommit = 0", "set global lock_wait_timeout = 78",
            "set global max_join_size = 5000, global foreign_key_checks = 0", "set global wait_timeout = 3000",
            "set global sql_mode = ''", "set global autocommit = 1"])
        {
            Assert.Null(sessions[0].Through.Query(change).Error);
            Begin();
            Assert.Equal(sessions[^1].Direct.LoginEnd!.Text[..6], sessions[^1].Through.LoginEnd!.Text[..6]);
            Compare(change);
        }
        if (kind != LabKind.MySql56)
        {
            foreach (var (direct, through) in sessions)
            {
                direct.Ask(CommandKind.ResetConnection, default);
                through.Ask(CommandKind.ResetConnection, default);
            }
            Compare("a reset");
        }
        Assert.InRange(seawall.ServerConnections, 1, 2);
        Assert.InRange(seawall.Dials.Succeeded, 1, 2);
        foreach (var (direct, through) in sessions)
        {
            direct.Dispose();
            through.Dispose();
        }
    }

    // As two runs of a client program, one after the other: the second must not be faster than the news of the first.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Who_sets_a_global_variable_and_connects_again_sees_it(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        for (var i = 1; i <= 200; i++)
        {
            using (var first = RawClient.Connect(seawall.Port, "seawall", "seawall"))
                Assert.Null(first.Query($"set global lock_wait_timeout = {1000 + i}").Error);
            using var second = RawClient.Connect(seawall.Port, "seawall", "seawall");
            Assert.Equal($"{1000 + i}", second.Query("select @@lock_wait_timeout").FirstValue);
        }
    }
}
