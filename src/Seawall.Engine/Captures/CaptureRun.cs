using Seawall.Captures.Files;
using Seawall.Captures.Records;

namespace Seawall.Engine.Captures;

/// <summary>What somebody wants captured.</summary>
/// <param name="Name">The capture's name.</param>
/// <param name="OneIn">One of so many connections in full; 0: connections, and transactions drawn by chance.</param>
/// <param name="Time">For how long; null: until it is stopped.</param>
internal sealed record CaptureWish(string Name, uint OneIn, TimeSpan? Time);

/// <summary>One capture from its beginning to its end: its rings, its files, and the thread that carries from the ones to the others.</summary>
internal sealed class CaptureRun : IDisposable
{
    /// <summary>How often rings are emptied.</summary>
    internal const int EveryMs = 50;

    /// <summary>How often what was gathered goes to the system: so much is lost at most when the process is killed.</summary>
    private const int FlushMs = 500;

    /// <summary>How long loops have to say their last, before the files are closed.</summary>
    private const int FarewellMsMax = 1_000;

    private readonly CaptureOptions _options;
    private readonly TimeProvider _time;
    private readonly CaptureKey? _key;
    private readonly CaptureDrain _drain;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly int _loops;
    private readonly long _began;
    private readonly Action<CaptureRun> _ends;
    private long _flushedAt;
    private long _lookedAt;
    private int _silent;
    private volatile string? _reason;
    private long _reasonAt;

    /// <summary>Begins; throws what the system says.</summary>
    internal CaptureRun(CaptureWish wish, CapturePlan plan, CaptureOptions options, TimeProvider time, int loops, int ringBytes, string server,
        Action<CaptureRun> ends)
    {
        Wish = wish;
        Plan = plan;
        _options = options;
        _time = time;
        _loops = loops;
        _ends = ends;
        _began = _flushedAt = _lookedAt = time.GetTimestamp();
        Since = time.GetUtcNow();
        if (options.KeyFile.Length > 0)
            _key = CaptureKey.Read(options.KeyFile, out var problem) ?? throw new IOException(problem);
        Rings = [.. Enumerable.Range(0, loops).Select(_ => new CaptureRing(ringBytes, () => _wake.Set()))];
        try
        {
            if (FreeBytes() is { } free && free < options.FreeBytesMin)
            {
                throw new IOException(
                    $"'{options.Folder}' has {free >> 20} MiB free, and capture.free_min = {options.FreeBytesMin} bytes are to stay free");
            }
            var writer = new CaptureWriter(new CaptureForm
            {
                Folder = options.Folder,
                Key = _key,
                BytesMax = options.BytesMax,
                Head = new CaptureHead
                {
                    Name = wish.Name,
                    BeganUs = plan.BaseUs,
                    Origin = CaptureOrigin.FrontDoor,
                    KeepsLiterals = options.KeepsLiterals,
                    Seawall = options.Version,
                    Server = server,
                },
            });
            _drain = new CaptureDrain(writer, Rings, options.KeepsLiterals);
            if (wish.OneIn > 0)
            {
                writer.Append(new CaptureWindow { AtUs = plan.BaseUs, Begins = true, OneIn = wish.OneIn });
                writer.Flush();
            }
        }
        catch
        {
            _key?.Dispose();
            _wake.Dispose();
            throw;
        }
    }

    internal CaptureWish Wish { get; }

    internal CapturePlan Plan { get; }

    internal IReadOnlyList<CaptureRing> Rings { get; }

    internal DateTimeOffset Since { get; }

    /// <summary>Whether its files are closed.</summary>
    internal bool IsOver { get; private set; }

    internal CaptureDrain Drain => _drain;

    /// <summary>How it looks.</summary>
    internal CaptureView View { get; private set; } = null!;

    /// <summary>It is to end: loops are told by the caller, and each says <see cref="Farewell"/>.</summary>
    internal bool Stop(string reason)
    {
        if (_reason is not null)
            return false;
        Volatile.Write(ref _reasonAt, _time.GetTimestamp());
        _reason = reason;
        _wake.Set();
        return true;
    }

