using System.Diagnostics;
using System.Globalization;

namespace Seawall.Bench.Measure;

/// <summary>Counts a process's system calls for a while, with the kernel's tracepoint; strace would change what it counts.</summary>
internal static class SyscallCount
{
    /// <summary>System calls per second, or null when nobody may count here (it takes perf, and root).</summary>
    internal static double? PerSecond(int pid, int milliseconds)
    {
        var seconds = (milliseconds / 1e3).ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("perf",
            ["stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", $"{pid}", "--", "sleep", seconds])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using var perf = Process.Start(start)!;
            var said = perf.StandardError.ReadToEnd();
            perf.WaitForExit();
            foreach (var line in said.Split('\n'))
            {
                if (line.Contains("sys_enter", StringComparison.Ordinal)
                    && long.TryParse(line.Split(',')[0], CultureInfo.InvariantCulture, out var count))
                {
                    return count / (milliseconds / 1e3);
                }
            }
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // There is no perf.
        }
    }
}
