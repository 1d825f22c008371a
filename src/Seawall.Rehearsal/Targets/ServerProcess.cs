using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace Seawall.Rehearsal.Targets;

/// <summary>A server's process, where it runs on this machine: its processor time to the nanosecond, and its memory.</summary>
internal sealed partial class ServerProcess(int pid)
{
    private const string Processes = "/proc";

    /// <summary>Its number.</summary>
    public int Pid => pid;

    /// <summary>Processor time of all its threads so far, those that have ended among them; null when it is gone.</summary>
    public TimeSpan? Cpu
    {
        get
        {
            // A process has a clock of its own, by its number: clock_getcpuclockid(3) makes it so, without rights.
            const int scheduled = 2;
            return OperatingSystem.IsLinux() && ReadClock((~pid << 3) | scheduled, out var time) == 0
                ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1e3)
                : null;
        }
    }

    /// <summary>Memory in use, in bytes; null when it is not to be read.</summary>
    public long? Memory
    {
        get
        {
            try
            {
                var line = File.ReadLines($"{Processes}/{pid}/status").FirstOrDefault(one => one.StartsWith("VmRSS:", StringComparison.Ordinal));
                return line?.Split(' ', '\t').FirstOrDefault(word => word.Length > 0 && char.IsDigit(word[0])) is { } kib
                    ? long.Parse(kib, CultureInfo.InvariantCulture) * 1024
                    : null;
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>The server's process that listens where a DSN points, if that is here and may be seen; why there is none, otherwise.</summary>
    public static (ServerProcess? Process, string Missing) Find(Dsn dsn)
    {
        if (!OperatingSystem.IsLinux() || dsn.Socket.Length > 0)
            return (null, $"which process is behind {dsn} is not looked for");
        if (!IsHere(dsn.Host))
            return (null, $"it does not run on this machine ({dsn})");
        try
        {
            var inodes = Listeners("net/tcp", dsn.Port).Concat(Listeners("net/tcp6", dsn.Port)).Select(inode => $"socket:[{inode}]").ToHashSet();
            foreach (var folder in Directory.EnumerateDirectories(Processes))
            {
                if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) || !Holds(folder, inodes))
                    continue;
                var name = NameOf(folder);
                return IsServer(name) ? (new ServerProcess(number), "")
                    : (null, $"'{name}' listens on {dsn}, and what it takes is not what the server behind it takes");
            }
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            // Then it is not known.
        }
        return (null, $"no process that may be seen here listens on {dsn}: it is another user's, or in a container");
    }

    private static bool IsHere(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    // proc(5): the second field is address:port in hexadecimal, the fourth the state (0A listens), the tenth the inode.
    private static IEnumerable<string> Listeners(string file, int port)
    {
        var path = $"{Processes}/{file}";
        return !File.Exists(path) ? [] : File.ReadLines(path).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[3] == "0A" && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal))
            .Select(fields => fields[9]);
    }

    // What listens may be a tunnel, a proxy, or a container's door: what they take is not what the server takes.
    private static bool IsServer(string name) =>
        name.StartsWith("mysqld", StringComparison.Ordinal) || name.StartsWith("mariadbd", StringComparison.Ordinal);

    // A process may call itself anything: on a terminal, it is to say nothing but its name.
    private static string NameOf(string folder) => string.Concat(File.ReadAllText($"{folder}/comm").Trim().Where(letter => !char.IsControl(letter)));

    private static bool Holds(string folder, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFiles($"{folder}/fd").Any(file => new FileInfo(file).LinkTarget is { } target && inodes.Contains(target));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return false; // Another's process, or one that has just ended.
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
