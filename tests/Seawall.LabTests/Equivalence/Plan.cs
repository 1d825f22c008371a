using System.Globalization;
using Seawall.LabTests.Lab;

namespace Seawall.LabTests.Equivalence;

/// <summary>How much is to be compared. <c>./test equivalence</c> says it by an environment variable.</summary>
internal sealed record Plan
{
    private const string Variable = "SEAWALL_EQUIVALENCE";

    /// <summary>Steps on each server; the run ends with the world that reaches it.</summary>
    internal long Steps { get; init; } = 4_000;

    /// <summary>The first world's seed; the next ones have the next numbers.</summary>
    internal int Seed { get; init; } = 1;

    /// <summary>Sessions that a world has, one after the other.</summary>
    internal int Scripts { get; init; } = 100;

    /// <summary>Sessions at one time.</summary>
    internal int Sessions { get; init; } = 24;

    /// <summary>Connections in the pool of each account; 0 chooses for each world.</summary>
    internal int Pool { get; init; }

    /// <summary>The one server, or null for all.</summary>
    internal LabKind? Server { get; init; }

    /// <summary>Whether Seawall reads from two replicas of the server.</summary>
    internal bool AreReplicasReadFrom { get; init; }

    /// <summary>How many differences to look for before it gives up: each is shrunk and reported.</summary>
    internal int DifferencesMax { get; init; } = 1;

    /// <summary>
    /// How often a schema's content is brought back before it is given up: each waits a second for a lock. On a machine that is short of
    /// time a connection may take that long to be cleaned, several times.
    /// </summary>
    internal int PrepareAttemptsMax { get; init; } = Ground.AttemptsMax;

    /// <summary>Steps with such a text are left out: to look behind a difference that is known already.</summary>
    internal string? Skip { get; init; }

    /// <summary>A file with the lines of a report, to be played again instead; or <c>script:N</c>, that one of the first world alone.</summary>
    internal string? Report { get; init; }

    /// <summary>Whether the environment says anything.</summary>
    internal bool IsChosen { get; init; }

    /// <summary>What the environment says, or the short plan.</summary>
    internal static Plan FromEnvironment()
    {
        var words = Environment.GetEnvironmentVariable(Variable) ?? "";
        var plan = new Plan { IsChosen = words.Length > 0 };
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (word.Split('=')[0], word[(word.IndexOf('=') + 1)..]);
            plan = name switch
            {
                "steps" => plan with { Steps = long.Parse(value, CultureInfo.InvariantCulture) },
                "seed" => plan with { Seed = Number(value) },
                "sessions" => plan with { Sessions = Number(value) },
                "pool" => plan with { Pool = Number(value) },
                "replicas" => plan with { AreReplicasReadFrom = Number(value) > 0 },
                "differences" => plan with { DifferencesMax = Number(value) },
                "report" => plan with { Report = value },
                "skip" => plan with { Skip = value },
                "server" => plan with { Server = Enum.GetValues<LabKind>().Single(kind => kind.Word() == value) },
                _ => throw new ArgumentException(
                    $"{Variable} has no '{name}'; it has steps, seed, sessions, pool, replicas, differences, skip, report and server"),
            };
        }
        return plan;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
