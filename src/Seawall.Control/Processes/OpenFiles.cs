using Microsoft.Extensions.Logging;
using Seawall.Control.Settings;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Control.Processes;

/// <summary>
/// How many files and sockets the process may have open. Each client is one, and each server connection. Without enough
/// of them clients would hang in the kernel's queue, with no word from anybody.
/// </summary>
internal sealed class OpenFiles(long limit)
{
    /// <summary>
    /// For everything that is neither a client nor a server connection: the runtime's own (about 60), loops, listeners,
    /// log, monitors, admin clients and scrapers.
    /// </summary>
    internal const int Reserve = 160;

    /// <summary>
    /// With fewer than this no front door makes sense; whoever has no more finds out from the kernel.
    /// </summary>
    private const int ClientsMin = 16;

    /// <summary>What the process may open.</summary>
    internal long Limit { get; } = limit;

    /// <summary>
    /// Raises the soft limit to the hard one, which needs no rights, and returns what is allowed then.
    /// </summary>
    internal static unsafe OpenFiles Raise()
    {
        var limits = stackalloc ulong[2];
        if (Libc.getrlimit(Libc.RLIMIT_NOFILE, limits) != 0)
            return new OpenFiles(long.MaxValue);
        var (soft, hard) = (limits[0], limits[1]);
        limits[0] = hard;
        if (soft < hard && Libc.setrlimit(Libc.RLIMIT_NOFILE, limits) == 0)
            soft = hard;
        return new OpenFiles((long)Math.Min(soft, long.MaxValue));
    }

    /// <summary>What settings need when every limit in them is reached.</summary>
    internal static long NeededBy(SeawallSettings settings) =>
        (long)settings.Engine.Clients.CountMax + ConnectionsOf(settings) + Reserve;

    /// <summary>The settings, with fewer clients when there are too few open files for all of them; says so.</summary>
    internal SeawallSettings Fit(SeawallSettings settings, ILogger logger)
    {
        var needed = NeededBy(settings);
        if (needed <= Limit)
            return settings;
        var wanted = settings.Engine.Clients.CountMax;
        var max = (int)Math.Min(wanted, Math.Max(ClientsMin, Limit - ConnectionsOf(settings) - Reserve));
        ControlLog.TooFewOpenFiles(logger, Limit, needed, wanted, max);
        return settings with
        {
            Engine = settings.Engine with { Clients = settings.Engine.Clients with { CountMax = max } },
        };
    }

    private static long ConnectionsOf(SeawallSettings settings) =>
        settings.Engine.Servers.Sum(server => (long)server.ConnectionsMax);
}
