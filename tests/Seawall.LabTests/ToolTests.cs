using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// The tools that come with servers, through Seawall, while somebody else with other settings takes the connections in between: a
/// dump is the one that is made directly, byte by byte, and what is read back from it is what was there.
/// </summary>
public sealed class ToolTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static readonly string[] s_schema =
    [
        "create database tools", "create table tools.t (id int primary key auto_increment, word varchar(40), raw blob, at datetime)",
        "insert into tools.t (word, raw, at) values ('é''\"\\\\\n', x'00ff1a27', '2026-02-03 04:05:06'), (null, null, null)",
        "insert into tools.t (word, raw, at) select word, raw, at from tools.t", "create view tools.v as select id, word from tools.t",
        "create procedure tools.p(in a int, out b int) set b = a + 1",
        "use tools; create trigger g before insert on t for each row set new.at = coalesce(new.at, '2026-01-01')",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, "--single-transaction")]
    [InlineData(LabKind.MariaDb, "--lock-tables --compress")]
    [InlineData(LabKind.MySql97, "--single-transaction --set-gtid-purged=OFF --compression-algorithms=zstd")]
    [InlineData(LabKind.MySql97, "--lock-tables --set-gtid-purged=OFF")]
    public async Task A_dump_is_the_servers_and_can_be_read_back(LabKind kind, string options)
    {
        await lab.RequireAsync(kind == LabKind.MySql97 ? "mysql97" : "mariadb", Cancel);
        await using var server = await lab.StartAsync(kind, Cancel);
        foreach (var sql in s_schema)
            await server.ExecuteAsync(sql, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel,
            each => each with { Pools = each.Pools with { SizeMax = 2, WaitMsMax = 60_000 } });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var neighbour = Task.Factory.StartNew(() => Disturb(seawall.Port, stop.Token), Cancel, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        string[] words = [.. options.Split(' '), "--skip-dump-date", "--skip-comments", "--routines", "tools"];

        var direct = await DumpAsync(kind, server.Port, words);
        var through = await DumpAsync(kind, seawall.Port, words);
        Assert.Contains("INSERT INTO `t`", direct, StringComparison.Ordinal);
        Assert.Equal(direct, through);

        var file = Path.Combine(server.DataFolder, "dump.sql");
        await File.WriteAllTextAsync(file, through, Cancel);
        await server.ExecuteAsync("create database back", Cancel);
        await RunAsync(["bash", "-c", $"file=$1; shift; exec \"$@\" <$file", "-", file, .. Client(kind)], seawall.Port, "back");
        Assert.Equal(direct.Replace("`tools`", "`back`", StringComparison.Ordinal),
            await DumpAsync(kind, seawall.Port, [.. words[..^1], "back"]));
        await stop.CancelAsync();
        await neighbour;
    }

    // Its library takes no error packet with a number of the library's own: it says "Received malformed packet", and nothing else.
    [Fact]
    public async Task MariaDBs_client_says_why_a_transaction_is_lost()
    {
        await lab.RequireAsync("mariadb", Cancel);
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        const string words = "set idle_transaction_timeout = 1; begin; select 1;\n\\! sleep 3\nselect 2;\n";
        string[] client = ["mariadb", "--no-defaults", "--skip-ssl", "-h127.0.0.1", $"-P{seawall.Port}", "-useawall", "-pseawall"];

        var result = await LabProgram.RunAsync(
            new LabCommand("bash", ["-c", $"printf '{words}' | \"$@\"", "-", .. client]), s_patience, Cancel);

        Assert.Contains("ERROR 1927 (70100) at line 3: Lost connection to the server", result.Errors, StringComparison.Ordinal);
        Assert.Contains("[seawall: the statement did not run]", result.Errors, StringComparison.Ordinal);
    }

    private static void Disturb(int port, CancellationToken stop)
    {
        using var client = RawClient.Connect(port, "seawall", "seawall");
        Assert.Null(client.Query("set sql_mode = 'ANSI_QUOTES', time_zone = '+09:00'").Error);
        Assert.Null(client.Query("set names latin1").Error);
        while (!stop.IsCancellationRequested)
            Assert.Equal("+09:00", client.Query("select @@time_zone").FirstValue);
    }

    private static string[] Client(LabKind kind) => kind == LabKind.MySql97
        ? [LabFolders.Script("mysql97"), "mysql", "--get-server-public-key"] : ["mariadb", "--no-defaults", "--skip-ssl"];

    private static async Task<string> DumpAsync(LabKind kind, int port, string[] words) => await RunAsync(kind == LabKind.MySql97
        ? [LabFolders.Script("mysql97"), "mysqldump", "--get-server-public-key"]
        : ["mariadb-dump", "--no-defaults", "--skip-ssl"], port, words);

    private static async Task<string> RunAsync(string[] program, int port, params string[] words)
    {
        string[] arguments = [.. program[1..], "-h127.0.0.1", $"-P{port}", "-useawall", "-pseawall", .. words];
        return (await LabProgram.RunAsync(new LabCommand(program[0], arguments), s_patience, Cancel)).ShouldSucceed().Output;
    }
}
