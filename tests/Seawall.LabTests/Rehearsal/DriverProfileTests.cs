using System.Text;
using MySqlConnector;
using Seawall.Fuzz.Inputs;
using Seawall.LabTests.Lab;
using Seawall.MySql.Handshakes;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// Profiles against the drivers themselves: each logs in through a tap to each server, with its cache cold, and so does the imitation. What the
/// two said must be the same: capabilities, collation, plugin, the packets after it, and the statements before the program's first.
/// </summary>
public sealed class DriverProfileTests(LabServers lab)
{
    private const string First = "select 'the first of the program'";

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_driver_says_what_its_profile_says(LabKind kind)
    {
        await lab.RequireAsync("mysql97", Cancel);
        await lab.RequireAsync("node", Cancel);
        await lab.RequireAsync("drivers", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await using var tap = new RecordingTap(server.Port);
        foreach (var driver in Drivers(tap.Port))
        {
            var real = await Hear(server, tap, driver.Run);
            var own = await Hear(server, tap, () => Imitate(server, tap.Port, driver.Profile));

            Assert.True(real.Capabilities == own.Capabilities, $"{driver.Profile}: {real.Capabilities} and not {own.Capabilities}");
            Assert.Equal((driver.Profile.Name, real.Plugin, real.ProofLength, real.After), (driver.Profile.Name, own.Plugin, own.ProofLength, own.After));
            if (!driver.IsProgram) // The mysql program takes its character set from the locale, and asks who it speaks to.
            {
                Assert.Equal((driver.Profile.Name, real.Collation), (driver.Profile.Name, own.Collation));
                Assert.Equal(real.Statements, driver.Profile.StartUp.Select(statement => statement.Text));
            }
        }
    }

    private static IEnumerable<RealDriver> Drivers(int port)
    {
        var mysqli = $"$c = mysqli_connect('127.0.0.1', 'seawall', 'seawall', '', {port}); $c->query(\"{First}\");";
        yield return new(DriverProfiles.Find("mysqlconnector")!, () => Connect(port));
        yield return new(DriverProfiles.Find("mysql2")!, () => Run("node", "-e", NodeScript(port)));
        yield return new(DriverProfiles.Find("mysqlnd")!, () => Run("php", "-r", mysqli));
        yield return new(DriverProfiles.Find("libmariadb")!, () => Run("perl", "-MDBI", "-e", PerlScript("mysql", port)));
        yield return new(DriverProfiles.Find("dbd-mariadb")!, () => Run("perl", "-MDBI", "-e", PerlScript("MariaDB", port)));
        yield return new(DriverProfiles.Find("libmysqlclient")!, () => MySql(port), IsProgram: true);
        yield return new(DriverProfiles.Find("libmysqlclient-sha2-first")!, () => MySql(port, "--default-auth=caching_sha2_password"), IsProgram: true);
    }

    private static async Task Connect(int port)
    {
        await using var connection = new MySqlConnection(
            $"Server=127.0.0.1;Port={port};UserID=seawall;Password=seawall;SslMode=None;AllowPublicKeyRetrieval=true;Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new MySqlCommand(First, connection);
        await command.ExecuteScalarAsync(Cancel);
    }

    private static Task MySql(int port, params string[] more) => Run(LabFolders.Script("mysql97"),
        ["mysql", "--ssl-mode=DISABLED", "--get-server-public-key", .. more, "-h127.0.0.1", $"-P{port}", "-useawall", "-pseawall", "-e", First]);

    private static string PerlScript(string driver, int port) =>
        $"DBI->connect('DBI:{driver}:host=127.0.0.1;port={port}', 'seawall', 'seawall', {{RaiseError => 1}})->do(\"{First}\")";

    private static string NodeScript(int port) => $$"""
        const c = require('mysql2').createConnection({ host: '127.0.0.1', port: {{port}}, user: 'seawall', password: 'seawall' });
        c.query("{{First}}", (problem) => { if (problem) throw problem; c.end() });
        """;

    private static async Task Run(string program, params string[] arguments)
    {
        var command = new LabCommand(program, arguments);
        if (program == "node")
            command = command with { Folder = NodeFolder() };
        (await LabProgram.RunAsync(command, s_timeMax, Cancel)).ShouldSucceed();
    }

    // Where lab/node's packages are: require looks from the folder that a script is in, or from where it runs.
    private static string NodeFolder()
    {
        var probe = LabProgram.RunAsync(
            new LabCommand("bash", "-c", $". '{LabFolders.Script("common.sh")}'; npm_folder node"), s_timeMax, Cancel);
        return probe.GetAwaiter().GetResult().ShouldSucceed().Output.Trim();
    }

    private static async Task Imitate(LabServer server, int port, DriverProfile profile)
    {
        var plan = RehearsalTarget.Plan(server, profile.Name) with
        {
            Address = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port),
            MayAskForKey = true,
        };
        var probe = await LoginProbe.Run(plan, TimeProvider.System, Cancel);
        Assert.True(probe.Trace.Outcome.IsIn, $"{profile}: {probe.Trace.Outcome}");
        await using var session = new ProbeSession(probe, TimeProvider.System);
        foreach (var statement in profile.StartUp)
            await session.Ask(statement.Text, Cancel);
        Assert.Equal("the first of the program", (await session.Ask(First, Cancel)).Value);
    }

    private static async Task<Said> Hear(LabServer server, RecordingTap tap, Func<Task> login)
    {
        await server.ExecuteAsync("flush privileges", Cancel);
        await login();
        return Said.Of(await tap.TakeAsync());
    }

    private sealed record RealDriver(DriverProfile Profile, Func<Task> Run, bool IsProgram = false);

    /// <summary>What a client said, as far as profiles are about it.</summary>
    private sealed record Said(Capabilities Capabilities, byte Collation, string Plugin, int ProofLength, string After, string[] Statements)
    {
        internal static Said Of(Recording recording)
        {
            var packets = recording.Packets.Where(packet => !packet.IsServers).ToArray();
            var login = LoginRequest.Read(packets[0].Payload);
            Assert.True(login.IsValid);
            var statements = packets.Where(packet => packet.Bytes[3] == 0 && packet.Payload[0] == 3)
                .Select(packet => Encoding.UTF8.GetString(packet.Payload.AsSpan(1)).TrimStart('\0', '\u0001'))
                .TakeWhile(text => text != First).ToArray();
            var after = packets.Skip(1).TakeWhile(packet => packet.Bytes[3] != 0).Select(packet => packet.Payload.Length);
            return new Said(
                login.Capabilities, login.Collation, Encoding.ASCII.GetString(login.AuthPlugin), login.AuthResponse.Length,
                string.Join(' ', after), statements);
        }
    }
}
