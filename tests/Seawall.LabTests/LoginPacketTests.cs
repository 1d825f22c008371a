using System.Text;
using Seawall.Engine.Loops.Tls;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What clients' logins cost, counted on the wire: real clients in front of the engine, a capture, and three witnesses
/// for each login that must agree with what is the shortest for the two ends: the bytes as they are, tshark, and the
/// engine's own counters. docs/logins.md draws the table; <see cref="DialPacketTests"/> has the other leg.
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
        await using var accounts = await LoginAccounts.MakeAsync(server, ["native", "open", "named"], Cancel);
        await using var front = await Front.StartAsync(lab, server, tls);

        foreach (var client in s_programs)
        {
            await front.LogInAsync(client, "native", 1, "the greeting names the plugin of the proof");
            await front.LogInAsync(client, "open", 1, "nothing is to be proven");
            await front.LogInAsync(client, "named", 1, "its password is known, and any plugin will do");
        }
        await front.AssertShortestAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_of_a_sha2_account_logs_in_by_the_shortest_exchange(bool tls)
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var accounts =
            await LoginAccounts.MakeAsync(server, ["sha_a", "sha_b", "sha_c", "sha_d", "open", "named"], Cancel);
        await using var front = await Front.StartAsync(lab, server, tls);

        foreach (var (client, user) in s_programs.Zip((string[])["sha_a", "sha_b", "sha_c"]))
        {
            await front.LogInAsync(client, user, tls ? 2 : 3, "login, without TLS the wish for the key, password");
            await front.LogInAsync(client, user, 1, "the proof is checked against what the first login taught");
            await front.LogInAsync(client, "open", 1, "nothing is to be proven");
            await front.LogInAsync(client, "named", 1, "its password is known: no login need teach it");
        }
        if (!tls)
        {
            const string why = "the login, and the password under the client's own copy of the key";
            await front.LogInAsync(LoginClient.MySql, "sha_d", 2, why,
                attempt => attempt with { PublicKeyFile = front.WriteKey() });
        }
        await front.AssertShortestAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_host_is_greeted_wrongly_once(bool tls)
    {
        await lab.RequireAsync("mysql97", Cancel);
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var accounts = await LoginAccounts.MakeAsync(server, ["native", "named"], Cancel);
        await using var front = await Front.StartAsync(lab, server, tls);

        await front.LogInAsync(LoginClient.MySql, "named", 2, "it insists on a plugin, and has no nonce for it",
            attempt => attempt with { Plugin = "caching_sha2_password" });
        foreach (var client in s_programs)
        {
            await front.LogInAsync(client, "named", 1, "the plugin of the host's last login is guessed");
            await front.LogInAsync(client, "native", 2, "the guess was wrong, and costs a switch");
            for (var loop = 0; loop < 4; loop++)
                await front.LogInAsync(client, "native", 1, "the guess is right, on whatever loop");
            await front.LogInAsync(LoginClient.MySql, "named", 2, "it insists on a plugin, and has no nonce for it",
                attempt => attempt with { Plugin = "caching_sha2_password" });
        }
        await front.AssertShortestAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_ed25519_account_signs_a_nonce_of_its_own(bool tls)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var accounts = await LoginAccounts.MakeAsync(server, ["native", "signed"], Cancel);
        await using var front = await Front.StartAsync(lab, server, tls);

        const string why = "greetings have 20 bytes of nonce and the plugin signs 32: Seawall must ask";
        await front.LogInAsync(LoginClient.MariaDb, "signed", 2, why, attempt => attempt with { Question = "exit" });
        if (!tls)
            await front.LogInAsync(LoginClient.Raw, "signed", 2, why);
        await front.LogInAsync(LoginClient.MariaDb, "native", 1, "the host's guess is not changed by it");
        await front.AssertShortestAsync();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Warm_logins_open_no_server_connection(LabKind kind)
    {
        const int count = 200;
        var server = await lab.SharedAsync(kind, Cancel);
        await using var accounts = await LoginAccounts.MakeAsync(server, ["app"], Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        int[] ports = [seawall.Port, server.Port];
        using (RawClient.Connect(seawall.Port, "lp_app", LoginAccounts.PasswordOf("app")))
        {
        }
        await using var capture = await PacketCapture.StartAsync(lab, ports, Cancel);

        for (var i = 0; i < count; i++)
        {
            using var client = RawClient.Connect(seawall.Port, "lp_app", LoginAccounts.PasswordOf("app"));
            Assert.Equal((null, 1), (client.Refusal, client.LoginExchanges));
        }

        var logins = await SeenLogin.ReadAsync(capture, ports, Cancel);
        Assert.Equal(count, logins.Count(login => login.ServerPort == seawall.Port));
        Assert.DoesNotContain(logins, login => login.ServerPort == server.Port);
        Assert.Equal(0, seawall.ServerConnections);
    }

    /// <summary>The engine with its front leg captured, and what was expected of each login.</summary>
    private sealed class Front(
        LabServers lab, SeawallUnderTest seawall, PacketCapture capture, bool tls) : IAsyncDisposable
    {
        private readonly LoginLedger _ledger = new();

        internal static async Task<Front> StartAsync(LabServers lab, LabServer server, bool tls)
        {
            var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
            {
                Accounts = [SeawallUnderTest.AccountWithPassword("lp_named", LoginAccounts.PasswordOf("named"))],
                Clients = options.Clients with
                {
                    Tls = tls ? TlsKeyLog.Keep(TlsServerContext.SelfSigned(TimeProvider.System).Context!) : null,
                },
            });
            try
            {
                // Accounts of the settings file let clients in before those of the server are known.
                await Eventually.TrueAsync(() => seawall.KnowsServerAccounts, PatienceMax, Cancel);
                return new Front(lab, seawall, await PacketCapture.StartAsync(lab, [seawall.Port], Cancel), tls);
            }
            catch
            {
                await seawall.DisposeAsync();
                throw;
            }
        }

        /// <summary>Logs in; <paramref name="shortest"/> is without TLS, which is asked for by a packet of its
        /// own.</summary>
        internal async Task LogInAsync(
            LoginClient client, string user, int shortest, string why, Func<LoginAttempt, LoginAttempt>? change = null)
        {
            var (logins, exchanges) = (seawall.Count(meter => meter.LoginsSucceeded), Exchanges);
            var password = LoginAccounts.PasswordOf(user);
            var attempt = new LoginAttempt(client, seawall.Port, $"lp_{user}", password) { Tls = tls };
            await (change?.Invoke(attempt) ?? attempt).RunAsync(Cancel);
            await Eventually.TrueAsync(
                () => seawall.Count(meter => meter.LoginsSucceeded) == logins + 1, PatienceMax, Cancel);
            _ledger.Add($"{client} as {user}", shortest + (tls ? 1 : 0), why, Exchanges - exchanges);
        }

        /// <summary>
        /// Seawall speaks once to greet and once for each packet of the client; under TLS the answer to the request
        /// for it is the handshake, whose end also brings the client a ticket.
        /// </summary>
        internal async Task AssertShortestAsync()
        {
            var logins = await SeenLogin.ReadAsync(capture, [seawall.Port], Cancel);
            _ledger.AssertShortest(
                logins, login => login.ServerSegments, login => login.Exchanges + (login.IsTls ? 2 : 1));
            Assert.All(logins, login => Assert.Equal(tls, login.IsTls));
        }

        internal string WriteKey()
        {
            var file = Path.Combine(lab.NewFolder(), "public.pem");
            File.WriteAllText(file, Encoding.ASCII.GetString(seawall.Engine.House.RsaKey.Value.PublicKeyPem));
            return file;
        }

        public async ValueTask DisposeAsync()
        {
            await capture.DisposeAsync();
            await seawall.DisposeAsync();
        }

        private long Exchanges => seawall.Count(meter => meter.LoginExchanges);
    }
}
