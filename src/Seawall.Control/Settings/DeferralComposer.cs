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
        else if (options.Folder.Length > 0)
            LookAt(section, options.Folder);
        return options;
    }

    // It is made at the start, with what is missing above it. That it cannot be written to now is a warning, since it may be another time, or for another
    // user; and a reload in need must not fail because of a disk.
    private void LookAt(SettingsSection section, string folder)
    {
        var there = folder;
        while (!Directory.Exists(there) && !File.Exists(there) && Path.GetDirectoryName(there) is { } above)
            there = above;
        if (!Directory.Exists(there))
            composer.Complain(section, "folder", $"deferral.folder = \"{folder}\": {there} is a file");
        else if (!FileProblems.MayWriteIn(there))
        {
            composer.Warn(section, "folder", $"deferral.folder = \"{folder}\": user {Environment.UserName} may not write in {there}, and until that is so "
                + "nothing can be deferred");
        }
    }

    private ImmutableArray<DeferralRule> Rules()
    {
        var rules = ImmutableArray.CreateBuilder<DeferralRule>();
        foreach (var section in document.List("deferrals"))
        {
            var name = composer.NameOf(section, "rule", rules.Select(rule => rule.Name));
            if (document.Section("deferral").Text("folder").Length == 0)
                composer.Complain(section, "name", $"[[deferrals]] \"{name}\": deferral.folder is not set, so nothing can be deferred");
            rules.Add(new DeferralRule(name, composer.Condition(section, "user"), composer.Condition(section, "schema"))
            {
                Digests = composer.Digests(section),
            });
        }
        return rules.ToImmutable();
    }

    [GeneratedRegex("^[A-Za-z0-9_]{1,64}\\.[A-Za-z0-9_]{1,64}$")]
    private static partial Regex TableName();
}
