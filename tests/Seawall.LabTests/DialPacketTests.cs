using Seawall.Engine;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops.Tls;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What Seawall's own logins to servers cost, counted on the wire as <see cref="LoginPacketTests"/> counts those of
/// clients. A client that begins a transaction needs a connection, and keeps it: the next one needs another.
/// </summary>
public sealed class DialPacketTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, false)]
    [InlineData(LabKind.MariaDb, true)]
    [InlineData(LabKind.MySql56, false)]
    public async Task A_dial_of_a_native_account_takes_the_shortest_exchange(LabKind kind, bool tls)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var accounts = await LoginAccounts.MakeAsync(server, ["native", "open", "named"], Cancel);
        await using var back = await Back.StartAsync(lab, server, tls);

        foreach (var user in (string[])["native", "open", "named", "native"])
            back.Dial(user, 1, "the proof goes with the login, by the plugin that the account is known to have");
        await back.AssertShortestAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dial_of_an_ed25519_account_signs_what_the_server_asks_for(bool tls)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var accounts = await LoginAccounts.MakeAsync(server, ["signed"], Cancel);
        await using var back = await Back.StartAsync(lab, server, tls);

        back.Dial("signed", 2, "the server sends the nonce that is to be signed when it is asked");
        back.Dial("signed", 2, "nothing can be remembered of it");
        await back.AssertShortestAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dial_of_a_sha2_account_shows_the_password_only_to_a_server_that_has_forgotten_it(bool tls)
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var accounts = await LoginAccounts.MakeAsync(server, ["sha", "open", "named"], Cancel);
        await using var back = await Back.StartAsync(lab, server, tls);

        back.Dial("sha", tls ? 2 : 3, "a cold server: the login, without TLS the wish for its key, the password");
        back.Dial("sha", 1, "the server is warm");
        back.Dial("named", 2, "the server is cold for this account, and its key is known");
        back.Dial("named", 1, "the server is warm");
        back.Dial("open", 1, "nothing is to be proven");
        await server.ExecuteAsync("flush privileges", Cancel); // Which empties the server's cache of passwords.
        back.Dial("sha", 2, "the server is cold again, and its key is known");
        back.Dial("sha", 1, "the server is warm");
        await back.AssertShortestAsync();
    }

    /// <summary>The engine with its back leg captured, and what was expected of each dial.</summary>
    private sealed class Back(
        LabServer server, SeawallUnderTest seawall, PacketCapture capture, bool tls) : IAsyncDisposable
    {
        private readonly LoginLedger _ledger = new();
        private readonly List<RawClient> _clients = [];

        internal static async Task<Back> StartAsync(LabServers lab, LabServer server, bool tls)
        {
            var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
            {
                Accounts = [.. ((string[])["named", "signed"]).Select(
                    user => SeawallUnderTest.AccountWithPassword($"lp_{user}", LoginAccounts.PasswordOf(user)))],
                Servers = tls ? [.. options.Servers.Select(Encrypt)] : options.Servers,
            });
            try
            {
                await Eventually.TrueAsync(
                    () => seawall.KnowsServerAccounts, TimeSpan.FromSeconds(30), Cancel);
                return new Back(server, seawall, await PacketCapture.StartAsync(lab, [server.Port], Cancel), tls);
            }
            catch
            {
                await seawall.DisposeAsync();
                throw;
            }
        }

        /// <summary>Has a connection opened; <paramref name="shortest"/> is without TLS.</summary>
        internal void Dial(string user, int shortest, string why)
        {
            var (dials, exchanges) = (seawall.Dials.Succeeded, Exchanges);
            var client = RawClient.Connect(seawall.Port, $"lp_{user}", LoginAccounts.PasswordOf(user));
            _clients.Add(client);
            Assert.Null(client.Refusal);
            Assert.Null(client.Query("begin").Error);
            Assert.Null(client.Query("select 1").Error);
            Assert.Equal(dials + 1, seawall.Dials.Succeeded);
            _ledger.Add($"dial as {user}", shortest + (tls ? 1 : 0), why, Exchanges - exchanges);
        }

        /// <summary>
        /// Seawall speaks once for each packet, and under TLS twice more, for the first and the last words of the
        /// handshake. A server that had to ask for a second hello would see one more.
        /// </summary>
        internal async Task AssertShortestAsync()
        {
            var logins = (await SeenLogin.ReadAsync(capture, [server.Port], Cancel))
                .Where(login => login.User.StartsWith("lp_", StringComparison.Ordinal)).ToArray();
            _ledger.AssertShortest(
                logins, login => login.ClientSegments, login => login.Exchanges + (login.IsTls ? 2 : 0));
            Assert.All(logins, login => Assert.Equal((tls, tls), (login.IsTls, login.IsResumed)));
        }

        public async ValueTask DisposeAsync()
        {
            _clients.ForEach(client => client.Dispose());
            await capture.DisposeAsync();
            await seawall.DisposeAsync();
        }

        private long Exchanges => seawall.Engine.Pools.All.Select(pool => pool.Context.Telemetry).Distinct()
            .Sum(telemetry => telemetry.DialExchanges);

        private static ServerOptions Encrypt(ServerOptions options)
        {
            var files = new TlsClientFiles { Ca = LabFolders.Authority, Verify = ServerVerification.Ca };
            var load = TlsClientContext.Load(files, TimeProvider.System);
            Assert.Null(load.Problem);
            return options with { Tls = ServerTls.Required, TlsContext = TlsKeyLog.Keep(load.Context!) };
        }
    }
}
