using System.Text.Json;
using MySqlConnector;
using Seawall.Captures.Records;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// The tests of a real framework and its applications (Django: accounts, sessions, pages, migrations, transactions and savepoints), captured by the front
/// door and replayed: the same statements in the same transactions, with the same answers, and the same rows afterwards.
/// </summary>
public sealed class ApplicationReplayTests(LabServers lab)
{
    private const int Pass = 0, NotToBeHad = 3;

    // Somewhat less than there are of the tests named below.
    private const int StatementsMin = 5_000, TransactionsMin = 200;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private static readonly string[] s_tests =
    [
        // All of the transactions but two threads that deadlock each other: who of them is the victim is chance.
        .. ((string[])["Atomic", "AtomicInsideTransaction", "AtomicWithoutAutocommit", "AtomicMerge", "AtomicErrors", "AtomicMisc", "NonAutocommit", "Durable"])
            .Select(one => $"transactions.tests.{one}Tests"),
        "basic", "many_to_many", "get_or_create", "lookup", "aggregation", "sessions_tests", "contenttypes_tests", "flatpages_tests",
        "redirects_tests",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_tests_of_Django_leave_on_both_servers_what_they_have_left_on_their_own()
    {
        var django = await DjangoAsync();
        var folder = lab.NewFolder();
        await using var origin = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var old = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var @new = await lab.StartAsync(LabKind.MariaDb, Cancel);
        LabResult tests;
        await using (var seawall = await SeawallUnderTest.StartAsync(origin, Cancel, options => options with { Capture = LabCapture.Into(folder) }))
        {
            Assert.True(seawall.Engine.Captures.Start("run", null, 1).IsDone);
            tests = await TestAsync(django, seawall.Port);
            await LabCapture.StopAsync(seawall, Cancel);
        }
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        var (budgets, json) = (Path.Combine(folder, "budgets.toml"), Path.Combine(folder, "verdict.json"));
        await File.WriteAllTextAsync(budgets, "[budgets]\nslower_digests_max = inf\n", Cancel);
        var result = await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
            "rehearse", "replay", "--old", Dsn(old), "--new", Dsn(@new), "--capture", Path.Combine(folder, "run"), "--budgets", budgets, "--quiet",
            "--json", json, "--speed", "10", "--write", "--i-mean", oldMark.Name, "--i-mean", newMark.Name), s_patience, Cancel);

        Assert.Contains("\nOK (", tests.Errors, StringComparison.Ordinal);
        Assert.True(result.Status == Pass, result.ToString());
        var left = await SumsAsync(origin);
        Assert.True(left.Length > 20, $"{left.Length} tables");
        Assert.Equal(left, await SumsAsync(old));
        Assert.Equal(left, await SumsAsync(@new));
        var commands = LabCapture.Read(folder, "run").OfType<CommandEvent>().ToArray();
        var transactions = commands.Where(one => one.Figures.Transaction > 0)
            .Select(one => (one.Figures.Connection, one.Figures.Transaction)).Distinct().Count();
        var captured = Connections(commands);
        TestContext.Current.SendDiagnosticMessage("{0}: {1} statements on {2} connections, {3} transactions",
            tests.Errors.Split('\n').FirstOrDefault(line => line.StartsWith("Ran ", StringComparison.Ordinal)) ?? "",
            captured.Sum(one => one.Length), captured.Length, transactions);
        Assert.True(captured.Sum(one => one.Length) > StatementsMin && transactions > TransactionsMin, $"{captured.Sum(one => one.Length)} {transactions}");
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.DoesNotContain("commands of the capture", report.NotTested(), StringComparison.Ordinal);
    }

    // What each connection was sent, in its order, transactions and savepoints among it.
    private static string[][] Connections(IEnumerable<CommandEvent> commands) =>
    [
        .. commands.Where(one => one.Figures.Command == CommandKind.Query).GroupBy(one => one.Figures.Connection)
            .Select(group => group.OrderBy(one => one.Figures.StartUs).Select(LabCapture.Text).ToArray())
            .Where(texts => texts.Length > 0),
    ];

    private static async Task<string[]> SumsAsync(LabServer server)
    {
        var tables = await server.AskAsync("select group_concat('`', table_schema, '`.`', table_name, '`' order by table_schema, table_name) "
            + "from information_schema.tables where table_schema like 'django\\_%'", Cancel);
        await using var client = await server.ConnectAsync(Cancel);
        await using var command = new MySqlCommand($"checksum table {tables}", client);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var sums = new List<string>();
        while (await reader.ReadAsync(Cancel))
            sums.Add($"{reader.GetValue(0)} {reader.GetValue(1)}");
        return [.. sums];
    }

    private static async Task<string> DjangoAsync()
    {
        var install = await LabProgram.RunAsync(new LabCommand(LabFolders.Script("suites/install"), "django"), s_patience, Cancel);
        Assert.SkipWhen(install.Status == NotToBeHad, install.Errors);
        install.ShouldSucceed();
        var home = Path.Combine(LabFolders.Sources, "python-django");
        return Directory.GetDirectories(home).Single();
    }

    private static Task<LabResult> TestAsync(string django, int port) => LabProgram.RunAsync(
        new LabCommand("/usr/bin/python3",
            ["-W", "ignore", "runtests.py", "--settings=seawall_settings", "--parallel=1", "--keepdb", "--noinput", .. s_tests])
        {
            Folder = Path.Combine(django, "tests"),
            Environment = new Dictionary<string, string>
            {
                ["SEAWALL_PORT"] = $"{port}",
                ["PYTHONPATH"] = $"{LabFolders.Script("suites/django")}:{django}",
                ["PYTHONDONTWRITEBYTECODE"] = "1",
            },
        }, s_patience, Cancel);

    private static string Dsn(LabServer server) => $"mysql://seawall:seawall@127.0.0.1:{server.Port}";
}
