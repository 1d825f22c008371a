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

        var directly = await Handshake(old.Port, @new.Port, "--driver", "mariadb-connector-j-2");
        var pooled = await Handshake(old.Port, seawall.Port, "--driver", "mariadb-connector-j-2");

        Assert.True(directly.Status == Fail, directly.ToString());
        Assert.Contains(
            "begun with mysql_native_password, and the server asked for caching_sha2_password (AuthSwitch)", Flat(directly), StringComparison.Ordinal);
        Assert.True(pooled.Status == Pass, pooled.ToString());
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
