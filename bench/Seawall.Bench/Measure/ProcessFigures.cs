using System.Globalization;

namespace Seawall.Bench.Measure;

/// <summary>What the kernel has counted for a process.</summary>
internal static class ProcessFigures
{
    /// <summary>
    /// Time on a processor, user and system, of all threads that live, in nanoseconds: the first number of
    /// <c>schedstat</c> (Documentation/scheduler/sched-stats.rst). A proxy's threads live as long as it does.
    /// </summary>
    internal static long CpuNs(int pid)
    {
        long sum = 0;
        foreach (var task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            try
            {
                sum += long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // The thread has just ended.
            }
        }
        return sum;
    }

    /// <summary>Memory that is resident, in bytes, files of the program included.</summary>
    internal static long ResidentBytes(int pid) => KiB($"/proc/{pid}/smaps_rollup", "Rss:") * 1024;

    private static long KiB(string file, string name)
    {
        foreach (var line in File.ReadLines(file))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return long.Parse(line[name.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
        }
        throw new InvalidOperationException($"no '{name}' in {file}");
    }
}
