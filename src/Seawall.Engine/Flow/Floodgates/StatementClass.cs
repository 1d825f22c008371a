namespace Seawall.Engine.Flow.Floodgates;

/// <summary>How much a statement matters: when not all can run, those of a lower class wait longer and are refused first.</summary>
public enum StatementClass : byte
{
    /// <summary>P0: Seawall's own questions, on connections of their own. Never waits, never refused.</summary>
    System,

    /// <summary>P1: what must work while anything does.</summary>
    Critical,

    /// <summary>P2: what nobody has said anything about.</summary>
    Normal,

    /// <summary>P3: what people can do without for a while.</summary>
    Low,

    /// <summary>P4: what can be done at another time.</summary>
    Background,
}

/// <summary>The classes, by name and number.</summary>
public static class StatementClasses
{
    /// <summary>How many there are, <see cref="StatementClass.System"/> included.</summary>
    public const int Count = 5;

    /// <summary>Those that clients' statements can have, the most important first.</summary>
    public static IReadOnlyList<StatementClass> OfClients { get; } =
        [StatementClass.Critical, StatementClass.Normal, StatementClass.Low, StatementClass.Background];

    /// <summary>The word that settings, tables, metrics and errors have for it.</summary>
    public static string Word(StatementClass which) => which switch
    {
        StatementClass.System => "system",
        StatementClass.Critical => "critical",
        StatementClass.Normal => "normal",
        StatementClass.Low => "low",
        StatementClass.Background => "background",
    };

    /// <summary>The class of a word, or of its short form (<c>P3</c>), in any case; null when there is none that a client may have.</summary>
    public static StatementClass? Find(ReadOnlySpan<byte> word)
    {
        foreach (var which in OfClients)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(word, Word(which)))
                return which;
        }
        return word is [(byte)'P' or (byte)'p', >= (byte)'1' and <= (byte)'4'] ? (StatementClass)(word[1] - '0') : null;
    }
}
