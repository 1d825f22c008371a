namespace Seawall.Engine.Facts.Topology;

/// <summary>What somebody has decided about a server: an operator, or those who wrote the settings.</summary>
public enum ServerDuty : byte
{
    /// <summary>It finishes what it has, and gets nothing new; after that it is drained.</summary>
    Draining,

    /// <summary>It gets nothing new for a while.</summary>
    Ejected,
}

/// <summary>A server that gets nothing new, because somebody has said so.</summary>
/// <param name="Duty">What was decided.</param>
/// <param name="By">By whom.</param>
/// <param name="SinceMs">When, in the loops' milliseconds.</param>
/// <param name="UntilMs">When it ends: what is left of a drain is cut off then, and an ejected server comes back; null: when somebody says so.</param>
/// <param name="IsOfSettings">Whether the settings say so: then it ends when they do not any more.</param>
public sealed record DutyFacts(ServerDuty Duty, string By, long SinceMs, long? UntilMs, bool IsOfSettings = false)
{
    /// <summary>It in a word.</summary>
    public string Word => Duty switch
    {
        ServerDuty.Draining => "draining",
        ServerDuty.Ejected => "ejected",
    };
}
