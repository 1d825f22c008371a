namespace Seawall.Bench.Overload;

/// <summary>What is to be measured of overload, how long, and where it goes.</summary>
internal sealed record OverloadPlan(bool IsQuick, HashSet<string> Parts, string Results, string Plots, string Commit, int Running,
    double[]? OnlyLoads, HashSet<string>? OnlyWays)
{
    internal static readonly string[] AllParts = ["sweep", "ramp", "spike", "clients"];

    /// <summary>What may run at the server at one time: twice its one core, and one more, since most statements take only a millisecond.</summary>
    internal const int RunningDefault = 3;

    /// <summary>How long what was before may go on in what is counted.</summary>
    internal const double SettleSeconds = 2;

    internal double[] Loads => OnlyLoads ?? (IsQuick ? [1, 3, 10] : [0.5, 0.8, 1, 1.2, 1.5, 2, 3, 5, 10]);

    internal double SweepSeconds => IsQuick ? 3 : 8;

    /// <summary>The way up; the way down has the same steps.</summary>
    internal double[] Ramp => IsQuick ? [0.5, 2, 10] : [0.5, 0.8, 1, 1.5, 2, 3, 5, 10];

    internal double RampSeconds => IsQuick ? 2.5 : 5;

    internal (double Before, double Spike, double After) SpikeSeconds => (SettleSeconds + SpikeCounted, 5, SpikeRest + SpikeCounted + SettleSeconds);

    /// <summary>How long is counted before the spike, and as long after it, of the same requests.</summary>
    internal double SpikeCounted => IsQuick ? 6 : 10;

    /// <summary>How long after the spike what is counted begins.</summary>
    internal double SpikeRest => IsQuick ? 6 : 20;

    /// <summary>
    /// How often spikes are run through Seawall: ten seconds on either side of a spike differ by a tenth by chance, and one such number says
    /// little. Other ways, where it goes to nothing, once.
    /// </summary>
    internal int SpikeSeeds { get; private init; } = 5;

    /// <summary>In times of what the server can do.</summary>
    internal const double SpikeBase = 0.8, SpikeTop = 4, EndlessBase = 0.5, EndlessTop = 2;

    /// <summary>Nothing is measured, and what was is drawn.</summary>
    internal bool IsDrawn { get; private init; }

    internal bool Measures(string way) => OnlyWays?.Contains(way) ?? true;

    internal bool Has(string part) => Parts.Contains(part) && !(IsQuick && part == "clients");

    internal static OverloadPlan? Read(string[] options)
    {
        var plan = new OverloadPlan(false, [.. AllParts], "overload", ".", "unknown", RunningDefault, null, null);
        for (var i = 0; i < options.Length; i++)
        {
            switch (options[i])
            {
                case "--quick":
                    plan = plan with { IsQuick = true };
                    continue;
                case "--draw":
                    plan = plan with { IsDrawn = true };
                    continue;
                case "--only" when i + 1 < options.Length:
                    plan = plan with { Parts = [.. options[++i].Split(',')] };
                    continue;
                case "--results" when i + 1 < options.Length:
                    plan = plan with { Results = options[++i] };
                    continue;
                case "--plots" when i + 1 < options.Length:
                    plan = plan with { Plots = options[++i] };
                    continue;
                case "--commit" when i + 1 < options.Length:
                    plan = plan with { Commit = options[++i] };
                    continue;
                case "--loads" when i + 1 < options.Length:
                    plan = plan with
                    {
                        OnlyLoads = [.. options[++i].Split(',').Select(load => double.Parse(load, System.Globalization.CultureInfo.InvariantCulture))],
                    };
                    continue;
                case "--ways" when i + 1 < options.Length:
                    plan = plan with { OnlyWays = [.. options[++i].Split(',')] };
                    continue;
                case "--seeds" when i + 1 < options.Length && int.TryParse(options[i + 1], out var seeds) && seeds is > 0 and < 100:
                    plan = plan with { SpikeSeeds = seeds };
                    i++;
                    continue;
                case "--running" when i + 1 < options.Length && int.TryParse(options[i + 1], out var running) && running > 0:
                    plan = plan with { Running = running };
                    i++;
                    continue;
            }
            Console.Error.WriteLine($"no option '{options[i]}'");
            return null;
        }
        foreach (var part in plan.Parts.Except(AllParts))
        {
            Console.Error.WriteLine($"no part '{part}'; there are: {string.Join(' ', AllParts)}");
            return null;
        }
        return plan;
    }
}
