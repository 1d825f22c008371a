using System.Globalization;

namespace Seawall.Bench.Replicas;

/// <summary>What is to be measured of replicas, how long, and where it goes.</summary>
internal sealed record ReplicasPlan(bool IsQuick, bool IsDrawn, HashSet<string> Parts, string[] Kinds, string Results, string Plots, string Commit)
{
    internal static readonly string[] AllParts = ["cost", "cascade"];

    /// <summary>
    /// What the cascade is measured through: Seawall, without any place for reads of replicas at the primary, without a budget for them, without one
    /// and without any other limit; HAProxy.
    /// </summary>
    internal static readonly string[] AllWays = ["seawall", "nospill", "unbudgeted", "unlimited", "haproxy"];

    /// <summary>What a replica is asked before each read: nothing, or whether it is up to date; or it is read from through Seawall.</summary>
    internal static readonly string[] Checks = ["none", "status", "wait", "seawall"];

    /// <summary>Reads a second, of which a replica with one processor to itself can do all.</summary>
    internal double[] Rates => OnlyRates ?? (IsQuick ? [300, 1_000] : [300, 1_000, 2_000]);

    internal double[]? OnlyRates { get; private init; }

    internal double CostSeconds => IsQuick ? 2 : 4;

    /// <summary>What runs: through what, how many replicas are lost, and the reads, of what all of them can do.</summary>
    internal (string Way, int Lost, double Load)[] Falls => OnlyFalls ?? (IsQuick
        ? [("seawall", 1, 0.9), ("seawall", 3, 0.8), ("nospill", 3, 0.8), ("unbudgeted", 3, 0.8), ("haproxy", 3, 0.8)]
        : [("seawall", 1, 0.6), ("seawall", 1, 0.9), ("seawall", 3, 0.8), ("nospill", 1, 0.9), ("nospill", 3, 0.8), ("unbudgeted", 3, 0.8),
            ("haproxy", 3, 0.8)]);

    internal (string Way, int Lost, double Load)[]? OnlyFalls { get; private init; }

    /// <summary>To settle, before, lost, and afterwards: that includes what a server takes to start again.</summary>
    internal static (int Settle, int Before, int Lost, int After) Seconds(int lost) => (3, 15, 10, lost == 1 ? 13 : 20);

    /// <summary>How long after their return reads must be back.</summary>
    internal const double RecoverSeconds = 5;

    /// <summary>The primary's own work, of what it can do: with half of that and more it has nothing to give, and gives nothing.</summary>
    internal double OwnLoad { get; private init; } = 0.3;

    /// <summary>What keeps servers of the cascade from doing more.</summary>
    internal Bottleneck Bottleneck { get; private init; } = Bottleneck.Locks;

    /// <summary>Which part of what may run there the primary takes over, in hundredths (reads.spill_share): as it comes, or less, or more.</summary>
    internal int SpillShare { get; private init; } = 10;

    /// <summary>
    /// How long a statement has its lock. With short ones, most of which are given up on, requests wait their turn for one of the generator's
    /// connections until they are due, and that is what is measured: decision 153.
    /// </summary>
    internal double HeldMs { get; private init; } = 15;

    /// <summary>Whether clients of the cascade say in each statement how long they still wait for it, whatever it goes through.</summary>
    internal bool SaysDeadlines { get; private init; }

    internal static ReplicasPlan? Read(string[] options)
    {
        var plan = new ReplicasPlan(false, false, [.. AllParts], ["mariadb", "mysql97"], "replicas", ".", "unknown");
        for (var i = 0; i < options.Length; i++)
        {
            var value = i + 1 < options.Length ? options[i + 1] : null;
            switch (options[i])
            {
                case "--quick":
                    plan = plan with { IsQuick = true };
                    continue;
                case "--draw":
                    plan = plan with { IsDrawn = true };
                    continue;
                case "--deadlines":
                    plan = plan with { SaysDeadlines = true };
                    continue;
                case "--only" when value is not null:
                    plan = plan with { Parts = [.. value.Split(',')] };
                    break;
                case "--kinds" when value is not null:
                    plan = plan with { Kinds = value.Split(',') };
                    break;
                case "--rates" when value is not null:
                    plan = plan with { OnlyRates = [.. value.Split(',').Select(rate => double.Parse(rate, CultureInfo.InvariantCulture))] };
                    break;
                case "--falls" when value is not null:
                    plan = plan with { OnlyFalls = [.. value.Split(',').Select(fall => FallOf(fall.Split(':')))] };
                    break;
                case "--own" when value is not null:
                    plan = plan with { OwnLoad = double.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--share" when value is not null:
                    plan = plan with { SpillShare = int.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--held" when value is not null:
                    plan = plan with { HeldMs = double.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--capacity" when value is "locks" or "any-lock" or "quota":
                    plan = plan with { Bottleneck = value == "locks" ? Bottleneck.Locks : value == "quota" ? Bottleneck.Quota : Bottleneck.AnyLock };
                    break;
                case "--results" when value is not null:
                    plan = plan with { Results = value };
                    break;
                case "--plots" when value is not null:
                    plan = plan with { Plots = value };
                    break;
                case "--commit" when value is not null:
                    plan = plan with { Commit = value };
                    break;
                default:
                    Console.Error.WriteLine($"Seawall.Bench replicas: what is '{options[i]}'?");
                    return null;
            }
            i++;
        }
        if (plan.Parts.Except(AllParts).FirstOrDefault() is { } part)
        {
            Console.Error.WriteLine($"Seawall.Bench replicas: no part '{part}'; there are {string.Join(", ", AllParts)}");
            return null;
        }
        if (plan.Falls.Select(fall => fall.Way).Except(AllWays).FirstOrDefault() is { } way)
        {
            Console.Error.WriteLine($"Seawall.Bench replicas: no way '{way}'; there are {string.Join(", ", AllWays)}");
            return null;
        }
        return plan;
    }

    private static (string Way, int Lost, double Load) FallOf(string[] parts) =>
        (parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), double.Parse(parts[2], CultureInfo.InvariantCulture));
}

/// <summary>What keeps a server of the cascade from doing more.</summary>
internal enum Bottleneck
{
    /// <summary>Each statement has the lock that its row says, for so long: a queue for each lock.</summary>
    Locks,

    /// <summary>The same, but it takes whichever is free, as processors do.</summary>
    AnyLock,

    /// <summary>A share of the processor.</summary>
    Quota,
}
