using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Seawall.Engine.Deferrals;

namespace Seawall.Control.Settings;

/// <summary>Makes what is deferred of the sections <c>[deferral]</c> and <c>[[deferrals]]</c>.</summary>
internal sealed partial class DeferralComposer(SettingsComposer composer, SettingsDocument document)
{
    internal DeferralOptions Compose()
    {
        var section = document.Section("deferral");
        var options = new DeferralOptions
        {
            Folder = section.Text("folder"),
            BytesMax = section.Long("bytes_max"),
            ConnectionsMax = section.Number("connections_max"),
            AgeMsMax = section.Long("age_ms_max"),
            Table = section.Text("table"),
            Rules = Rules(),
        };
        if (!TableName().IsMatch(options.Table))
        {
            composer.Complain(section, "table", $"deferral.table = \"{options.Table}\": write schema.table, both of letters, digits and _");
        }
        if (options.Folder.Length > 0 && !Path.IsPathRooted(options.Folder))
            composer.Complain(section, "folder", $"deferral.folder = \"{options.Folder}\": write the whole path, from / on");
        return options;
    }

    private ImmutableArray<DeferralRule> Rules()
    {
        var rules = ImmutableArray.CreateBuilder<DeferralRule>();
        foreach (var section in document.List("deferrals"))
        {
            var name = section.Text("name");
            if (name.Length is 0 or > 64)
                composer.Complain(section, "name", "a rule of [[deferrals]] has no name, or one of more than 64 letters");
            else if (rules.Any(rule => rule.Name == name))
                composer.Complain(section, "name", $"two rules of [[deferrals]] are named \"{name}\"");
            if (document.Section("deferral").Text("folder").Length == 0)
                composer.Complain(section, "name", $"[[deferrals]] \"{name}\": deferral.folder is not set, so nothing can be deferred");
            rules.Add(new DeferralRule(
                name, section.Has("user") ? section.Text("user") : null, section.Has("schema") ? section.Text("schema") : null)
            {
                Digests = composer.Digests(section),
            });
        }
        return rules.ToImmutable();
    }

    [GeneratedRegex("^[A-Za-z0-9_]{1,64}\\.[A-Za-z0-9_]{1,64}$")]
    private static partial Regex TableName();
}
