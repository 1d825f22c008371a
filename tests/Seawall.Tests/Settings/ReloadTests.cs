using Microsoft.Extensions.Logging.Abstractions;
using Seawall.Control.Reloads;
using Seawall.Control.Settings;
using Xunit;

namespace Seawall.Tests.Settings;

public sealed class ReloadTests
{
    private const string Monitor = "[monitor]\nuser = \"w\"\npassword = \"first\"\n";

    [Theory]
    [InlineData("", "[pool]\nsize = 9\n", "pool.size: 32 -> 9")]
    [InlineData("[pool]\nsize = 9\n", "", "pool.size: 9 -> 32")]
    [InlineData("", "[process]\nloops = 2\n", "process.loops: 0 -> 2 (needs a restart)")]
    [InlineData("", "[clients]\nlisten = [\"127.0.0.1:1\"]\n",
        "clients.listen: [\"127.0.0.1:6033\"] -> [\"127.0.0.1:1\"] (needs a restart)")]
    [InlineData("", "[admin]\nlisten = \"off\"\n", "admin.listen: 127.0.0.1:6034 -> off (needs a restart)")]
    [InlineData(Monitor, "[monitor]\nuser = \"w\"\npassword = \"second\"\n",
        "monitor.password: (secret) -> (secret) (other contents)")]
    [InlineData("[pool]\nsize = 32\n", "", null)]
    [InlineData(Monitor, Monitor, null)]
    public void A_difference_is_told_key_by_key(string before, string after, string? change)
    {
        using var file = new SettingsFile(before + SettingsFile.Least);
        var inUse = file.Good();
        file.Text = after + SettingsFile.Least;

        var changes = SettingsDifference.Of(inUse, file.Good()).Select(found => found.ToString());

        Assert.Equal(change is null ? [] : [change], changes);
    }

    [Fact]
    public void A_server_that_comes_or_goes_is_told_by_what_it_has()
    {
        using var file = new SettingsFile(SettingsFile.Least);
        var one = file.Good();
        file.Text = SettingsFile.Least + "[[servers]]\nname = \"b\"\naddress = \"db1:3306\"\nrole = \"replica\"\n";
        var two = file.Good();

        Assert.Equal(
            ["servers.b.name: (none) -> b", "servers.b.address: (none) -> db1:3306",
                "servers.b.role: auto -> replica"],
            SettingsDifference.Of(one, two).Select(change => change.ToString()));
        Assert.Equal(
            ["servers.b.name: b -> (none)", "servers.b.address: db1:3306 -> (none)",
                "servers.b.role: replica -> (none)"],
            SettingsDifference.Of(two, one).Select(change => change.ToString()));
    }

    [Fact]
    public void A_name_that_leads_elsewhere_now_is_a_difference()
    {
        using var file = new SettingsFile("[[servers]]\nname = \"a\"\naddress = \"db1:3306\"\n");
        var inUse = file.Good();
        file.Names["db1"] = "10.0.0.2";

        var change = Assert.Single(SettingsDifference.Of(inUse, file.Good()));

        Assert.Equal("servers.a.address: 10.0.0.1:3306 -> 10.0.0.2:3306", change.ToString());
    }

    [Fact]
    public async Task A_reload_applies_what_it_can_and_says_again_what_it_cannot()
    {
        using var file = new SettingsFile(SettingsFile.Least);
        var applied = new List<SeawallSettings>();
        using var reloader = ReloaderOf(file, applied);
        file.Text = "[clients]\nlisten = [\"127.0.0.1:1\"]\nmax = 5\n[process]\nloops = 2\n[log]\nlevel = \"debug\"\nformat = \"json\"\n"
            + SettingsFile.Least;

        var first = await reloader.Reload(TestContext.Current.CancellationToken);
        var second = await reloader.Reload(TestContext.Current.CancellationToken);

        Assert.True(first.Succeeded);
        Assert.Equal(5, first.Changes.Count);
        Assert.Equal(["clients.listen", "log.format", "process.loops"], second.Changes.Select(change => change.Key));
        Assert.All(second.Changes, change => Assert.True(change.NeedsRestart));
        var now = applied[0];
        Assert.Equal((5, 0, "127.0.0.1:6033"), (now.Engine.Clients.CountMax, now.Engine.Loops,
            now.Engine.Listen[0].Text));
        Assert.Equal((Microsoft.Extensions.Logging.LogLevel.Debug, false), (now.Log.Level, now.Log.IsJson));
        Assert.Equal("5", Assert.Single(reloader.InUse.Rows, row => row.Key == "clients.max").Value);
        Assert.Equal("0", Assert.Single(reloader.InUse.Rows, row => row.Key == "process.loops").Value);
    }

    [Fact]
    public async Task With_any_mistake_nothing_changes()
    {
        using var file = new SettingsFile(SettingsFile.Least);
        var applied = new List<SeawallSettings>();
        using var reloader = ReloaderOf(file, applied);
        var before = reloader.InUse;
        file.Text = "[clients]\nmax = 5\nmaxx = 6\n" + SettingsFile.Least;

        var report = await reloader.Reload(TestContext.Current.CancellationToken);

        Assert.False(report.Succeeded);
        Assert.Contains("maxx", Assert.Single(report.Problems, problem => problem.IsError).Message,
            StringComparison.Ordinal);
        Assert.Empty(report.Changes);
        Assert.Empty(applied);
        Assert.Same(before, reloader.InUse);
    }

    [Fact]
    public async Task A_reload_without_a_difference_touches_nothing()
    {
        using var file = new SettingsFile(Monitor + SettingsFile.Least);
        var applied = new List<SeawallSettings>();
        using var reloader = ReloaderOf(file, applied);

        var report = await reloader.Reload(TestContext.Current.CancellationToken);

        Assert.True(report.Succeeded);
        Assert.Empty(report.Changes);
        Assert.Empty(applied);
    }

    [Fact]
    public void An_admin_password_that_the_file_no_longer_has_stays_in_use()
    {
        using var file = new SettingsFile("[admin]\npassword = \"x\"\n" + SettingsFile.Least);
        var inUse = file.Good();
        file.Text = SettingsFile.Least;

        Assert.Same(inUse.Admin!.Password, SettingsDifference.Merge(inUse, file.Good()).Admin!.Password);
    }

    private static Reloader ReloaderOf(SettingsFile file, List<SeawallSettings> applied) => new(
        file.Source, file.Reader, file.Good(), settings => settings, applied.Add, NullLogger.Instance);
}
