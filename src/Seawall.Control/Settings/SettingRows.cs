using System.Collections.Immutable;
using System.Globalization;

namespace Seawall.Control.Settings;

/// <summary>Writes out what a document sets, key by key, as people may see it.</summary>
internal static class SettingRows
{
    /// <summary>What stands in place of a password.</summary>
    internal const string Masked = "(secret)";

    /// <summary>A row for each key of each section that there is.</summary>
    internal static IReadOnlyList<SettingRow> Of(SettingsDocument document, SettingsSource source)
    {
        var rows = new List<SettingRow>();
        foreach (var name in SettingKeys.Sections)
        {
            if (!SettingKeys.Lists.Contains(name))
            {
                Add(rows, document.Section(name), name, source);
                continue;
            }
            foreach (var item in document.List(name))
                Add(rows, item, $"{name}.{item.Text(name == "accounts" ? "user" : "name")}", source);
        }
        return rows;
    }

    private static void Add(List<SettingRow> rows, SettingsSection section, string path, SettingsSource source)
    {
        foreach (var key in SettingKeys.Of(section.Name))
        {
            var value = section.Values.GetValueOrDefault(key.Name);
            rows.Add(new SettingRow(
                $"{path}.{key.Name}",
                value is null ? key.Default : Shown(key, value.Value),
                key.Default,
                value is null ? "default" : source.Path is null ? source.Name : $"{source.Name}:{value.Line}",
                key.ReloadsLive,
                key.Meaning));
        }
    }

    private static string Shown(SettingKey key, object value) => key.Kind switch
    {
        SettingKind.Secret => Masked,
        SettingKind.Number => ((long)value).ToString(CultureInfo.InvariantCulture),
        SettingKind.Flag => (bool)value ? "true" : "false",
        SettingKind.TextList => $"[{string.Join(", ", ((ImmutableArray<string>)value).Select(text => $"\"{text}\""))}]",
        SettingKind.Text or SettingKind.Choice => (string)value,
    };
}
