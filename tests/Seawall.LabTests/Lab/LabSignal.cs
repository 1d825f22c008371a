using System.Runtime.InteropServices;

namespace Seawall.LabTests.Lab;

/// <summary>Signals by Linux's numbers, which are the same on every architecture that .NET runs on.</summary>
public enum LabSignal
{
    Hangup = 1,
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

internal static partial class LabSignals
{
    public static void Send(this LabSignal signal, int pid)
    {
        // A process that is gone already is what most signals are for.
        const int noSuchProcess = 3;
        if (Kill(pid, (int)signal) != 0 && Marshal.GetLastPInvokeError() != noSuchProcess)
            throw new InvalidOperationException($"kill -{signal} {pid}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public static void SendToGroup(this LabSignal signal, int leader) => signal.Send(-leader);

    /// <summary>
    /// Whether a process runs. One that has ended and waits for its parent to notice (a zombie) does not.
    /// </summary>
    public static bool Runs(int pid) => LabProcess.Stat(pid) is { } stat && stat[0] is not ("Z" or "X");

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

internal static class LabProcess
{
    /// <summary>
    /// The fields of /proc/PID/stat after the name, which may hold anything: state first (see proc(5)).
    /// </summary>
    public static string[]? Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null; // It was gone, or went while it was read.
        }
    }

    /// <summary>User and system time of all its threads so far, in steps of 10 ms.</summary>
    public static double CpuSeconds(int pid)
    {
        // utime and stime are fields 14 and 15 of the page; the name is the second. Their unit, USER_HZ, is 100 on
        // Linux.
        const int user = 11, system = 12;
        const double ticksPerSecond = 100;
        var stat = Stat(pid) ?? throw new InvalidOperationException($"process {pid} is gone");
        return (ulong.Parse(stat[user], null) + ulong.Parse(stat[system], null)) / ticksPerSecond;
    }
}
