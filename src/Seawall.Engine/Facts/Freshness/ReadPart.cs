namespace Seawall.Engine.Facts.Freshness;

/// <summary>How much of the reads a replica gets.</summary>
public enum ReadPart : byte
{
    /// <summary>What it can take.</summary>
    Full,

    /// <summary>It has come back: little at first, twice as much each second.</summary>
    Returning,

    /// <summary>Nothing for a while: it is much slower than the others, or fails where they do not.</summary>
    Aside,
}

/// <summary>What a replica has done with reads, since ever.</summary>
/// <param name="Reads">Reads that have ended there.</param>
/// <param name="Failed">Those of them that were errors, or were not answered to the end.</param>
/// <param name="Pace">What they took, each as <see cref="PaceOf"/> has it, in all.</param>
public readonly record struct ReadTally(long Reads, long Failed, long Pace)
{
    /// <summary>The unit of <see cref="Pace"/>: parts of a doubling.</summary>
    public const int Unit = 1024;

    /// <summary>
    /// What a duration counts: its logarithm, because a mean of durations that differ by four orders of magnitude says nothing but how many
    /// of the longest there were. One millisecond is added: differences below that do not matter here.
    /// </summary>
    public static long PaceOf(double ms) => (long)(Math.Log2(1 + Math.Max(0, ms)) * Unit);

    /// <summary>What has come since an earlier one.</summary>
    public ReadTally Since(ReadTally before) => new(Reads - before.Reads, Failed - before.Failed, Pace - before.Pace);

    /// <summary>What a read takes in the middle, in milliseconds; null without reads.</summary>
    public double? TypicalMs => Reads > 0 ? Math.Pow(2, (double)Pace / Reads / Unit) - 1 : null;
}
