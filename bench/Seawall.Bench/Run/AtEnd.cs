using System.Runtime.InteropServices;

namespace Seawall.Bench.Run;

/// <summary>
/// What is undone when a part of the benchmark ends, and also when the program is told to end by a signal: servers and folders of the
/// lab outlive it otherwise. Thread-safe.
/// </summary>
internal sealed class AtEnd : IDisposable
{
    private static readonly Lock s_lock = new();
    private static readonly List<AtEnd> s_open = [];
    private static PosixSignalRegistration[]? s_signals;

    private readonly Action _undo;

    private AtEnd(Action undo) => _undo = undo;

    /// <summary>Does it once: when this is disposed of, or at a signal, the last first.</summary>
    internal static AtEnd Do(Action undo)
    {
        var atEnd = new AtEnd(undo);
        lock (s_lock)
        {
            s_signals ??= [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }
                .Select(signal => PosixSignalRegistration.Create(signal, _ => LeaveNothing()))];
            s_open.Add(atEnd);
        }
        return atEnd;
    }

    /// <summary>A folder of its own for a part, and its way out.</summary>
    internal static AtEnd Folder(string prefix, out string path)
    {
        var folder = path = Directory.CreateTempSubdirectory(prefix).FullName;
        return Do(() => Directory.Delete(folder, recursive: true));
    }

    public void Dispose()
    {
        lock (s_lock)
        {
            if (s_open.Remove(this))
                _undo();
        }
    }

    // The signal is not cancelled: the program ends by it when this returns.
    private static void LeaveNothing()
    {
        lock (s_lock)
        {
            foreach (var atEnd in Enumerable.Reverse(s_open))
            {
                try
                {
                    atEnd._undo();
                }
                catch (Exception failure) when (failure is InvalidOperationException or IOException or UnauthorizedAccessException)
                {
                    Console.Error.WriteLine(failure.Message);
                }
            }
            s_open.Clear();
        }
    }
}
