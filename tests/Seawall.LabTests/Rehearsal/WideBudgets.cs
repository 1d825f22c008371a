namespace Seawall.LabTests.Rehearsal;

/// <summary>Budgets for tests that are about something else than what a busy machine takes longer for.</summary>
internal static class WideBudgets
{
    /// <summary>The text of the file, with further lines.</summary>
    internal static string With(params string[] lines) => string.Join('\n',
    [
        "[budgets]", "server_cpu_percent = inf", "connect_p99_ms_max = 60000", "refused_percent_max = 100", "recovery_seconds_max = 60",
        "connection_memory_percent = inf", "slower_digests_max = inf", .. lines,
    ]);
}
