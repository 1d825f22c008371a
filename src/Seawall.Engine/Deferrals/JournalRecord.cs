namespace Seawall.Engine.Deferrals;

/// <summary>One record of a journal.</summary>
internal abstract record JournalRecord;

/// <summary>The first record of each segment.</summary>
/// <param name="Journal">The journal's number: chance, made with its first segment.</param>
/// <param name="Segment">The segment's number.</param>
/// <param name="NextNumber">The number of the next statement when the segment was made: numbers are never used again.</param>
internal sealed record SegmentHead(ulong Journal, ulong Segment, ulong NextNumber) : JournalRecord;

/// <summary>A statement that was accepted.</summary>
/// <param name="Statement">It, but for the journal's number.</param>
internal sealed record Accepted(DeferredStatement Statement) : JournalRecord;

/// <summary>A statement that needs nothing any more.</summary>
/// <param name="Number">Its number.</param>
/// <param name="End">How it ended.</param>
/// <param name="Code">The server's error number, or 0.</param>
/// <param name="AtUs">When, in microseconds since 1970.</param>
/// <param name="Message">Why, in words.</param>
internal sealed record Settled(ulong Number, DeferralEnd End, ushort Code, long AtUs, string Message) : JournalRecord;
