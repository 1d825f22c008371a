using System.Buffers;
using System.Collections.Concurrent;

namespace Seawall.Engine.Deferrals;

/// <summary>
/// A journal on this machine's disk. One thread writes: all that has come since its last write goes out in one, and is acknowledged when
/// the disk has it. Ends go with the next statement, so that one client who asks again and again waits for one flush each time. When a write
/// fails it takes nothing more until a restart, because nobody can tell what a disk has after that.
/// </summary>
/// <remarks>
/// Segments are deleted from the oldest on, when all statements of one have ended: what a later one says of an end is good for as long as
/// the statement can be read. When few of the oldest still wait, they are written once more, at the end, so that they do not keep the rest.
/// </remarks>
internal sealed class LocalJournal : IDeferralJournal
{
    /// <summary>Pieces that go out in one write: beyond it the first would wait for nothing but company.</summary>
    private const int BatchMax = 1_000;

    /// <summary>
    /// How long ends wait for a statement to share its write with: nobody is told of them, and one that is lost is found again at the server.
    /// Longer than the time between two statements of one client, and short for the rows that stay at the server meanwhile.
    /// </summary>
    private const int EndsWaitMs = 100;

    /// <summary>Pieces that wait to be written: more than a disk writes in the time that anybody waits for an answer.</summary>
    private const int QueueMax = 100_000;

    /// <summary>Segments of a full journal: enough that room comes back in small steps.</summary>
    private const int SegmentsWanted = 8;

    /// <summary>What is written ahead in a segment at most: a thousand statements of a usual size, in the time of a few flushes.</summary>
    private const int StepMax = 256 * 1024;

    private readonly JournalFiles _files;
    private readonly IDisposable _lock;
    private readonly TimeProvider _time;
    private readonly DeadLetterBox _dead;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly ArrayBufferWriter<byte> _one = new();
    private readonly List<Segment> _segments = [];
    private readonly Dictionary<ulong, Open> _open = [];
    private readonly BlockingCollection<object> _queue = new(QueueMax);
    private readonly ulong _journal;
    private readonly Thread? _thread;
    private readonly Func<long> _bytesMax;
    private Action<IReadOnlyList<DeferredStatement>> _accepted = _ => { };
    private Action<IReadOnlyList<Settlement>> _settled = _ => { };
    private JournalFiles.JournalFile _file;
    private ulong _next;
    private long _bytes;
    private long _flushes;
    private volatile JournalState _state;
    private string? _problem;

    private LocalJournal(JournalFiles files, IDisposable held, JournalPast past, Func<long> bytesMax, TimeProvider time, ulong seed, bool isInline)
    {
        _files = files;
        _lock = held;
        _time = time;
        _bytesMax = bytesMax;
        _journal = past.Journal ?? seed;
        _next = past.NextNumber;
        _dead = new DeadLetterBox(files);
        Unsettled = past.Unsettled;
        Ended = past.Ended;
        DeadLetters = [.. _dead.Letters.Select(letter =>
            (letter.Settlement with { Statement = letter.Settlement.Statement with { Journal = _journal } }, letter.AtUs))];
        foreach (var (number, path, bytes, isTorn) in past.Segments)
        {
            if (!isTorn && new FileInfo(path).Length > bytes)
                JournalFiles.CutOff(path, bytes);
            _segments.Add(new Segment(number, path) { Bytes = bytes, IsTorn = isTorn });
            _bytes += bytes;
        }
        foreach (var statement in Unsettled)
        {
            var segment = _segments.Find(segment => segment.Number == past.SegmentOf(statement.Number))!;
            _open.Add(statement.Number, new Open(statement, segment));
            segment.Waiting++;
        }
        _file = NewSegment();
        DropOldest();
        _state = new JournalState(_bytes, bytesMax(), _open.Count, null);
        _thread = isInline ? null : new Thread(WriteAll) { Name = "deferral-journal", IsBackground = true };
    }

