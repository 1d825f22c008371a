using System.Text.Json;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// The upgrade that makes every login dearer, directly and through Seawall: what clients pay there is what Seawall's front door takes, and an account whose
/// password it knows (<c>[[accounts]]</c>) proves itself by whatever plugin its driver begins with.
/// </summary>
public sealed class RehearsePoolTests(LabServers lab)
{
    private const int Pass = 0, Fail = 1;

    private const string User = "pool_rehearsal", Password = "Rehearsed-1";

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_5_6_native_to_9_7_sha2_it_fails_directly_and_passes_through_the_pool()
    {
        var old = await lab.SharedAsync(LabKind.MySql56, Cancel);
        var @new = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await Make(old, $"identified by '{Password}'");
        await Make(@new, $"identified with caching_sha2_password by '{Password}'");
        await using var seawall = await StartAsync(@new);

        var (directly, report) = await Everything(old, @new);
        var pooled = await Handshake(old.Port, seawall.Port, "--driver", "mariadb-connector-j-2");

        Assert.True(directly.Status == Fail, directly.ToString());
        Assert.Contains(
            "begun with mysql_native_password, and the server asked for caching_sha2_password (AuthSwitch)", Flat(directly), StringComparison.Ordinal);
        using (report)
        {
            // One report: logins are dearer, and of the statements not one fails, differs or is slower.
            var sections = report.RootElement.GetProperty("sections").EnumerateArray()
                .ToDictionary(section => section.GetProperty("title").GetString()!, section => section.GetProperty("measures").EnumerateArray().ToArray());
            Assert.Equal(("3", "4", "fail"), Line(sections["NEW CONNECTIONS, MEASURED"], "round trips of a login"));
            Assert.Equal(("3", "4", "fail"), Line(sections["NEW CONNECTIONS, FORECAST"], "round trips of a login, cache warm"));
            var (_, slower, told) = Line(sections["QUERIES"], "digests that are slower");
            Assert.Equal("0", slower);
            Assert.NotEqual("fail", told); // A machine that is busy in one turn alone is "unknown".
            Assert.Equal(("0", "0", "pass"), Line(sections["QUERIES"], "digests that fail on the new server only"));
            Assert.Equal(("", "0", "pass"), Line(sections["RESULTS"], "digests with other values or rows"));
        }
        Assert.True(pooled.Status == Pass, pooled.ToString());
        // What the pool takes of the machine is not what the server behind it takes.
        Assert.Matches($"processor time and memory of the new server: '[^']+' listens on 127.0.0.1:{seawall.Port}, and what it takes is not "
            + "what the server behind it takes", Flat(pooled));
    }

    [Fact]
    public async Task On_MariaDB_drivers_that_begin_with_sha2_fail_directly_and_pass_through_the_pool()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await Make(server, $"identified by '{Password}'");
        await using var seawall = await StartAsync(server);

        var directly = await Handshake(server.Port, server.Port, "--driver", "libmysqlclient=libmysqlclient-sha2-first");
        var pooled = await Handshake(server.Port, seawall.Port, "--driver", "libmysqlclient=libmysqlclient-sha2-first");

        Assert.True(directly.Status == Fail, directly.ToString());
        Assert.Contains("one exchange more (100 % of logins)", Flat(directly), StringComparison.Ordinal);
        Assert.Contains(
            "begun with caching_sha2_password, and the server asked for mysql_native_password (AuthSwitch)", Flat(directly), StringComparison.Ordinal);
        Assert.DoesNotContain("exchange more", Flat(pooled), StringComparison.Ordinal);
        Assert.True(pooled.Status == Pass, pooled.ToString());
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(server, Cancel, options => options with
    {
        Accounts = [SeawallUnderTest.AccountWithPassword(User, Password)],
    });

    private static async Task Make(LabServer server, string identified)
    {
        // Servers before 5.7 know no IF EXISTS here.
        if (await server.AskAsync($"select count(*) from mysql.user where user = '{User}'", Cancel) != "0")
            await server.ExecuteAsync($"drop user '{User}'@'%'", Cancel);
        await server.ExecuteAsync($"create user '{User}'@'%' {identified}", Cancel);
    }

    // Of every statement a tenth of a second is the statement's own: what else they take is not compared between servers on a busy machine.
    private async Task<(LabResult Result, JsonDocument Report)> Everything(LabServer old, LabServer @new)
    {
        foreach (var server in (LabServer[])[old, @new])
        {
            foreach (var sql in new[]
            {
                $"drop database if exists {User}", $"create database {User} character set utf8",
                $"create table {User}.items (id int primary key, name varchar(20))", $"insert into {User}.items values (1, 'one'), (2, 'two')",
                $"create view {User}.v_work as select id, name, sleep(0.1) as work from {User}.items", $"grant select on {User}.* to '{User}'@'%'",
                $"grant select on mysql.user to '{User}'@'%'",
            })
            {
                await server.ExecuteAsync(sql, Cancel);
            }
        }
        using var capture = new MadeCapture(lab.NewFolder());
        for (var client = 0; client < 4; client++)
        {
            var id = capture.Connect(client * 0.02, User, User, driver: "MariaDB Connector/J");
            for (var i = 0; i < 8; i++)
                capture.Query(id, (client * 0.02) + (i * 0.15), "select id, name, work from v_work where id = 1", took: 0.1);
            capture.Close(id, 1.4);
        }
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        string[] words =
        [
            "rehearse", "run", "--old", Dsn(old.Port), "--new", Dsn(@new.Port), "--driver", "mariadb-connector-j-2", "--samples", "3",
            "--capture", capture.Finish(), "--passes", "2", "--json", json, "--quiet",
        ];
        var result = await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), words), s_timeMax, Cancel);
        foreach (var server in (LabServer[])[old, @new])
            await server.ExecuteAsync($"drop database {User}", Cancel);
        Assert.True(File.Exists(json), result.ToString());
        return (result, JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel)));
    }

    private static (string?, string?, string?) Line(JsonElement[] measures, string name)
    {
        var line = measures.Single(one => one.GetProperty("name").GetString() == name);
        return (line.GetProperty("old").GetString(), line.GetProperty("new").GetString(), line.GetProperty("result").GetString());
    }

    private async Task<LabResult> Handshake(int old, int @new, params string[] more)
    {
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        await File.WriteAllTextAsync(budgets, "[budgets]\nserver_cpu_percent = inf\n", Cancel);
        string[] words = ["rehearse", "handshake", "--old", Dsn(old), "--new", Dsn(@new), "--budgets", budgets, "--samples", "3", "--quiet", .. more];
        return await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), words), s_timeMax, Cancel);
    }

    private static string Dsn(int port) => $"mysql://{User}:{Password}@127.0.0.1:{port}";

    private static string Flat(LabResult result) =>
        string.Join(' ', result.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
