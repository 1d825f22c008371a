namespace Seawall.Engine.Deferrals;

/// <summary>What a journal's files say, read once when it is opened.</summary>
internal sealed class JournalPast
{
    /// <summary>The largest file that is believed to be a segment: several times what any is made to hold.</summary>
    private const long SegmentBytesBelieved = 1L << 30;

    private readonly Dictionary<ulong, DeferredStatement> _statements = [];
    private readonly List<Settlement> _ended = [];
    private readonly Dictionary<ulong, ulong> _segmentOf = [];

    private JournalPast()
    {
    }

    /// <summary>The journal's number; null when nothing of it is there.</summary>
    internal ulong? Journal { get; private set; }

    /// <summary>The number of the next statement.</summary>
    internal ulong NextNumber { get; private set; } = 1;

    /// <summary>The segments, oldest first, with their bytes and whether all of them could be read.</summary>
    internal List<(ulong Number, string Path, long Bytes, bool IsTorn)> Segments { get; } = [];

    /// <summary>What has not ended, in order.</summary>
    internal IReadOnlyList<DeferredStatement> Unsettled => [.. _statements.Values.OrderBy(statement => statement.Number)];

    /// <summary>What has ended, and is still there to be read.</summary>
    internal IReadOnlyList<Settlement> Ended => _ended;

    /// <summary>The segment of a statement that has not ended: the last that it was written to.</summary>
    internal ulong SegmentOf(ulong number) => _segmentOf[number];

    /// <summary>Reads all segments. Throws <see cref="IOException"/> when the files are not a journal's.</summary>
    internal static JournalPast Read(JournalFiles files)
    {
        var past = new JournalPast();
        foreach (var (number, path) in files.Segments())
        {
            if (new FileInfo(path).Length > SegmentBytesBelieved)
                throw new IOException($"{path} is larger than any segment of a journal (deferral.folder)");
            past.ReadSegment(number, path, File.ReadAllBytes(path));
        }
        return past;
    }

    private void ReadSegment(ulong number, string path, ReadOnlySpan<byte> bytes)
    {
        var total = bytes.Length;
        if (JournalCodec.Read(bytes, out var length) is SegmentHead head)
        {
            if (Journal is { } known && known != head.Journal)
                throw new IOException($"{path} belongs to another journal than those before it (deferral.folder)");
            Journal = head.Journal;
            NextNumber = Math.Max(NextNumber, head.NextNumber);
            bytes = bytes[length..];
            while (JournalCodec.Read(bytes, out length) is { } record)
            {
                Note(record, number);
                bytes = bytes[length..];
            }
        }
        // What was written ahead is zeros, and nobody's.
        var isTorn = bytes.ContainsAnyExcept((byte)0);
        Segments.Add((number, path, isTorn ? total : total - bytes.Length, isTorn));
    }

    private void Note(JournalRecord record, ulong segment)
    {
        switch (record)
        {
            case Accepted { Statement: var statement }:
                _statements[statement.Number] = statement with { Journal = Journal!.Value };
                _segmentOf[statement.Number] = segment;
                NextNumber = Math.Max(NextNumber, statement.Number + 1);
                break;
            case Settled settled when _statements.Remove(settled.Number, out var statement):
                _ended.Add(new Settlement(statement, settled.End, settled.Code, settled.Message));
                _segmentOf.Remove(settled.Number);
                break;
        }
    }
}
