using System.Security.Cryptography;
using System.Text.Json;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary><c>seawall rehearse lint</c> on real servers: the incident would have been caught before it, and a server against itself passes.</summary>
public sealed class RehearseLintTests(LabServers lab)
{
    private const int Pass = 0, Fail = 1, Inconclusive = 2;

    private static readonly string s_seawall = Path.Combine(LabFolders.Repository, "seawall");

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_5_6_with_native_accounts_to_9_7_with_sha2_accounts_new_connections_fail()
    {
        var old = await lab.SharedAsync(LabKind.MySql56, Cancel);
        var @new = await lab.SharedAsync(LabKind.MySql97, Cancel);
        var folder = lab.NewFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem(), Cancel);
        var file = Path.Combine(folder, "verdict.json");

        var result = await Lint(old, @new, "--json", file, "--sign-key", Path.Combine(folder, "key.pem"), "--html", Path.Combine(folder, "r.html"),
            "--driver", "mysql2", "--driver", "mariadb-connector-j-2", "--driver", "libmysqlclient-5", "--driver", "mysqlconnector");

        Assert.True(result.Status == Fail, result.ToString());
        Assert.DoesNotContain("both DSNs lead to one", Flat(result), StringComparison.Ordinal);
        var bytes = await File.ReadAllBytesAsync(file, Cancel);
        Assert.True(key.VerifyData(
            bytes, await File.ReadAllBytesAsync($"{file}.sig", Cancel), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        using var verdict = JsonDocument.Parse(bytes);
        Assert.Equal("fail", verdict.RootElement.GetProperty("verdict").GetString());
        var words = Flat(result);
        Assert.Contains("mysql_native_password becoming caching_sha2_password takes one exchange more (3 to 4 round trips", words, StringComparison.Ordinal);
        Assert.Contains("the driver begins with mysql_native_password, the account has caching_sha2_password", words, StringComparison.Ordinal);
        Assert.Contains("the driver uses TLS, which the old server does not have", words, StringComparison.Ordinal);
        Assert.Contains("fails on the new server: the driver does not know the plugin caching_sha2_password (25 % of logins)", words, StringComparison.Ordinal);
        Assert.Contains("MariaDB Connector/J 2.x (Java) cannot log in", words, StringComparison.Ordinal);
        Assert.DoesNotContain("seawall:seawall", await File.ReadAllTextAsync(Path.Combine(folder, "r.html"), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_MariaDB_a_driver_that_begins_with_sha2_fails_on_every_login()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var result = await Lint(server, server, "--driver", "libmysqlclient=libmysqlclient-sha2-first");

        Assert.True(result.Status == Fail, result.ToString());
        Assert.Contains("the driver begins with caching_sha2_password, the account has mysql_native_password", Flat(result), StringComparison.Ordinal);
        Assert.Contains("100 % of logins", Flat(result), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_server_against_itself_passes(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var result = await Lint(server, server);

        Assert.True(result.Status == Pass, result.ToString());
        Assert.Contains("both DSNs lead to one", Flat(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_read_accounts_is_told_that_nobody_can_tell_and_can_name_them()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "rehearser", "pw", Cancel);
        var dsn = $"mysql://rehearser:pw@127.0.0.1:{server.Port}";

        var blind = await Run("rehearse", "lint", "--old", dsn, "--new", dsn);
        Assert.True(blind.Status == Inconclusive, blind.ToString());
        Assert.Contains("'rehearser' may not read mysql.user; grant it", Flat(blind), StringComparison.Ordinal);
        Assert.Contains(
            "forecast: no accounts: mysql.user may not be read on both servers, and none was named (--account)", Flat(blind), StringComparison.Ordinal);

        var named = await Run("rehearse", "lint", "--old", dsn, "--new", dsn, "--account", "app=mysql_native_password:mysql_native_password");
        Assert.True(named.Status == Pass, named.ToString());
        Assert.Contains("accounts of the old server, but those that were named: 'rehearser' may not read mysql.user", Flat(named), StringComparison.Ordinal);

        // With the rights that docs/rehearsal.md lists, accounts are read, and nothing of their passwords.
        await server.ExecuteAsync($"grant select (user, host, plugin, ssl_type, is_role) on mysql.user to {account}", Cancel);
        var reads = await Run("rehearse", "lint", "--old", dsn, "--new", dsn);
        Assert.True(reads.Status == Pass, reads.ToString());
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_without_the_password()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var wrong = $"mysql://seawall:marker-91x@127.0.0.1:{server.Port}";
        var result = await Run("rehearse", "lint", "--old", wrong, "--new", wrong);

        Assert.Equal(Inconclusive, result.Status);
        Assert.Contains("cannot log in to the old server", result.Errors, StringComparison.Ordinal);
        Assert.Contains("--old says the user, the password is that in --old", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("marker-91x", result.Output + result.Errors, StringComparison.Ordinal);
    }

    // Before a server is asked for anything: there is none, and that is not what is told.
    [Fact]
    public async Task A_report_that_could_not_be_written_is_told_at_once()
    {
        var (nowhere, nobody) = (Path.Combine(lab.NewFolder(), "no", "report.html"), "mysql://dba@127.0.0.1:1");
        var result = await Run("rehearse", "lint", "--old", nobody, "--new", nobody, "--html", nowhere);

        Assert.Equal(Inconclusive, result.Status);
        Assert.Equal($"seawall: --html: {nowhere} cannot be written: there is no folder {Path.GetDirectoryName(nowhere)}. Nothing was asked of a server yet",
            result.Errors.Trim());
    }

    // What was not answered any more looks like what is not there.
    [Fact]
    public async Task Half_of_a_server_is_not_compared_with_the_other()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var relay = new LosingRelay(server.Port, piecesMax: 6);
        var result = await Run("rehearse", "lint", "--old", Dsn(server), "--new", $"mysql://seawall:seawall@127.0.0.1:{relay.Port}");

        Assert.True(result.Status == Inconclusive, result.ToString());
        Assert.Contains("the new server", result.Errors, StringComparison.Ordinal);
        Assert.Contains("was lost while it was looked at", result.Errors, StringComparison.Ordinal);
    }

    // At the greeting, in the login, in TLS, between statements: wherever it waits for a server, Ctrl-C ends it with what there is.
    [Fact]
    public async Task Ctrl_C_ends_it_wherever_it_waits_with_a_report_of_what_there_is()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        var stages = 0;
        foreach (var piece in (int[])[0, 1, 2, 3, 5, 8, 13, 21])
        {
            await using var relay = new StallingRelay(server.Port, piece);
            var json = Path.Combine(lab.NewFolder(), "verdict.json");
            await using var program = LabProgram.Start(new LabCommand(s_seawall, "rehearse", "lint", "--old", Dsn(server),
                "--new", $"mysql://seawall:seawall@127.0.0.1:{relay.Port}", "--json", json));
            var result = await relay.InterruptWhenSilent(program, s_timeMax, Cancel);

            Assert.True(result.Status == Inconclusive, result.ToString());
            Assert.Contains("ended before it was done", Flat(result), StringComparison.Ordinal);
            using var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
            Assert.Equal(("inconclusive", true),
                (verdict.RootElement.GetProperty("verdict").GetString(), verdict.RootElement.GetProperty("partial").GetBoolean()));
            stages++;
        }
        Assert.Equal(8, stages);
    }

    [Fact]
    public async Task A_capture_says_which_users_and_drivers_there_are()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        using var capture = new MadeCapture(lab.NewFolder());
        for (var client = 0; client < 4; client++)
            capture.Close(capture.Connect(client * 0.1, driver: client < 3 ? "Node-MySQL-2" : "libmariadb"), 1);
        var result = await Lint(server, server, "--capture", capture.Finish());

        Assert.True(result.Status == Pass, result.ToString());
        Assert.Contains("by the connects that the capture counted", Flat(result), StringComparison.Ordinal);
        Assert.Contains("drivers by their connects in the capture: mysql2, libmariadb", Flat(result), StringComparison.Ordinal);
    }

    private static Task<LabResult> Lint(LabServer old, LabServer @new, params string[] more) =>
        Run(["rehearse", "lint", "--old", Dsn(old), "--new", Dsn(@new), .. more]);

    private static string Dsn(LabServer server) => $"mysql://seawall:seawall@127.0.0.1:{server.Port}";

    private static Task<LabResult> Run(params string[] words) => LabProgram.RunAsync(new LabCommand(s_seawall, words), s_timeMax, Cancel);

    // The terminal's lines are broken where it is full.
    private static string Flat(LabResult result) =>
        string.Join(' ', result.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
