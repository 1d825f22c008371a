using System.Collections.Immutable;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;

namespace Seawall.Control.Settings;

/// <summary>Makes what can be switched off for a while of the section <c>[[brownouts]]</c>.</summary>
internal sealed class BrownoutComposer(SettingsComposer composer, SettingsDocument document)
{
    internal ImmutableArray<BrownoutGroup> Compose()
    {
        var groups = ImmutableArray.CreateBuilder<BrownoutGroup>();
        foreach (var section in document.List("brownouts"))
        {
            groups.Add(GroupOf(section, composer.NameOf(section, "group", groups.Select(group => group.Name))));
        }
        foreach (var section in document.List("classes"))
        {
            foreach (var unknown in section.List("groups", []).Where(name => !groups.Any(group => group.Name == name)))
                composer.Complain(section, "groups", $"classes.groups: there is no group \"{unknown}\" in [[brownouts]]");
        }
        return groups.ToImmutable();
    }

    /// <summary>The pace that a section sets.</summary>
    internal static PaceLimits PaceOf(SettingsSection section) => new(
        section.Number("pace_per_second"), section.Number("pace_burst"), section.Number("pace_wait_ms_max"));

    private BrownoutGroup GroupOf(SettingsSection section, string name)
    {
        var action = section.Text("action") switch
        {
            "share" => BrownoutAction.Share,
            "slow" => BrownoutAction.Slow,
            "cache" => BrownoutAction.Cache,
            _ => BrownoutAction.Off,
        };
        return new BrownoutGroup
        {
            Name = name,
            Level = section.Number("level"),
            Action = action,
            Share = section.Number("share"),
            KeepMsMax = action == BrownoutAction.Cache ? section.Number("keep_ms_max") : 0,
            Pace = action is BrownoutAction.Slow or BrownoutAction.Cache ? PaceOf(section) : null,
            Classes = [.. section.List("classes", []).Select(word => ClassOf(section, word)).OfType<StatementClass>()],
        };
    }

    private StatementClass? ClassOf(SettingsSection section, string word)
    {
        foreach (var which in StatementClasses.OfClients)
        {
            if (StatementClasses.Word(which) == word)
                return which;
        }
        composer.Complain(section, "classes", $"brownouts.classes: \"{word}\" is no class: critical, normal, low or background");
        return null;
    }
}
