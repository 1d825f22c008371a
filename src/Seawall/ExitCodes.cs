namespace Seawall;

/// <summary>What the program's exit status means; documented in docs/operating.md.</summary>
internal static class ExitCodes
{
    /// <summary>Done; after <c>run</c>: everybody had finished.</summary>
    internal const int Done = 0;

    /// <summary>The settings are wrong, or something that they name cannot be had.</summary>
    internal const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    internal const int Usage = 2;

    /// <summary><c>rehearse</c>: nothing failed, and something could not be told.</summary>
    internal const int Inconclusive = 2;

    /// <summary><c>run</c> was told to end, and somebody was cut off when the time was over.</summary>
    internal const int SomebodyCutOff = 4;

    /// <summary>A bug: nobody expected this (<c>EX_SOFTWARE</c> of sysexits.h).</summary>
    internal const int Bug = 70;

    /// <summary>Says why the command line makes no sense, and returns <see cref="Usage"/>.</summary>
    internal static int SayUsage(params IEnumerable<string> problems)
    {
        foreach (var problem in problems)
            Console.Error.WriteLine($"seawall: {problem}");
        Console.Error.WriteLine("Run 'seawall --help', or 'seawall VERB --help'.");
        return Usage;
    }

    /// <summary>Ended at once by a second signal: as a shell reports a process that a signal ended.</summary>
    internal static int OfSignal(int number) => 128 + number;
}
