using System.Globalization;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Seawall.Rehearsal.Reports;

/// <summary>What the new server may be worse by: a TOML file in the user's repository, table <c>[budgets]</c>.</summary>
internal sealed record Budgets
{
    /// <summary>Round trips of a login, more by so many percent.</summary>
    public double RoundTripsPercent { get; init; } = 5;

    /// <summary>Packets of a login.</summary>
    public double PacketsPercent { get; init; } = 10;

    /// <summary>Segments of a login that carry bytes.</summary>
    public double SegmentsPercent { get; init; } = 10;

    /// <summary>Processor time of the server for a login.</summary>
    public double ServerCpuPercent { get; init; } = 25;

    /// <summary>Logins that succeed now and fail on the new server, of 100.</summary>
    public double FailingLoginsPercent { get; init; }

    /// <summary>The rate that the new server can take, divided by the peak.</summary>
    public double HeadroomMin { get; init; } = 1.5;

    /// <summary>How much lower the new server's knee may be.</summary>
    public double KneePercent { get; init; } = 10;

    /// <summary>The latency of a connect at the knee, 99 of 100, in milliseconds.</summary>
    public double ConnectP99MsMax { get; init; } = 50;

    /// <summary>Connects refused at the knee, of 100.</summary>
    public double RefusedPercentMax { get; init; } = 0.1;

    /// <summary>How long it may take until connects are as before after a burst.</summary>
    public double RecoverySecondsMax { get; init; } = 10;

    /// <summary>How long it may take until all clients are in again after a restart.</summary>
    public double ReconnectSecondsMax { get; init; } = 10;

    /// <summary>Statements by digest that may fail on the new server and do not on the old one.</summary>
    public double FailingDigestsMax { get; init; }

    /// <summary>Statements that give way to others' locks (errors 1205 and 1213), of 100, more than on the old server.</summary>
    public double LockPercentMax { get; init; } = 0.1;

    /// <summary>Digests that may be slower, certainly and by 20 % at least.</summary>
    public double SlowerDigestsMax { get; init; }

    /// <summary>Digests whose values or numbers of rows may differ.</summary>
    public double ValueDigestsMax { get; init; }

    /// <summary>Digests whose rows may come in another order than the one that they ask for.</summary>
    public double OrderDigestsMax { get; init; }

    /// <summary>Digests whose columns may have another type, collation or name.</summary>
    public double MetadataDigestsMax { get; init; }

    /// <summary>Digests whose warnings may differ.</summary>
    public double WarningDigestsMax { get; init; }

    /// <summary>Digests whose changed rows, AUTO_INCREMENT or flags of the session may differ.</summary>
    public double EffectDigestsMax { get; init; }

    /// <summary>The part of the capture, by time of its statements, that is to be replayed for an answer; below it is unknown.</summary>
    public double CoveragePercentMin { get; init; } = 10;

    /// <summary>Memory of an idle connection, more by so many percent.</summary>
    public double ConnectionMemoryPercent { get; init; } = 25;

    /// <summary>Reads a file's text; null, and why, when it cannot be used.</summary>
    public static Budgets? Read(string toml, out string problem)
    {
        var document = SyntaxParser.Parse(toml);
        problem = document.HasErrors ? document.Diagnostics[0].ToString() : "";
        if (document.HasErrors)
            return null;
        if (document.KeyValues.FirstOrDefault() is { } stray)
        {
            problem = $"{NameOf(stray)} stands before any table, and would be no budget: write [budgets] above it";
            return null;
        }
        // The wrong file, or one that was cut off, would otherwise pass for one that asks for nothing.
        if (!document.Tables.Any())
        {
            problem = "it has no table [budgets]: write [budgets] into it, and below it what the new server may be worse by; alone it stands for the defaults";
            return null;
        }
        var budgets = new Budgets();
        foreach (var table in document.Tables)
        {
            if (table is not TableSyntax || table.Name?.ToString().Trim() != "budgets")
            {
                problem = $"the only table is [budgets], and not [{table.Name?.ToString().Trim()}]";
                return null;
            }
            foreach (var pair in table.Items)
            {
                // A comment on the line comes along; no number has a # in it.
                var text = pair.Value?.ToString().Split('#')[0].Trim() ?? "";
                if (!TryRead(text, out var value))
                {
                    problem = $"budgets.{NameOf(pair)} must be a number that is not negative, or inf for no budget; it is {text}";
                    return null;
                }
                if (budgets.With(NameOf(pair), value) is not { } changed)
                {
                    problem = $"there is no budgets.{NameOf(pair)}; there are {string.Join(", ", Names)}";
                    return null;
                }
                budgets = changed;
            }
        }
        return budgets;
    }

    /// <summary>The keys.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "round_trips_percent", "packets_percent", "segments_percent", "server_cpu_percent", "failing_logins_percent", "headroom_min",
        "knee_percent", "connect_p99_ms_max", "refused_percent_max", "recovery_seconds_max", "reconnect_seconds_max",
        "connection_memory_percent",
        "failing_digests_max", "slower_digests_max", "value_digests_max", "order_digests_max", "metadata_digests_max", "warning_digests_max",
        "effect_digests_max", "lock_percent_max", "coverage_percent_min",
    ];

    // With the white space and comments around it, otherwise.
    private static string NameOf(KeyValueSyntax pair) => pair.Key?.ToString().Trim() ?? "";

    private static bool TryRead(string text, out double value)
    {
        if (text is "inf" or "+inf")
        {
            value = double.PositiveInfinity;
            return true;
        }
        return double.TryParse(text, CultureInfo.InvariantCulture, out value) && value >= 0 && double.IsFinite(value);
    }

    private Budgets? With(string key, double value) => key switch
    {
        "round_trips_percent" => this with { RoundTripsPercent = value },
        "packets_percent" => this with { PacketsPercent = value },
        "segments_percent" => this with { SegmentsPercent = value },
        "server_cpu_percent" => this with { ServerCpuPercent = value },
        "failing_logins_percent" => this with { FailingLoginsPercent = value },
        "headroom_min" => this with { HeadroomMin = value },
        "knee_percent" => this with { KneePercent = value },
        "connect_p99_ms_max" => this with { ConnectP99MsMax = value },
        "refused_percent_max" => this with { RefusedPercentMax = value },
        "recovery_seconds_max" => this with { RecoverySecondsMax = value },
        "connection_memory_percent" => this with { ConnectionMemoryPercent = value },
        "reconnect_seconds_max" => this with { ReconnectSecondsMax = value },
        "failing_digests_max" => this with { FailingDigestsMax = value },
        "slower_digests_max" => this with { SlowerDigestsMax = value },
        "value_digests_max" => this with { ValueDigestsMax = value },
        "order_digests_max" => this with { OrderDigestsMax = value },
        "metadata_digests_max" => this with { MetadataDigestsMax = value },
        "warning_digests_max" => this with { WarningDigestsMax = value },
        "effect_digests_max" => this with { EffectDigestsMax = value },
        "lock_percent_max" => this with { LockPercentMax = value },
        "coverage_percent_min" => this with { CoveragePercentMin = value },
        _ => null,
    };
}
