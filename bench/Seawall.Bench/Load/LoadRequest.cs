namespace Seawall.Bench.Load;

/// <summary>What the load process is to do next; one line of JSON.</summary>
/// <param name="Kind"><c>statements</c>, <c>logins</c>, <c>idle</c> (log in and stay) or <c>leave</c>.</param>
/// <param name="Port">Where to connect.</param>
/// <param name="Clients">How many at once.</param>
/// <param name="WarmMs">How long it runs before anything is counted.</param>
/// <param name="Ms">How long it is counted.</param>
/// <param name="Pid">The process whose CPU time is read at both ends of that time; 0 for none.</param>
/// <param name="Tls"><c>full</c>: each login makes a handshake of its own; <c>resumed</c>: all after the first resume it.</param>
/// <param name="CountsSyscalls">Whether that process's system calls are counted meanwhile, which costs it time.</param>
internal sealed record LoadRequest(
    string Kind, int Port, int Clients, int WarmMs = 0, int Ms = 0, int Pid = 0, bool CountsSyscalls = false, string Tls = "off");

/// <summary>What came of it.</summary>
internal sealed record LoadReply
{
    /// <summary>Statements or logins that succeeded while they were counted; for <c>idle</c>, clients that are in.</summary>
    public long Done { get; init; }

    /// <summary>What went wrong, from the very beginning.</summary>
    public long Failed { get; init; }

    /// <summary>The first thing that went wrong.</summary>
    public string? Problem { get; init; }

    public double Seconds { get; init; }

    public double P50Us { get; init; }

    public double P99Us { get; init; }

    /// <summary>CPU time of the watched process, in microseconds for each.</summary>
    public double CpuUsEach { get; init; }

    /// <summary>System calls of the watched process for each; null when they were not counted.</summary>
    public double? SyscallsEach { get; init; }

    public double PerSecond => Seconds > 0 ? Done / Seconds : 0;
}
