namespace Seawall.Rehearsal.Floods;

/// <summary>A try that did not succeed.</summary>
/// <param name="AtMs">When it began, after its request was due.</param>
/// <param name="TookMs">How long it took until that was known.</param>
/// <param name="What">Why, in the words of <see cref="FloodLedger.Errors"/>.</param>
public readonly record struct FloodTry(double AtMs, double TookMs, string What);

/// <summary>One request, and what became of it.</summary>
/// <param name="ofClass">Its class, by its place in the plan.</param>
/// <param name="step">Its step.</param>
/// <param name="dueSeconds">When it was due.</param>
/// <param name="workMs">What it takes of an idle server.</param>
public sealed class FloodFate(int ofClass, int step, double dueSeconds, double workMs)
{
    /// <summary>Tries that are kept: who comes back for ever is not kept for ever.</summary>
    private const int TriesKept = 8;

    private List<FloodTry>? _failed;

    /// <summary>Its class, by its place in the plan.</summary>
    public int Class { get; } = ofClass;

    /// <summary>Its step.</summary>
    public int Step { get; } = step;

    /// <summary>When it was due.</summary>
    public double DueSeconds { get; } = dueSeconds;

    /// <summary>What it takes of an idle server.</summary>
    public double WorkMs { get; } = workMs;

    /// <summary>When it was answered, after it was due; null when it never was.</summary>
    public double? AnsweredMs { get; internal set; }

    /// <summary>The tries that did not succeed, the first few of them.</summary>
    public IReadOnlyList<FloodTry> Failed => _failed ?? [];

    internal void Note(FloodTry failed)
    {
        if ((_failed ??= []).Count < TriesKept)
            _failed.Add(failed);
    }
}
