namespace Seawall.LabTests.Lab;

/// <summary>sysbench as the account that every lab server has.</summary>
internal static class LabSysbench
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>Does one step (<c>prepare</c>, <c>run</c>, ...) of a test, and gives back what it said.</summary>
    public static async Task<string> RunAsync(
        string test, string step, int port, string schema, string prepared, CancellationToken cancel, params string[] options) =>
        (await LabProgram.RunAsync(
            new LabCommand("sysbench", [test, "--mysql-host=127.0.0.1", $"--mysql-port={port}", "--mysql-user=seawall", "--mysql-password=seawall",
                $"--mysql-db={schema}", $"--db-ps-mode={prepared}", .. options, step]), s_patience, cancel)).ShouldSucceed().Output;
}
