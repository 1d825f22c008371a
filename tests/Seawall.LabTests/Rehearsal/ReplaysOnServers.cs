using System.Globalization;
using System.Text.Json;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>What tests of <c>seawall rehearse replay</c> have in common: a schema, and the command with budgets of its own.</summary>
public abstract class ReplaysOnServers(LabServers lab)
{
    protected const int Pass = 0, Fail = 1, Inconclusive = 2;

    /// <summary>Latency of servers that are the same is asked of no busy machine, but where a test is about it.</summary>
    protected const string NoTimes = "slower_digests_max = inf";

    protected static TimeSpan TimeMax { get; } = TimeSpan.FromMinutes(5);

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected LabServers Servers => lab;

    protected static async Task<string> Schema(LabServer server, string? name = null)
    {
        name ??= $"replay_{Guid.NewGuid():n}"[..20];
        foreach (var sql in new[]
        {
            $"create database {name} character set utf8",
            $"create table {name}.items (id int primary key, name varchar(40), x double, f float, made datetime)",
            $"create table {name}.log (id int auto_increment primary key, value int)",
            $"insert into {name}.items values {string.Join(", ", Enumerable.Range(0, 50).Select(i => string.Create(CultureInfo.InvariantCulture,
                $"({i}, 'item {i}', {i / 3.0}, {i / 7.0}, '2024-01-{(i % 28) + 1:00} 10:00:00')")))}",
        })
        {
            await server.ExecuteAsync(sql, Cancel);
        }
        return name;
    }

    protected async Task<(LabResult Result, JsonDocument Report)> Replay(LabServer old, LabServer @new, string capture, string budgets, params string[] more)
    {
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        var result = await Run(old, @new, capture, budgets, [.. more, "--json", json]);
        Assert.True(File.Exists(json), result.ToString());
        return (result, JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel)));
    }

    protected Task<LabResult> Run(LabServer old, LabServer @new, string capture, string budgets, params string[] more) =>
        LabProgram.RunAsync(
            Command(old, @new, capture, Budgets(budgets), [.. more, "--quiet", "--passes", more.Contains("--write") ? "1" : "2"]), TimeMax, Cancel);

    protected static LabCommand Command(LabServer old, LabServer @new, string capture, string budgets, params string[] more) => new(
        Path.Combine(LabFolders.Repository, "seawall"),
        ["rehearse", "replay", "--old", Dsn(old), "--new", Dsn(@new), "--capture", capture, "--budgets", budgets, .. more]);

    protected string Budgets(string lines)
    {
        var file = Path.Combine(lab.NewFolder(), "budgets.toml");
        File.WriteAllText(file, $"[budgets]\ncoverage_percent_min = 0\n{lines}\n");
        return file;
    }

    protected static string Dsn(LabServer server) => $"mysql://seawall:seawall@127.0.0.1:{server.Port}";
}
