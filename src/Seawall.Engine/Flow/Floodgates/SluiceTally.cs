namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// What one loop has counted at one sluice, by class. Written by the loop alone, so that a statement pays an increment; whoever
/// reads adds up all loops.
/// </summary>
internal sealed class SluiceTally
{
    /// <summary>Statements that came.</summary>
    internal readonly long[] Offered = new long[StatementClasses.Count];

    /// <summary>Statements that passed at once.</summary>
    internal readonly long[] Passed = new long[StatementClasses.Count];

    /// <summary>Statements that could not be held: their transactions were open.</summary>
    internal readonly long[] Continued = new long[StatementClasses.Count];

    /// <summary>Statements that ended.</summary>
    internal readonly long[] Ended = new long[StatementClasses.Count];

    /// <summary>How long those that ended had been running, in milliseconds.</summary>
    internal readonly long[] RanMs = new long[StatementClasses.Count];

    /// <summary>Statements that have begun to run without having waited, less those that ended: with the queues', those that run.</summary>
    internal readonly long[] Entered = new long[StatementClasses.Count];
}
