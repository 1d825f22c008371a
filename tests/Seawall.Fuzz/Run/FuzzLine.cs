using System.Globalization;

namespace Seawall.Fuzz.Run;

/// <summary>What the command line asks for.</summary>
internal sealed record FuzzLine
{
    internal const string Usage = """
        usage: ./test fuzz [--target NAME]... [--minutes N] [--executions N] [--seed S] [--keep FOLDER] [--found FOLDER]
               ./test fuzz --target NAME --replay FILE
               ./test fuzz --steps
               ./test fuzz --list

          --target NAME     what to try inputs at; given again, those; otherwise all, one after the other
          --minutes N       for each target; 1 unless said otherwise
          --executions N    at most so many inputs for each target
          --seed S          what the inputs follow from; otherwise a new one, which is printed
          --short           the run that the tests make: seed 1, and as many inputs as take about two seconds
          --keep FOLDER     writes the inputs that went somewhere new
          --found FOLDER    where an input that breaks something is written; tests/Seawall.Fuzz/Corpus unless said otherwise
          --replay FILE     tries one input
          --steps           counts whether the lexer's steps grow with the length of its text, and no faster

        Exit status: 0 nothing found, 1 something found, 2 wrong words.
        """;

    internal List<string> Targets { get; } = [];

    internal double Minutes { get; private set; } = 1;

    internal long Executions { get; private set; } = long.MaxValue;

    internal int? Seed { get; private set; }

    internal bool IsShort { get; private set; }

    internal bool Lists { get; private set; }

    internal bool CountsSteps { get; private set; }

    internal string? Keep { get; private set; }

    internal string Found { get; private set; } = Path.Combine("tests", "Seawall.Fuzz", "Corpus");

    internal string? Replay { get; private set; }

    /// <summary>Reads the words; null when they make no sense.</summary>
    internal static FuzzLine? Read(string[] words)
    {
        var line = new FuzzLine();
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] is "--short" or "--list" or "--steps")
            {
                line.CountsSteps |= words[i] == "--steps";
                line.IsShort |= words[i] == "--short";
                line.Lists |= words[i] == "--list";
            }
            else if (i + 1 == words.Length || !line.Take(words[i], words[++i]))
                return null;
        }
        return line;
    }

    private bool Take(string option, string value)
    {
        var isNumber = double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= 0;
        switch (option)
        {
            case "--target":
                Targets.Add(value);
                return true;
            case "--minutes":
                Minutes = number;
                return isNumber;
            case "--executions":
                Executions = (long)number;
                return isNumber;
            case "--seed":
                Seed = (int)number;
                return isNumber;
            case "--keep":
                Keep = value;
                return true;
            case "--found":
                Found = value;
                return true;
            case "--replay":
                Replay = value;
                return true;
            default:
                return false;
        }
    }
}
