using System.Globalization;
using System.Text;
using MySqlConnector;
using Seawall.Captures.Imports;
using Seawall.Captures.Records;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>What the front door has captured of real clients, replayed: the same statements in the same transactions.</summary>
public sealed class CapturedReplayTests(LabServers lab)
{
    private const string Schema = "replayed";
    private const int Tables = 2;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, "disable")]
    [InlineData(LabKind.MySql97, "disable")]
    [InlineData(LabKind.MariaDb, "auto")]
    public async Task A_sysbench_run_leaves_on_both_servers_what_it_has_left_on_its_own(LabKind kind, string prepared)
    {
        await lab.RequireAsync("tools", Cancel);
        var folder = lab.NewFolder();
        var log = Path.Combine(folder, "general.log");
        await using var origin = await lab.StartAsync(kind, Cancel);
        await using var old = await lab.StartAsync(kind, new() { Options = ["--general-log=1", $"--general-log-file={log}"] }, Cancel);
        await using var @new = await lab.StartAsync(kind, Cancel);
        foreach (var server in (LabServer[])[origin, old, @new])
            await server.ExecuteAsync($"create database {Schema}", Cancel);
        await SysbenchAsync("prepare", origin.Port, prepared);
        await CopyAsync(origin, [old, @new]);
        var before = await SumAsync(origin);
        Assert.Equal((before, before), (await SumAsync(old), await SumAsync(@new)));
        await using (var seawall = await SeawallUnderTest.StartAsync(origin, Cancel,
            options => options with { Capture = LabCapture.Into(folder) }))
        {
            Assert.True(seawall.Engine.Captures.Start("run", null, 1).IsDone);
            await SysbenchAsync("run", seawall.Port, prepared);
            await LabCapture.StopAsync(seawall, Cancel);
        }
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        var budgets = Path.Combine(folder, "budgets.toml");
        // What a range holds between others' commits is not the same twice.
        await File.WriteAllTextAsync(budgets, "[budgets]\nslower_digests_max = inf\nvalue_digests_max = inf\n", Cancel);
        var result = await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
            "rehearse", "replay", "--old", Dsn(old), "--new", Dsn(@new), "--capture", Path.Combine(folder, "run"), "--budgets", budgets, "--quiet",
            "--write", "--i-mean", oldMark.Name, "--i-mean", newMark.Name), s_patience, Cancel);

        Assert.True(result.Status == 0, result.ToString());
        var left = await SumAsync(origin);
        Assert.NotEqual(before, left);
        Assert.Equal((left, left), (await SumAsync(old), await SumAsync(@new)));
        var captured = Transactions(folder, "run");
        Assert.True(captured.Length > 20, $"{captured.Length} transactions");
        // An execution stands in the server's log with its values in the text.
        if (prepared == "disable")
            Assert.Equal(captured, Logged(folder, log));
    }

    private static string[] Logged(string folder, string log)
    {
        LabCapture.Import(log, folder, "logged", GeneralLog.Import);
        return Transactions(folder, "logged");
    }

    // Each with the texts of all of its statements, in any order of transactions; not those with which the tables were filled.
    private static string[] Transactions(string folder, string name) =>
    [
        .. LabCapture.Read(folder, name).OfType<CommandEvent>().Where(command => command.Figures.Transaction > 0)
            .GroupBy(command => (command.Figures.Connection, command.Figures.Transaction))
            .Select(group => string.Join('\n', group.Select(LabCapture.Text)))
            .Where(texts => texts.StartsWith("BEGIN", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    private static async Task<string?> SumAsync(LabServer server)
    {
        var sums = new StringBuilder();
        for (var table = 1; table <= Tables; table++)
        {
            sums.Append(CultureInfo.InvariantCulture,
                $"{await server.AskAsync($"select sum(crc32(concat(id, '/', k, '/', c, '/', pad))) from {Schema}.sbtest{table}", Cancel)} ");
        }
        return sums.ToString();
    }

    private static async Task CopyAsync(LabServer from, LabServer[] to)
    {
        await using var client = await from.ConnectAsync(Cancel);
        for (var table = 1; table <= Tables; table++)
        {
            var rows = new List<string>();
            foreach (var server in to)
            {
                await server.ExecuteAsync($"create table {Schema}.sbtest{table} (id int not null auto_increment primary key, "
                    + "k int not null default 0, c char(120) not null default '', pad char(60) not null default '', key (k)) engine=innodb", Cancel);
            }
            await using var command = new MySqlCommand(
                $"select concat('(', id, ',', k, ',', quote(c), ',', quote(pad), ')') from {Schema}.sbtest{table}", client);
            await using (var reader = await command.ExecuteReaderAsync(Cancel))
            {
                while (await reader.ReadAsync(Cancel))
                    rows.Add(reader.GetString(0));
            }
            foreach (var some in rows.Chunk(1_000))
            {
                foreach (var server in to)
                    await server.ExecuteAsync($"insert into {Schema}.sbtest{table} values {string.Join(", ", some)}", Cancel);
            }
        }
    }

    private static string Dsn(LabServer server) => $"mysql://seawall:seawall@127.0.0.1:{server.Port}";

    // So few at a time of so many rows that no two change the same one at the same moment: in which order they would is not the replay's to say.
    private static Task<string> SysbenchAsync(string step, int port, string prepared) => LabSysbench.RunAsync(
        "oltp_read_write", step, port, Schema, prepared, Cancel,
        $"--tables={Tables}", "--table-size=10000", "--threads=4", "--time=3", "--rate=20", "--rand-type=uniform");
}
