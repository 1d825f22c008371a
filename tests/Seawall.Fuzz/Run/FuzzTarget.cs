namespace Seawall.Fuzz.Run;

/// <summary>Something that takes bytes of strangers.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Run">Takes an input; throws when what must hold does not. Anything that escapes is a finding.</param>
/// <param name="Seeds">Inputs to begin with: real ones.</param>
public sealed record FuzzTarget(string Name, Action<byte[]> Run, Func<IEnumerable<byte[]>> Seeds)
{
    /// <summary>Words that are put into inputs.</summary>
    public IReadOnlyList<byte[]> Words { get; init; } = [];

    /// <summary>Where packets with headers begin, when the input is made of some: lengths and numbers are played with then.</summary>
    public int? PacketsFrom { get; init; }

    /// <summary>Inputs are not made longer than this.</summary>
    public int LengthMax { get; init; } = 4096;

    /// <summary>How many inputs the short run tries: about two seconds.</summary>
    public int ShortRun { get; init; } = 60_000;
}

/// <summary>What must hold, of which everything that can be asked of strangers' bytes is made.</summary>
public static class Rule
{
    /// <summary>Throws unless it holds.</summary>
    public static void Holds(bool holds, string otherwise)
    {
        if (!holds)
            throw new BrokenRuleException(otherwise);
    }
}

/// <summary>What must hold does not.</summary>
public sealed class BrokenRuleException(string message) : Exception(message);
