using Seawall.Engine;
using Seawall.Engine.Flow.Floodgates;

namespace Seawall.Control.Settings;

/// <summary>What works, and is probably not what was meant by those who set what is done under overload.</summary>
internal sealed class OverloadDoubts(SettingsComposer composer, SettingsDocument document)
{
    /// <summary>What MySqlConnector, as an example, waits for an answer when nobody says otherwise.</summary>
    private const int PatienceMs = 30_000;

    /// <summary>What Seawall itself takes, before anybody has come in.</summary>
    private const long LeastMib = 64;

    /// <summary>Keys of groups, and the actions that they are for.</summary>
    private static readonly (string Key, string[] Actions)[] s_ofActions =
    [
        ("share", ["share"]), ("pace_per_second", ["slow", "cache"]), ("pace_burst", ["slow", "cache"]), ("pace_wait_ms_max", ["slow", "cache"]),
        ("keep_ms_max", ["cache"]),
    ];

    /// <summary>Tells all of it.</summary>
    internal void Tell(EngineOptions engine)
    {
        TellOfOff(engine.Overload);
        TellOfWaits();
        TellOfPaces();
        TellOfGroups(engine.Overload);
        TellOfRules(engine.Overload);
        TellOfLimits(engine);
    }

    private void TellOfOff(OverloadOptions overload)
    {
        if (overload.Mode != OverloadMode.Off)
            return;
        if (document.List("brownouts") is [var group, ..])
            composer.Warn(group, "name", "[[brownouts]] does nothing while overload.mode = \"off\"");
        if (document.List("classes").FirstOrDefault(rule => rule.Number("pace_per_second") > 0) is { } rule)
        {
            composer.Warn(rule, "pace_per_second",
                $"classes.pace_per_second = {rule.Number("pace_per_second")} does nothing while overload.mode = \"off\"");
        }
    }

    private void TellOfWaits()
    {
        var overload = document.Section("overload");
        string[] keys = [.. StatementClasses.OfClients.Select(which => $"{StatementClasses.Word(which)}_wait_ms_max"), "defer_ms_max", "lag_wait_ms_max"];
        foreach (var key in keys)
            TellOfWait(overload, key);
        foreach (var rule in document.List("classes"))
        {
            TellOfWait(rule, "pace_wait_ms_max");
            TellOfWait(rule, "defer_ms_max");
        }
        foreach (var group in document.List("brownouts"))
            TellOfWait(group, "pace_wait_ms_max");
    }

    private void TellOfWait(SettingsSection section, string key)
    {
        if (section.Has(key) && section.Number(key) > PatienceMs)
        {
            composer.Warn(section, key, $"{section.Name}.{key} = {section.Number(key)} is longer than many clients wait for an answer ({PatienceMs} ms): "
                + "what is done for those who have given up is done for nothing");
        }
    }

    private void TellOfPaces()
    {
        foreach (var rule in document.List("classes").Where(rule => rule.Number("pace_per_second") == 0))
        {
            foreach (var key in (string[])["pace_burst", "pace_wait_ms_max"])
            {
                if (rule.Has(key))
                    composer.Warn(rule, key, $"classes.{key} = {rule.Number(key)} does nothing without classes.pace_per_second");
            }
        }
    }

    private void TellOfGroups(OverloadOptions overload)
    {
        foreach (var section in document.List("brownouts"))
        {
            var (name, action) = (section.Text("name"), section.Text("action"));
            foreach (var (key, actions) in s_ofActions)
            {
                if (section.Has(key) && !actions.Contains(action))
                    composer.Warn(section, key, $"brownouts.{key} = {section.Number(key)} does nothing with brownouts.action = \"{action}\"");
            }
            if (section.List("classes").IsEmpty && !overload.Rules.Any(rule => rule.Groups.Contains(name)))
                composer.Warn(section, "name", $"[[brownouts]] \"{name}\" cuts nothing down: no rule of [[classes]] names it in groups, and it has no classes");
            if (action == "cache" && overload.KeptBytesMax == 0)
                composer.Warn(section, "action", $"[[brownouts]] \"{name}\" has action = \"cache\", and overload.kept_mib_max = 0: no answer is kept");
        }
    }

    private void TellOfRules(OverloadOptions overload)
    {
        foreach (var (i, section) in document.List("classes").Index())
        {
            var rule = overload.Rules[i];
            if (overload.Rules.Take(i).FirstOrDefault(before => Covers(before, rule)) is { } before)
            {
                composer.Warn(section, "name",
                    $"[[classes]] \"{rule.Name}\" is never used: \"{before.Name}\" comes before it, and fits all that it would fit");
            }
            if (rule is { MayRaise: true, User: null, From: null, Listener: null } && rule.Class != StatementClass.Critical)
            {
                composer.Warn(section, "tags_may_raise", "classes.tags_may_raise = true without user, from or listen: "
                    + "whoever gets in may say of himself that he matters most");
            }
        }
    }

    private void TellOfLimits(EngineOptions engine)
    {
        var (overload, section) = (engine.Overload, document.Section("overload"));
        if (overload is { DeferCountMax: 0, DeferMsMax: > 0 })
        {
            composer.Warn(section, "defer_max", "overload.defer_max = 0: what would be deferred is refused at once; overload.defer_ms_max = 0 is for "
                + "deferring nothing");
        }
        var memoryMib = document.Section("protection").Long("memory_mib_max");
        if (memoryMib is > 0 and < LeastMib && engine.Protection.Mode != OverloadMode.Off)
        {
            composer.Warn(document.Section("protection"), "memory_mib_max",
                $"protection.memory_mib_max = {memoryMib} is less than Seawall itself takes ({LeastMib}): nobody could come in");
        }
        if (overload is not { Mode: not OverloadMode.Off, Limit: LimitMode.Fixed })
            return;
        foreach (var server in document.List("servers").Where(server => server.Number("running_max") > server.Number("connections_max")))
        {
            composer.Warn(server, "running_max", $"servers.running_max = {server.Number("running_max")} is more than servers.connections_max = "
                + $"{server.Number("connections_max")}: so many never run there, and nobody waits for his turn");
        }
    }

    // Whether nothing is left for the other one.
    private static bool Covers(ClassRule rule, ClassRule other) =>
        (rule.User is null || rule.User == other.User) && (rule.Schema is null || rule.Schema == other.Schema)
        && (rule.Listener is null || rule.Listener == other.Listener)
        && (rule.From is null || (other.From is { } from && from.Texts.All(rule.From.Texts.Contains)))
        && (rule.Digests.IsEmpty || (!other.Digests.IsEmpty && other.Digests.All(rule.Digests.Contains)));
}
