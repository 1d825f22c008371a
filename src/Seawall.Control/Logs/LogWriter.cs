using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Seawall.Control.Logs;

/// <summary>
/// Writes lines from a thread of its own. Whoever logs only puts a line into a queue: a loop must not wait for a disk,
/// or for whoever reads the pipe. When the queue is full lines are lost, and their number is told as soon as there is
/// room.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    /// <summary>Lines in one write, besides the first.</summary>
    private const int LinesMax = 256;

    /// <summary>Lines that wait; at 200 bytes each, 2 MB.</summary>
    internal const int QueueMax = 8192;

    /// <summary>
    /// How long the end waits for what is queued: a pipe that nobody reads must not keep the process.
    /// </summary>
    private static readonly TimeSpan s_endMax = TimeSpan.FromSeconds(2);

    private readonly BlockingCollection<string> _queue = new(QueueMax);
    private readonly Stream _to;
    private readonly Func<long, string> _lostLine;
    private readonly Thread _thread;
    private long _lost;
    private long _lostInAll;
    private bool _isTorn;

    /// <summary>A writer; <paramref name="lostLine"/> makes the line that tells how many were lost.</summary>
    internal LogWriter(Stream to, Func<long, string> lostLine)
    {
        _to = to;
        _lostLine = lostLine;
        _thread = new Thread(Run) { Name = "log", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Lines that were lost so far and not told of.</summary>
    internal long Lost => Volatile.Read(ref _lost);

    /// <summary>Lines that were lost since the start.</summary>
    internal long LostInAll => Interlocked.Read(ref _lostInAll);

    /// <summary>Takes a line, or counts it as lost. Never waits. From any thread.</summary>
    internal void Write(string line)
    {
        if (_queue.IsAddingCompleted || !TryAdd(line))
            Lose(1);
    }

    /// <summary>Writes what is queued, within limits, and ends.</summary>
    public void Dispose()
    {
        if (_queue.IsAddingCompleted)
            return;
        _queue.CompleteAdding();
        _thread.Join(s_endMax); // Beyond that the thread, which is in the background, ends with the process.
    }

    private bool TryAdd(string line)
    {
        try
        {
            return _queue.TryAdd(line);
        }
        catch (InvalidOperationException)
        {
            return false; // The end came between the question and this.
        }
    }

    private void Lose(long lines)
    {
        Interlocked.Add(ref _lost, lines);
        Interlocked.Add(ref _lostInAll, lines);
    }

    private void Run()
    {
        var text = new StringBuilder();
        foreach (var line in _queue.GetConsumingEnumerable())
        {
            var lines = 1;
            if (_isTorn)
                text.Append('\n'); // A disk that is nearly full takes half a line.
            text.Append(line).Append('\n');
            // What has gathered meanwhile goes in one write; the number bounds how much of it is in memory twice.
            for (; lines <= LinesMax && _queue.TryTake(out var next); lines++)
                text.Append(next).Append('\n');
            var lost = Interlocked.Exchange(ref _lost, 0);
            if (lost > 0)
                text.Append(CultureInfo.InvariantCulture, $"{_lostLine(lost)}\n");
            _isTorn = !TryWrite(text.ToString());
            if (_isTorn)
            {
                Interlocked.Add(ref _lost, lost);
                Lose(lines);
            }
            text.Clear();
        }
    }

    private bool TryWrite(string text)
    {
        try
        {
            _to.Write(Encoding.UTF8.GetBytes(text));
            _to.Flush();
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return false; // Whoever read has gone, or the disk is full. The data path does not stop for it.
        }
    }
}
