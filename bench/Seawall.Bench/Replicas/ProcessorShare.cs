using System.Globalization;

namespace Seawall.Bench.Replicas;

/// <summary>
/// A share of one processor for a process, by a control group: so that a server can do a known amount of work, whatever the others do. It has
/// that before all who are in no such group: a server that starts again beside it takes nothing away. Needs root, and groups that may be made.
/// </summary>
internal sealed class ProcessorShare : IDisposable
{
    private const int PeriodUs = 10_000;

    private readonly string _folder;

    private ProcessorShare(string folder) => _folder = folder;

    /// <summary>A group with so much of a processor. Throws <see cref="InvalidOperationException"/> when there can be none.</summary>
    internal static ProcessorShare Make(string name, double share)
    {
        const string old = "/sys/fs/cgroup/cpu", root = "/sys/fs/cgroup";
        var quota = (int)(share * PeriodUs);
        var isOld = File.Exists($"{old}/cpu.cfs_quota_us") || Directory.Exists($"{old}/") && !File.Exists($"{root}/cgroup.controllers");
        var folder = $"{(isOld ? old : root)}/seawall-bench-{Environment.ProcessId}-{name}";
        try
        {
            if (!isOld)
                File.WriteAllText($"{root}/cgroup.subtree_control", "+cpu");
            Directory.CreateDirectory(folder);
            if (isOld)
            {
                File.WriteAllText($"{folder}/cpu.cfs_period_us", Text(PeriodUs));
                File.WriteAllText($"{folder}/cpu.cfs_quota_us", Text(quota));
                File.WriteAllText($"{folder}/cpu.shares", Text(20 * 1024));
            }
            else
            {
                File.WriteAllText($"{folder}/cpu.max", $"{Text(quota)} {Text(PeriodUs)}");
                File.WriteAllText($"{folder}/cpu.weight", Text(20 * 100));
            }
            return new ProcessorShare(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"servers of a known capacity need control groups for processors, which this machine does not let be made: {failure.Message}");
        }
    }

    /// <summary>A process, and all it starts, has this share from now on.</summary>
    internal void Hold(int pid) => File.WriteAllText($"{_folder}/cgroup.procs", Text(pid));

    public void Dispose()
    {
        for (var left = 50; left > 0; left--)
        {
            try
            {
                Directory.Delete(_folder);
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(20); // The last process in it is about to end.
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
