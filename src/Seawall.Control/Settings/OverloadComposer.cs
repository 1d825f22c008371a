using System.Collections.Immutable;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;

namespace Seawall.Control.Settings;

/// <summary>Makes what is done under overload of the sections <c>[overload]</c>, <c>[[classes]]</c> and <c>[protection]</c>.</summary>
internal sealed class OverloadComposer(
    SettingsComposer composer, SettingsDocument document, ImmutableArray<Endpoint> listen)
{
    internal OverloadOptions Compose()
    {
        var section = document.Section("overload");
        return new OverloadOptions
        {
            Mode = ModeOf(section),
            Limit = section.Text("limit") == "adaptive" ? LimitMode.Adaptive : LimitMode.Fixed,
            Tenants = TenantsOf(section),
            LongMs = section.Number("long_ms"),
            LongShareMax = section.Number("long_share_max"),
            QueueMaxPerRunning = section.Number("queue_max_per_running"),
            QueueBytesMax = section.Number("queue_bytes_max"),
            Classes = Classes(section),
            TarpitMax = section.Number("tarpit_max"),
            TarpitsStatements = section.Flag("tarpit_statements"),
            DeferMsMax = section.Number("defer_ms_max"),
            DeferRoom = section.Number("defer_room"),
            DeferCountMax = section.Number("defer_max"),
            DeferBytesMax = section.Number("defer_bytes_max"),
            KeptBytesMax = (long)section.Number("kept_mib_max") << 20,
            LagMs = section.Number("lag_ms"),
            LagMsMax = LagMsMaxOf(section),
            LagClass = ClassOf(section.Text("lag_class")),
            LagWaitMsMax = section.Number("lag_wait_ms_max"),
            Rules = Rules(),
            Brownouts = new BrownoutComposer(composer, document).Compose(),
        };
    }

    /// <summary>How Seawall protects itself.</summary>
    internal static ProtectionOptions Protection(SettingsSection section) => new()
    {
        Mode = ModeOf(section),
        MemoryMax = section.Long("memory_mib_max") << 20,
        IdleMsMax = section.Number("idle_ms_max"),
        DelayMsMax = section.Number("delay_ms_max"),
    };

    private static TenantKind TenantsOf(SettingsSection section) => section.Text("tenants") switch
    {
        "none" => TenantKind.None,
        "schema" => TenantKind.Schema,
        "tag" => TenantKind.Tag,
        _ => TenantKind.Account,
    };

    private static OverloadMode ModeOf(SettingsSection section) => section.Text("mode") switch
    {
        "observe" => OverloadMode.Observe,
        "enforce" => OverloadMode.Enforce,
        _ => OverloadMode.Off,
    };

    private int LagMsMaxOf(SettingsSection section)
    {
        var (line, most) = (section.Number("lag_ms"), section.Number("lag_ms_max"));
        if (line > most)
            composer.Complain(section, "lag_ms", $"overload.lag_ms = {line} is more than overload.lag_ms_max = {most}");
        return most;
    }

    private ImmutableArray<ClassLimits> Classes(SettingsSection section)
    {
        ImmutableArray<ClassLimits> classes = [.. Enum.GetValues<StatementClass>().Select(which => LimitsOf(section, which))];
        var guaranteed = StatementClasses.OfClients.Select(which => classes[(int)which].ShareMin).ToArray();
        if (guaranteed.Sum() > 100)
        {
            var keys = StatementClasses.OfClients.Select(which => $"{StatementClasses.Word(which)}_share_min").ToArray();
            composer.Complain(section, keys.FirstOrDefault(section.Has, keys[0]), $"overload.{string.Join(", ", keys)} are {string.Join(" + ", guaranteed)} = "
                + $"{guaranteed.Sum()}: more than 100 hundredths cannot be guaranteed");
        }
        foreach (var which in StatementClasses.OfClients.Skip(1))
        {
            var (higher, lower) = (StatementClasses.Word(which - 1), StatementClasses.Word(which));
            var (more, less) = (classes[(int)which - 1].LoginShare, classes[(int)which].LoginShare);
            if (more < less)
            {
                composer.Complain(section, section.Has($"{higher}_login_share") ? $"{higher}_login_share" : $"{lower}_login_share",
                    $"overload.{higher}_login_share = {more} is less than overload.{lower}_login_share = {less}: who matters less would log in first");
            }
        }
        return classes;
    }

    private ClassLimits LimitsOf(SettingsSection section, StatementClass which)
    {
        if (which == StatementClass.System)
            return ClassLimits.DefaultOf(which);
        var word = StatementClasses.Word(which);
        var limits = new ClassLimits
        {
            WaitMsMax = section.Number($"{word}_wait_ms_max"),
            StandingMsMax = section.Number($"{word}_standing_ms_max"),
            ShareMin = section.Number($"{word}_share_min"),
            ShareMax = section.Number($"{word}_share_max"),
            LoginShare = section.Number($"{word}_login_share"),
            Error = section.Text($"{word}_error") switch
            {
                "1041" => ShedError.OutOfResources,
                "3024" => ShedError.QueryTimeout,
                _ => ShedError.LockWait,
            },
        };
        if (limits.ShareMin > limits.ShareMax)
        {
            composer.Complain(section, $"{word}_share_min",
                $"overload.{word}_share_min = {limits.ShareMin} is more than overload.{word}_share_max = {limits.ShareMax}");
        }
        if (limits.StandingMsMax > limits.WaitMsMax)
        {
            composer.Complain(section, $"{word}_standing_ms_max", $"overload.{word}_standing_ms_max = {limits.StandingMsMax} is more than "
                + $"overload.{word}_wait_ms_max = {limits.WaitMsMax}");
        }
        return limits;
    }

    private ImmutableArray<ClassRule> Rules()
    {
        var rules = ImmutableArray.CreateBuilder<ClassRule>();
        foreach (var section in document.List("classes"))
        {
            var name = composer.NameOf(section, "rule", rules.Select(rule => rule.Name));
            var networks = composer.Networks(section);
            rules.Add(new ClassRule(
                ClassOf(section.Text("class")), composer.Condition(section, "user"), composer.Condition(section, "schema"),
                section.Has("from") ? networks : null, section.Flag("tags_may_raise"))
            {
                Name = name,
                Listener = composer.Listener(section, listen),
                Digests = composer.Digests(section),
                DeferMsMax = section.Number("defer_ms_max") is >= 0 and var deferMs ? deferMs : null,
                Pace = section.Number("pace_per_second") > 0 ? BrownoutComposer.PaceOf(section) : null,
                Groups = section.List("groups", []),
            });
        }
        return rules.ToImmutable();
    }

    private static StatementClass ClassOf(string word) =>
        StatementClasses.OfClients.First(which => StatementClasses.Word(which) == word);
}
