using System.Globalization;
using System.Text;

namespace Seawall.Control.Settings;

/// <summary>Writes the table of all keys: for <c>check --explain</c>, and the same for docs/settings.md.</summary>
public static class SettingsReference
{
    /// <summary>All keys, a table for each section.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        foreach (var section in SettingKeys.Sections)
        {
            var isList = SettingKeys.Lists.Contains(section);
            text.Append(CultureInfo.InvariantCulture,
                $"### {(isList ? $"`[[{section}]]`, one for each" : $"`[{section}]`")}\n\n");
            text.Append("| key | what it is | allowed | default | reload |\n|---|---|---|---|---|\n");
            foreach (var key in SettingKeys.Of(section))
                text.Append(CultureInfo.InvariantCulture,
                    $"| `{key.Name}` | {key.Meaning} | {AllowedOf(key)} | {DefaultOf(key)} | {(key.ReloadsLive ? "yes" : "restart")} |\n");
            text.Append('\n');
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string DefaultOf(SettingKey key) => key.IsRequired ? "*required*" : key.Default.Length > 0
        ? $"`{key.Default}`" : "";

    private static string AllowedOf(SettingKey key) => key.Kind switch
    {
        SettingKind.Number => string.Create(CultureInfo.InvariantCulture, $"{key.Min} to {key.Max}"),
        SettingKind.Flag => "`true`, `false`",
        SettingKind.Choice => string.Join(", ", key.Choices.Select(word => $"`{word}`")),
        SettingKind.TextList => "list of texts",
        SettingKind.Text or SettingKind.Secret => "text",
    };
}
