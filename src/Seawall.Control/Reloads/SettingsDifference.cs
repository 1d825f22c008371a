using Seawall.Control.Settings;

namespace Seawall.Control.Reloads;

/// <summary>Compares the settings in use with those that were read again. Pure.</summary>
internal static class SettingsDifference
{
    private const string Nothing = "(none)";

    /// <summary>What differs, in the order of the keys.</summary>
    internal static IReadOnlyList<SettingChange> Of(SeawallSettings inUse, SeawallSettings read)
    {
        var changes = new List<SettingChange>();
        var before = inUse.Rows.ToDictionary(row => row.Key, StringComparer.Ordinal);
        foreach (var row in read.Rows)
        {
            // A server or an account that is new differs from one that has nothing but defaults.
            var old = before.Remove(row.Key, out var known) ? known.Value : row.Default;
            var hasOtherContents = HasOtherContents(inUse, read, row.Key);
            if (old != row.Value || hasOtherContents)
            {
                changes.Add(new SettingChange(
                    row.Key, Shown(old), Shown(row.Value) + (hasOtherContents ? " (other contents)" : ""),
                    NeedsRestart: !row.ReloadsLive));
            }
        }
        foreach (var gone in inUse.Rows.Where(row => before.ContainsKey(row.Key) && row.Value != row.Default))
            changes.Add(new SettingChange(gone.Key, Shown(gone.Value), Nothing, NeedsRestart: !gone.ReloadsLive));
        return [.. changes, .. Moved(inUse, read)];
    }

    /// <summary>The settings to be used from now on: as read, but what needs a restart stays as it is.</summary>
    internal static SeawallSettings Merge(SeawallSettings inUse, SeawallSettings read)
    {
        var before = inUse.Rows.ToDictionary(row => row.Key, StringComparer.Ordinal);
        return read with
        {
            Engine = read.Engine with { Listen = inUse.Engine.Listen, Loops = inUse.Engine.Loops },
            // A password that the file no longer has stays in use: nobody could log in otherwise.
            Admin = inUse.Admin is { } admin && read.Admin is { } wanted
                ? wanted with { Listen = admin.Listen, Password = wanted.Password ?? admin.Password }
                : inUse.Admin,
            Metrics = inUse.Metrics is { } metrics && read.Metrics is { } other ? other with { Listen = metrics.Listen }
                : inUse.Metrics,
            Log = read.Log with { IsJson = inUse.Log.IsJson },
            Rows = [.. read.Rows.Select(row => row.ReloadsLive ? row : before.GetValueOrDefault(row.Key, row))],
        };
    }

    // Names that lead elsewhere now, although nobody has edited them.
    private static IEnumerable<SettingChange> Moved(SeawallSettings inUse, SeawallSettings read)
    {
        foreach (var server in read.Engine.Servers)
        {
            var key = $"servers.{server.Id}.address";
            var known = inUse.Engine.Servers.FirstOrDefault(other => other.Id == server.Id);
            if (known is not null && known.Endpoint.Text != server.Endpoint.Text
                && ValueOf(inUse, key) == ValueOf(read, key))
                yield return new SettingChange(key, known.Endpoint.Text, server.Endpoint.Text, NeedsRestart: false);
        }
    }

    private static bool HasOtherContents(SeawallSettings inUse, SeawallSettings read, string key) =>
        inUse.Marks.TryGetValue(key, out var old) && read.Marks.TryGetValue(key, out var mark) && old != mark;

    private static string? ValueOf(SeawallSettings settings, string key) =>
        settings.Rows.FirstOrDefault(row => row.Key == key)?.Value;

    private static string Shown(string value) => value.Length == 0 ? Nothing : value;
}
