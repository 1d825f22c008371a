using Seawall.Rehearsal.Drivers;

namespace Seawall.Rehearsal.Traffics;

/// <summary>Which driver a captured connection came from, by what it called itself and the plugin that it began with.</summary>
internal static class TrafficDrivers
{
    /// <summary>What is imitated for those that are not known.</summary>
    public const string Unknown = "mysql2";

    /// <summary>The driver; and whether it is certain.</summary>
    public static (DriverProfile Profile, bool IsKnown) Of(TrafficConnection connection, IReadOnlyList<DriverProfile> named)
    {
        var all = DriverProfiles.All.Where(one => one.ClientName == connection.ClientName && connection.ClientName.Length > 0).ToArray();
        var found = all.FirstOrDefault(one => one.FirstPlugin is null) ?? all.FirstOrDefault();
        // Oracle's library has one name in all versions, and those before 5.7.23 know no caching_sha2_password.
        if (connection.ClientVersion.StartsWith("5.", StringComparison.Ordinal) && DriverProfiles.Find("libmysqlclient-5") is { } aged && all.Contains(aged))
            found = aged;
        // A driver that begins with a plugin whatever the greeting says is told from others only by beginning so where the greeting says otherwise.
        if (connection.AccountPlugin is "mysql_native_password" && connection.FirstPlugin is "caching_sha2_password"
            && all.FirstOrDefault(one => one.FirstPlugin == connection.FirstPlugin) is { } stubborn)
        {
            found = stubborn;
        }
        var profile = found ?? DriverProfiles.Find(Unknown)!;
        // A driver that is named on the command line as replaced is replaced here as well.
        return (named.FirstOrDefault(one => one.Name == profile.Name) ?? profile, found is not null);
    }
}
