using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Logins;
using Seawall.Tests.Admin;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>What a login will take is known from the greeting's plugin, the account's and the driver's first one.</summary>
public sealed class LoginForecastTests
{
    private const string Native = "mysql_native_password";
    private const string Sha2 = "caching_sha2_password";

    // The table of what connections were measured to cost on real servers, in round trips and packets.
    [Theory]
    [InlineData("mysql2", Native, Native, true, 0, 3, 2, 1)]
    [InlineData("libmysqlclient-sha2-first", Native, Native, true, 0, 4, 3, 2)]
    [InlineData("mysql2", Sha2, Sha2, true, 0, 3, 3, 1)]
    [InlineData("mariadb-connector-j-2", Sha2, Sha2, true, 0, 4, 4, 2)]
    [InlineData("mysql2", Sha2, Native, true, 0, 4, 3, 2)]
    [InlineData("mysql2", Sha2, Sha2, false, 0, 5, 4, 3)]
    [InlineData("libmysqlclient", Sha2, Sha2, true, 1, 4, 3, 2)]
    [InlineData("libmysqlclient", Sha2, Sha2, true, 2, 5, 3, 2)]
    [InlineData("libmysqlclient", Sha2, Sha2, false, 1, 5, 3, 3)]
    [InlineData("libmariadb", Native, "ed25519", true, 0, 4, 3, 2)]
    [InlineData("mysql2", Native, "sha256_password", true, 0, 5, 4, 3)]
    public void A_login_takes_as_many_exchanges_as_plugins_and_cache_make_it_take(
        string driver, string greeted, string account, bool isWarm, int tlsTurns, int roundTrips, int serverPackets, int clientPackets)
    {
        var forecast = LoginForecast.Of(
            DriverProfiles.Find(driver)!, new LoginConditions(greeted, account, isWarm, tlsTurns > 0, tlsTurns));

        Assert.True(forecast.IsIn);
        Assert.Equal(
            (roundTrips, serverPackets, clientPackets), (forecast.RoundTrips, forecast.ServerPackets, forecast.ClientPackets));
    }

    [Theory]
    [InlineData("libmysqlclient-5", Sha2, Sha2, true, nameof(LoginEnd.UnknownPlugin))]
    [InlineData("libmysqlclient", Sha2, Sha2, false, nameof(LoginEnd.KeyNotAsked))]
    [InlineData("libmysqlclient", Sha2, "authentication_ldap_simple", false, nameof(LoginEnd.UnknownPlugin))]
    [InlineData("mysql2", Native, "unix_socket", true, nameof(LoginEnd.UnknownPlugin))]
    public void A_login_that_cannot_succeed_is_known_before(string driver, string greeted, string account, bool isWarm, string end) =>
        Assert.Equal(end, LoginForecast.Of(DriverProfiles.Find(driver)!, new LoginConditions(greeted, account, isWarm)).End.ToString());

    [Fact]
    public void A_driver_that_may_not_ask_for_the_key_gets_in_warm_and_not_cold()
    {
        var profile = DriverProfiles.Find("connector-j")!;

        Assert.True(LoginForecast.Of(profile, new LoginConditions(Sha2, Sha2, IsWarm: true)).IsIn);
        Assert.Equal(LoginEnd.KeyNotAsked, LoginForecast.Of(profile, new LoginConditions(Sha2, Sha2, IsWarm: false)).End);
        Assert.True(LoginForecast.Of(profile, new LoginConditions(Sha2, Sha2, IsWarm: false, MayAskForKey: true)).IsIn);
    }

    [Fact]
    public void Every_profile_has_a_name_of_its_own_and_says_where_it_is_known_from()
    {
        Assert.Equal(DriverProfiles.All.Count, DriverProfiles.All.Select(one => one.Name).Distinct().Count());
        var page = File.ReadAllLines(Path.Combine(AdminDocsTests.Folder(), "docs", "rehearsal.md"));
        Assert.All(DriverProfiles.All, one => Assert.EndsWith(
            $" | {one.Source} |", page.Single(line => line.StartsWith($"| `{one.Name}` |", StringComparison.Ordinal)), StringComparison.Ordinal));
        Assert.All(DriverProfiles.All, one => Assert.True(
            one.Source.Contains("https://", StringComparison.Ordinal) || one.Source.StartsWith("captured from ", StringComparison.Ordinal), one.Source));
        Assert.All(DriverProfiles.All, one => Assert.Contains(one.Begins("a plugin that nobody has"), one.Plugins));
    }
}