    /// <inheritdoc/>
    public IReadOnlyList<DeferredStatement> Unsettled { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<Settlement> Ended { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<(Settlement Settlement, long AtUs)> DeadLetters { get; }

    /// <inheritdoc/>
    public JournalState State => _state;

    /// <summary>Segments whose end could not be read when the journal was opened: a crash, or a damaged disk.</summary>
    internal IReadOnlyList<string> Torn => [.. _segments.Where(segment => segment.IsTorn).Select(segment => segment.Path)];

    /// <summary>
    /// Opens the journal of a folder, or makes one, with <paramref name="seed"/> for its number. Throws <see cref="IOException"/> when that
    /// cannot be done. <paramref name="isInline"/>: writes where it is asked to, for a simulated world.
    /// </summary>
    internal static LocalJournal OpenIn(JournalFiles files, Func<long> bytesMax, TimeProvider time, ulong seed, bool isInline = false)
    {
        var held = files.Lock();
        try
        {
            return new LocalJournal(files, held, JournalPast.Read(files), bytesMax, time, seed, isInline);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Start(Action<IReadOnlyList<DeferredStatement>> accepted, Action<IReadOnlyList<Settlement>> settled)
    {
        _accepted = accepted;
        _settled = settled;
        (Unsettled, Ended) = ([], []);
        _thread?.Start();
    }

    /// <inheritdoc/>
    public void Accept(Acceptance acceptance)
    {
        if (_thread is null)
            Write([acceptance]);
        else if (!TryAdd(acceptance))
            acceptance.End(AcceptanceResult.Failed, $"{QueueMax} pieces wait to be written already, or Seawall is going down");
    }

    /// <inheritdoc/>
    public void Settle(Settlement settlement)
    {
        if (_thread is null)
            Write([settlement]);
        else
            TryAdd(settlement); // An end that is not written down is found again at the server.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.CompleteAdding();
        if (_thread is { ThreadState: var state } && (state & ThreadState.Unstarted) == 0)
            _thread.Join();
        _file.Dispose();
        _dead.Dispose();
        _lock.Dispose();
        _queue.Dispose();
    }

    private bool TryAdd(object piece)
    {
        try
        {
            return _queue.TryAdd(piece);
        }
        catch (InvalidOperationException)
        {
            return false; // It is being closed.
        }
    }

    private void WriteAll()
    {
        var batch = new List<object>();
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            batch.Add(first);
            Gather(batch);
            Write(batch);
            batch.Clear();
        }
    }

    // All that is there; and as long as nobody waits for an answer, what comes.
    private void Gather(List<object> batch)
    {
        var began = _time.GetTimestamp();
        var isAwaited = batch[0] is Acceptance;
        while (batch.Count < BatchMax)
        {
            var leftMs = isAwaited ? 0 : EndsWaitMs - (int)_time.GetElapsedTime(began).TotalMilliseconds;
            if (!_queue.TryTake(out var more, Math.Max(0, leftMs)))
                return;
            batch.Add(more);
            isAwaited |= more is Acceptance;
        }
    }

    private void Write(IReadOnlyList<object> batch)
    {
        _buffer.ResetWrittenCount();
        var accepted = new List<Acceptance>();
        var settled = new List<Settlement>();
        var next = _next;
        foreach (var piece in batch)
        {
            if (piece is Settlement settlement && _problem is null && _open.ContainsKey(settlement.Statement.Number))
                settled.Add(settlement);
            else if (piece is Acceptance acceptance && TryWrite(acceptance, ref next))
                accepted.Add(acceptance);
        }
        var carried = accepted.Count + settled.Count > 0 ? Carry(settled) : [];
        var nowUs = NowUs;
        foreach (var end in settled)
            JournalCodec.Write(_buffer, new Settled(end.Statement.Number, end.End, end.Code, nowUs, end.Message));
        if (_buffer.WrittenCount > 0)
            PutDown(accepted, settled, carried, next, nowUs);
        _state = new JournalState(_bytes, _bytesMax(), _open.Count, _problem) { Flushes = _flushes };
    }

    private bool TryWrite(Acceptance acceptance, ref ulong next)
    {
        if (_problem is not null)
        {
            acceptance.End(AcceptanceResult.Failed, _problem);
            return false;
        }
        acceptance.Number(_journal, next);
        _one.ResetWrittenCount();
        var size = JournalCodec.Write(_one, new Accepted(acceptance.Statement));
        if (_bytes + _buffer.WrittenCount + size > _bytesMax())
        {
            acceptance.End(AcceptanceResult.Full);
            return false;
        }
        _buffer.Write(_one.WrittenSpan);
        next++;
        return true;
    }

    // Those of the oldest segment that still wait, when they are few, and the journal is half full.
    private List<Open> Carry(List<Settlement> settled)
    {
        var oldest = _segments[0];
        if (_bytes < _bytesMax() / 2 || oldest == _segments[^1] || oldest.Waiting == 0)
            return [];
        var ending = settled.Select(end => end.Statement.Number).ToHashSet();
        var open = _open.Values.Where(entry => entry.Segment == oldest && !ending.Contains(entry.Statement.Number)).ToList();
        if (open.Sum(entry => (long)entry.Statement.Bytes) > oldest.Bytes / 4)
            return [];
        foreach (var entry in open)
            JournalCodec.Write(_buffer, new Accepted(entry.Statement));
        return open;
    }

    private void PutDown(List<Acceptance> accepted, List<Settlement> settled, List<Open> carried, ulong next, long nowUs)
    {
        try
        {
            foreach (var end in settled.Where(end => end.End != DeferralEnd.Applied))
                _dead.Add(end, nowUs);
            _file.Append(_buffer.WrittenSpan);
            _flushes++;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Fail(accepted, failure);
            return;
        }
        _next = next;
        var segment = _segments[^1];
        segment.Bytes += _buffer.WrittenCount;
        _bytes += _buffer.WrittenCount;
        foreach (var acceptance in accepted)
            _open.Add(acceptance.Statement.Number, new Open(acceptance.Statement, segment));
        segment.Waiting += accepted.Count + carried.Count;
        foreach (var entry in carried)
        {
            entry.Segment.Waiting--;
            entry.Segment = segment;
        }
        foreach (var end in settled)
        {
            if (_open.Remove(end.Statement.Number, out var entry))
                entry.Segment.Waiting--;
        }
        // Before the clients: whoever hears that it is accepted can see it in the lists.
        if (accepted.Count > 0)
            _accepted([.. accepted.Select(acceptance => acceptance.Statement)]);
        foreach (var acceptance in accepted)
            acceptance.End(AcceptanceResult.Accepted);
        if (settled.Count > 0)
            _settled(settled);
        TurnOver();
    }

    private void Fail(List<Acceptance> accepted, Exception failure)
    {
        _problem = $"the journal in {_files.Folder} could not be written, and takes no more until a restart: {failure.Message}";
        // What may have been written of them must not run after a restart: they hear that it will not.
        var isCutOff = _file.CutOff();
        foreach (var acceptance in accepted)
            acceptance.End(isCutOff ? AcceptanceResult.Failed : AcceptanceResult.Unknown, _problem);
    }

    private void TurnOver()
    {
        try
        {
            if (_segments[^1].Bytes > Math.Max(_bytesMax() / SegmentsWanted, 4096))
            {
                var full = _file;
                _file = NewSegment();
                full.Dispose();
            }
            DropOldest();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Fail([], failure);
        }
    }

    private JournalFiles.JournalFile NewSegment()
    {
        var number = _segments.Count > 0 ? _segments[^1].Number + 1 : 1;
        var path = _files.PathOf(number);
        var file = _files.Open(path, isNew: true, (int)Math.Clamp(_bytesMax() / SegmentsWanted / 4, 4096, StepMax));
        var head = new ArrayBufferWriter<byte>();
        JournalCodec.Write(head, new SegmentHead(_journal, number, _next));
        file.Append(head.WrittenSpan);
        _files.Flush();
        _segments.Add(new Segment(number, path) { Bytes = head.WrittenCount });
        _bytes += head.WrittenCount;
        return file;
    }

    // Never the one that is written to: it keeps the journal's number, and that of the next statement.
    private void DropOldest()
    {
        while (_segments is [{ Waiting: 0 } oldest, _, ..])
        {
            // What could not be read may be something: it is for people to judge.
            if (oldest.IsTorn)
                File.Move(oldest.Path, $"{oldest.Path}.torn", overwrite: true);
            else
                File.Delete(oldest.Path);
            // Before the next one goes: an end must not be lost while its statement can come back.
            _files.Flush();
            _segments.RemoveAt(0);
            _bytes -= oldest.Bytes;
        }
    }

    private long NowUs => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private sealed class Segment(ulong number, string path)
    {
        internal ulong Number { get; } = number;

        internal string Path { get; } = path;

        internal long Bytes { get; set; }

        internal int Waiting { get; set; }

        internal bool IsTorn { get; init; }
    }

    private sealed class Open(DeferredStatement statement, Segment segment)
    {
        internal DeferredStatement Statement { get; } = statement;

        internal Segment Segment { get; set; } = segment;
    }
}