    /// <summary>A loop puts nothing into its ring any more.</summary>
    internal void Farewell()
    {
        Interlocked.Increment(ref _silent);
        _wake.Set();
    }

    /// <summary>The life of the thread.</summary>
    internal void Carry()
    {
        while (!Step())
            _wake.WaitOne(EveryMs);
    }

    /// <summary>Carries what is there; true when it is over.</summary>
    internal bool Step()
    {
        if (IsOver)
            return true;
        var state = CaptureState.Ended;
        try
        {
            var isLast = _reason is not null
                && (Volatile.Read(ref _silent) >= _loops || Passed(Volatile.Read(ref _reasonAt)) > FarewellMsMax);
            _drain.Take();
            if (isLast)
                _drain.End(NowUs, _reason!);
            else
                SeeLimits();
            Refresh(CaptureState.Running);
            if (!isLast)
                return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            state = CaptureState.Failed;
            _reason = $"it cannot be written: {failure.Message}";
        }
        catch (Exception bug)
        {
            // On a thread of its own: whatever escapes would end the process, and clients must not notice a capture.
            state = CaptureState.Failed;
            _reason = $"a bug in Seawall ({bug.GetType().Name}: {bug.Message}); please report it";
        }
        Close(state);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!IsOver)
            Close(CaptureState.Failed);
        _wake.Dispose();
    }

    /// <summary>Takes down how it looks now. Its own thread's, once that runs.</summary>
    internal void Refresh(CaptureState state) => View = Look(state);

    /// <summary>Looks at it from outside. Any thread.</summary>
    internal CaptureView Look(CaptureState state)
    {
        DateTimeOffset? until = state != CaptureState.Running ? _time.GetUtcNow() : Wish.Time is { } time ? Since + time : null;
        return new CaptureView(Wish.Name, state, Wish.OneIn > 0, Wish.OneIn, Since, until, _drain.Connections, _drain.Commands, _drain.Dropped,
            _drain.Bytes, _options.BytesMax, System.IO.Path.Combine(_options.Folder, Wish.Name), state == CaptureState.Running ? "" : _reason ?? "");
    }

    private void SeeLimits()
    {
        if (Passed(_flushedAt) >= FlushMs)
        {
            _flushedAt = _time.GetTimestamp();
            _drain.Flush(NowUs);
        }
        if (_drain.IsFull)
            _ = StopAndTell($"it has the {_options.BytesMax} bytes that it may have (capture.bytes_max)");
        if (Passed(_lookedAt) < FlushMs)
            return;
        _lookedAt = _time.GetTimestamp();
        if (Wish.Time is { } time && Passed(_began) >= time.TotalMilliseconds)
            _ = StopAndTell("its time is over");
        else if (FreeBytes() is { } free && free < _options.FreeBytesMin)
            _ = StopAndTell($"{free >> 20} MiB are free on its disk, less than capture.free_min = {_options.FreeBytesMin} bytes");
    }

    private bool StopAndTell(string reason)
    {
        if (!Stop(reason))
            return false;
        _ends(this);
        return true;
    }

    private void Close(CaptureState state)
    {
        IsOver = true;
        try
        {
            _drain.Dispose();
        }
        catch (IOException)
        {
            state = CaptureState.Failed; // The disk is full, or gone: what was written is there.
        }
        _key?.Dispose();
        Refresh(state);
        _ends(this);
    }

    private long NowUs => Plan.UsOf(_time.GetTimestamp());

    private double Passed(long since) => _time.GetElapsedTime(since).TotalMilliseconds;

    private long? FreeBytes()
    {
        try
        {
            return new DriveInfo(Directory.Exists(_options.Folder) ? _options.Folder : "/").AvailableFreeSpace;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // Some file systems do not say; writing will.
        }
    }
}
