using System.Text;
using Seawall.Engine.Loops.Tls;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What logins cost, counted on the wire: real clients in front of the engine and real servers behind it, a capture of both
/// legs, and three witnesses for each login that must agree with what is the shortest for the two ends: the bytes as they
/// are, tshark, and the engine's own counters. docs/logins.md draws the table.
/// </summary>
public sealed class LoginPacketTests(LabServers lab)
{
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(30);

    private static readonly LoginClient[] s_programs = [LoginClient.Connector, LoginClient.MariaDb, LoginClient.MySql];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, false)]
    [InlineData(LabKind.MariaDb, true)]
    [InlineData(LabKind.MySql56, false)]
    public async Task A_client_of_a_native_account_logs_in_by_the_shortest_exchange(LabKind kind, bool tls)
    {
        await lab.RequireAsync("mysql97", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await using var accounts = await AccountsAsync(server, "native", "open", "named");
        await using var front = await FrontAsync(server, tls);

        foreach (var client in s_programs)
        {
            await front.LogInAsync(client, "native", 1, "the greeting names the plugin, and the proof goes with the login");
            await front.LogInAsync(client, "open", 1, "nothing is to be proven");
            await front.LogInAsync(client, "named", 1, "the settings file has the password, which proves whatever plugin was greeted with");
        }
        await front.AssertShortestAsync(Cancel);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_of_a_sha2_account_logs_in_by_the_shortest_exchange(bool tls)
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var accounts = await AccountsAsync(server, "sha_a", "sha_b", "sha_c", "sha_d", "open", "named");
        await using var front = await FrontAsync(server, tls);

        foreach (var (client, user) in s_programs.Zip((string[])["sha_a", "sha_b", "sha_c"]))
        {
            await front.LogInAsync(client, user, tls ? 2 : 3, "the login, the wish for the key unless TLS protects, and the password");
            await front.LogInAsync(client, user, 1, "the proof is checked against what the first login taught");
            await front.LogInAsync(client, "open", 1, "nothing is to be proven");
            await front.LogInAsync(client, "named", 1, "the settings file has the password: no first login needs to teach it");
        }
        if (!tls)
            await front.LogInAsync(LoginClient.MySql, "sha_d", 2, "the login, and the password under the key that the client has", knowsKey: true);
        await front.AssertShortestAsync(Cancel);
    }

    private static Task<Accounts> AccountsAsync(LabServer server, params string[] users) => Accounts.MakeAsync(server, users);

    private async Task<Front> FrontAsync(LabServer server, bool tls) => await Front.StartAsync(lab, server, tls);

    /// <summary>Accounts of one test: "open" has no password.</summary>
    private sealed class Accounts(LabServer server, string[] users) : IAsyncDisposable
    {
        internal static string PasswordOf(string user) => user == "open" ? "" : "pw";

        internal static async Task<Accounts> MakeAsync(LabServer server, string[] users)
        {
            foreach (var user in users)
                await server.ExecuteAsync($"create user lp_{user}@'%' identified by '{PasswordOf(user)}'", Cancel);
            return new Accounts(server, users);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var user in users)
                await server.ExecuteAsync($"drop user lp_{user}@'%'", CancellationToken.None);
        }
    }

    /// <summary>The engine with its front leg captured, and what was expected of each login.</summary>
    private sealed class Front(LabServers lab, SeawallUnderTest seawall, PacketCapture capture, bool tls) : IAsyncDisposable
    {
        private readonly List<(string What, int Shortest, string Why, long Counted)> _rows = [];

        internal static async Task<Front> StartAsync(LabServers lab, LabServer server, bool tls)
        {
            var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
            {
                Accounts = [SeawallUnderTest.AccountWithPassword("lp_named", Accounts.PasswordOf("named"))],
                Clients = options.Clients with
                {
                    Tls = tls ? TlsKeyLog.Keep(TlsServerContext.SelfSigned(TimeProvider.System).Context!) : null,
                },
            });
            try
            {
                return new Front(lab, seawall, await PacketCapture.StartAsync(lab, [seawall.Port], Cancel), tls);
            }
            catch
            {
                await seawall.DisposeAsync();
                throw;
            }
        }

        /// <summary>Logs in; <paramref name="shortest"/> is without TLS, which is asked for by a packet of its own.</summary>
        internal async Task LogInAsync(LoginClient client, string user, int shortest, string why, bool knowsKey = false)
        {
            var before = (Logins: seawall.Count(meter => meter.LoginsSucceeded), Exchanges: Exchanges);
            await new LoginAttempt(client, seawall.Port, $"lp_{user}", Accounts.PasswordOf(user))
            {
                Tls = tls,
                PublicKeyFile = knowsKey ? WriteKey() : null,
            }.RunAsync(Cancel);
            await Eventually.TrueAsync(
                () => seawall.Count(meter => meter.LoginsSucceeded) == before.Logins + 1, PatienceMax, Cancel);
            _rows.Add(($"{client} as {user}", shortest + (tls ? 1 : 0), why, Exchanges - before.Exchanges));
        }

        internal async Task AssertShortestAsync(CancellationToken cancel)
        {
            var logins = await SeenLogin.ReadAsync(capture, [seawall.Port], cancel);
            var problems = new StringBuilder();
            foreach (var (row, login) in _rows.Zip(logins))
            {
                var counts = (login.Exchanges, login.TsharkExchanges, (int)row.Counted);
                var line = $"{row.What}: shortest {row.Shortest} ({row.Why}); bytes {counts.Item1}, tshark {counts.Item2}, engine {counts.Item3}; {login}";
                TestContext.Current.TestOutputHelper!.WriteLine(line);
                if (counts != (row.Shortest, row.Shortest, row.Shortest))
                    problems.AppendLine(line);
            }
            Assert.Equal("", problems.ToString());
            Assert.Equal(_rows.Count, logins.Count);
        }

        public async ValueTask DisposeAsync()
        {
            await capture.DisposeAsync();
            await seawall.DisposeAsync();
        }

        private long Exchanges => seawall.Count(meter => meter.LoginExchanges);

        private string WriteKey()
        {
            var file = Path.Combine(lab.NewFolder(), "public.pem");
            File.WriteAllText(file, Encoding.ASCII.GetString(seawall.Engine.House.RsaKey.Value.PublicKeyPem));
            return file;
        }
    }
}
