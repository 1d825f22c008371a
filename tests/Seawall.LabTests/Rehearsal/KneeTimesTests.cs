using System.Text.Json;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// <c>seawall rehearse knee</c> where it is about how fast connects are. Nothing else runs beside this (lab/test-times.tsv).
/// </summary>
public sealed class KneeTimesTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // What is planted here is in the network: the server behind it is the same.
    [Fact]
    public async Task A_network_that_lets_fewer_connects_through_lowers_the_knee()
    {
        const int fail = 1;
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        await using var relay = new TurnstileRelay(server.Port, perSecond: 10);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        await File.WriteAllTextAsync(budgets, """
            [budgets]
            connect_p99_ms_max = 1500
            refused_percent_max = 5
            recovery_seconds_max = inf
            connection_memory_percent = inf
            """, Cancel);
        string[] words =
        [
            "rehearse", "knee", "--old", Dsn(server.Port), "--new", Dsn(relay.Port), "--budgets", budgets, "--driver", "mysql2",
            "--i-mean", mark.Name, "--from", "5", "--rate-max", "50", "--step-seconds", "2", "--json", json, "--quiet",
        ];
        var result = await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), words), TimeSpan.FromMinutes(5), Cancel);

        Assert.True(result.Status == fail, result.ToString());
        using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        var first = verdict.RootElement.GetProperty("sections")[0].GetProperty("measures")[0];
        Assert.Equal(("knee: the highest rate of connects", "fail"), (first.GetProperty("name").GetString(), first.GetProperty("result").GetString()));
    }

    private static string Dsn(int port) => $"mysql://seawall:seawall@127.0.0.1:{port}";
}
