using Microsoft.Extensions.Logging;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Engine.Telemetry;

/// <summary>
/// Says once when the process, or the machine, has no file descriptor left, and once when it has some again. What meets the
/// shortage goes on by itself: listeners turn clients away, dials fail and are tried again. Thread-safe.
/// </summary>
internal sealed class FileShortage(ILogger logger, TimeProvider time) : IFileShortage
{
    /// <summary>Over when none was missing for so long: near the limit each client that leaves would be an end of it.</summary>
    private static readonly TimeSpan s_over = TimeSpan.FromSeconds(1);

    private int _lacks;
    private long _lastAt;
    private long _times;

    /// <inheritdoc/>
    public void Note(int errno)
    {
        Volatile.Write(ref _lastAt, time.GetTimestamp());
        Interlocked.Increment(ref _times);
        if (Interlocked.Exchange(ref _lacks, 1) != 0)
            return;
        if (errno == Libc.ENFILE)
        {
            EngineLog.MachineOutOfFiles(logger);
            return;
        }
        var (soft, hard) = Libc.OpenFileLimits();
        EngineLog.OutOfFiles(logger, soft, hard);
    }

    /// <inheritdoc/>
    public void NoteSuccess()
    {
        if (Volatile.Read(ref _lacks) == 0 || time.GetElapsedTime(Volatile.Read(ref _lastAt)) < s_over)
            return;
        if (Interlocked.Exchange(ref _lacks, 0) == 1)
            EngineLog.FilesAgain(logger, Interlocked.Exchange(ref _times, 0));
    }
}
