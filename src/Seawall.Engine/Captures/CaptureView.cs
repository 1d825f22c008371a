namespace Seawall.Engine.Captures;

/// <summary>How it stands with a capture.</summary>
public enum CaptureState : byte
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It has ended in good order.</summary>
    Ended,

    /// <summary>It could not be written any further.</summary>
    Failed,
}

/// <summary>A capture, as it looks from outside.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">How it stands with it.</param>
/// <param name="IsWindow">Whether everything is captured; otherwise connections, and transactions drawn by chance.</param>
/// <param name="OneIn">In a window: one of so many connections.</param>
/// <param name="Since">When it began.</param>
/// <param name="Until">When it is to end, or has ended; null: nobody has said.</param>
/// <param name="Connections">Connections in it.</param>
/// <param name="Commands">Commands in it.</param>
/// <param name="Dropped">Records that were lost because the disk was slower than the clients.</param>
/// <param name="Bytes">Bytes on the disk.</param>
/// <param name="BytesMax">How many there may be.</param>
/// <param name="Path">Its files without their numbers.</param>
/// <param name="Reason">Why it has ended; empty while it runs.</param>
public sealed record CaptureView(
    string Name, CaptureState State, bool IsWindow, uint OneIn, DateTimeOffset Since, DateTimeOffset? Until, long Connections, long Commands,
    long Dropped, long Bytes, long BytesMax, string Path, string Reason);

/// <summary>What came of starting or stopping a capture.</summary>
/// <param name="IsDone">Whether it was done.</param>
/// <param name="Words">What was done, or why not.</param>
public readonly record struct CaptureResult(bool IsDone, string Words);

/// <summary>What capturing has come to since the start of the process.</summary>
/// <param name="Running">Whether a capture runs.</param>
/// <param name="Connections">Connections that were written.</param>
/// <param name="Commands">Commands that were written.</param>
/// <param name="Dropped">Records that were lost.</param>
/// <param name="Bytes">Bytes that were written.</param>
/// <param name="Failed">Captures that could not be written any further.</param>
public readonly record struct CaptureTotals(bool Running, long Connections, long Commands, long Dropped, long Bytes, long Failed);
