using System.Globalization;
using Seawall.Engine.Facts.Accounts;
using Seawall.MySql.Passwords;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>
/// Names that do not exist see the same exchange as names that do, packet by packet and byte by byte. All names here have five
/// letters, since a name's length is part of the refusal.
/// </summary>
public sealed class DecoyTests
{
    private static readonly string[] s_unknown =
        [.. Enumerable.Range(0, 60).Select(i => string.Create(CultureInfo.InvariantCulture, $"no{i:D3}"))];

    /// <summary>What clients begin with, whether they wait to be asked, and whether they show a password in clear.</summary>
    public static TheoryData<string?, bool> Clients => new()
    {
        { null, false }, { "mysql_native_password", false }, { "mysql_native_password", true },
        { "caching_sha2_password", false }, { "caching_sha2_password", true },
    };

    [Theory]
    [MemberData(nameof(Clients))]
    public void An_unknown_name_sees_what_some_known_one_sees(string? plugin, bool waits)
    {
        using var world = Mixed();
        string[] known = ["nativ", "shatw", "shatx", "sha25", "locke", "pamxx", "setti"];
        var traces = known.ToDictionary(user => user, user => Trace(world, user, plugin, waits));

        var seen = s_unknown.Select(user => Trace(world, user, plugin, waits)).ToArray();

        Assert.Empty(seen.Except(traces.Values));
        // And every kind of exchange is seen, or the rare ones would be those of names that exist.
        Assert.Equal(traces.Where(trace => trace.Key != "pamxx").Select(trace => trace.Value).Distinct().Order(), seen.Distinct().Order());
    }

    [Fact]
    public void An_ed25519_account_can_be_anybodys()
    {
        using var world = new EngineWorld(new()
        {
            Kind = FakeServerKind.MariaDb1011,
            With = NeverSlow,
            Prepare = server =>
            {
                server.Accounts[1] = new FakeAccount("ed255", "secret", "ed25519");
                server.Accounts.Add(new FakeAccount("nativ", "secret"));
            },
        });
        string[] traces = [Trace(world, "ed255", null, false), Trace(world, "nativ", null, false)];

        Assert.Equal(traces.Order(), s_unknown.Select(user => Trace(world, user, null, false)).Distinct().Order());
    }

    [Fact]
    public void A_name_has_always_the_same_decoy_on_all_nodes_and_after_a_restart()
    {
        using var first = Mixed();
        using var second = Mixed();
        using var elsewhere = Mixed(monitorPassword: "another");
        string[] Seen(EngineWorld world) => [.. s_unknown.Select(user => Trace(world, user, "mysql_native_password", false))];
        var seen = Seen(first);

        Assert.Equal(seen, Seen(first));
        Assert.Equal(seen, Seen(second));
        Assert.NotEqual(seen, Seen(elsewhere));
    }

    [Fact]
    public void Decoys_have_the_plugins_of_accounts_as_often_as_these_and_change_no_more_than_they_must()
    {
        const int names = 4_000;
        var key = Decoys.RandomKey();
        Account[] three = [Native("a"), Native("b"), Native("c"), Sha2("d")];
        var before = Kinds(new Decoys(key, three), names);
        var after = Kinds(new Decoys(key, [.. three, Native("e")]), names);

        Assert.InRange(before.Count(kind => kind == PasswordKind.Native), names * 0.72, names * 0.78);
        Assert.InRange(after.Count(kind => kind == PasswordKind.Native), names * 0.77, names * 0.83);
        // From 3 in 4 to 4 in 5: a twentieth goes over, and nobody the other way.
        Assert.DoesNotContain(before.Zip(after), pair => pair is { First: PasswordKind.Native, Second: not PasswordKind.Native });
    }

    [Fact]
    public void No_password_passes_a_decoy()
    {
        var decoys = new Decoys([], [Native("a"), Sha2("b"), new Account("c", "%", [], AccountSource.Settings)]);
        foreach (var user in s_unknown)
        {
            foreach (var stored in decoys.For(user).Passwords)
            {
                Assert.False(stored.IsEmpty);
                Assert.False(stored.AdmitsWithoutPassword([]));
                Assert.False(stored.Matches("secret"u8));
                Assert.False(stored.Matches([]));
            }
        }
    }

    [Fact]
    public void An_account_of_a_foreign_plugin_is_refused_like_an_unknown_one_and_the_log_says_why()
    {
        using var world = Mixed();

        var refused = world.Connect(new FakeClientOptions { User = "pamxx" }).LogIn();

        Assert.Equal("1045 (28000) Access denied for user 'pamxx'@'localhost' (using password: YES)", refused.Error!.ToString());
        Assert.Contains(world.Log.Lines, line => line.Contains("the account's plugin (pam) is not spoken here; name the account under [[accounts]]",
            StringComparison.Ordinal));
    }

    private static string Trace(EngineWorld world, string user, string? plugin, bool waits)
    {
        var client = world.Connect(new FakeClientOptions { User = user, Password = "guess", Plugin = plugin, WaitsForNonce = waits });
        var reply = client.LogIn();
        Assert.Equal(1045, reply.Code);
        return $"{reply.Greeted} {string.Join(", ", client.LoginTrace)}; {client.Link.ToServer.Written} {client.Link.ToClient.Written}";
    }

    private static EngineWorld Mixed(string monitorPassword = "watch") => new(new()
    {
        Prepare = server =>
        {
            server.Accounts[0] = new FakeAccount("monitor", monitorPassword);
            server.Accounts[1] = new FakeAccount("nativ", "secret");
            server.Accounts.Add(new FakeAccount("shatw", "secret", "caching_sha2_password"));
            server.Accounts.Add(new FakeAccount("shatx", "other", "caching_sha2_password"));
            server.Accounts.Add(new FakeAccount("sha25", "other", "sha256_password"));
            server.Accounts.Add(new FakeAccount("locke", "secret") { IsLocked = true });
            server.Accounts.Add(new FakeAccount("pamxx", "secret", "pam"));
        },
        With = options => NeverSlow(options) with
        {
            Accounts = [Known("setti", "secret")],
            Monitor = Known("monitor", monitorPassword),
        },
    });

    private static Engine.EngineOptions NeverSlow(Engine.EngineOptions options) =>
        options with { Clients = options.Clients with { WrongPasswordMsMax = 0 } };

    private static Account Known(string user, string password)
    {
        var account = new Account(user, "%", [], AccountSource.Settings);
        account.Secrets.LearnPassword(System.Text.Encoding.UTF8.GetBytes(password));
        return account;
    }

    private static PasswordKind[] Kinds(Decoys decoys, int names) =>
        [.. Enumerable.Range(0, names).Select(i => decoys.For($"name{i}").Passwords[0].Kind)];

    private static Account Native(string user) => new(user, "%",
        [StoredPassword.Read(NativePassword.PluginName, "*0123456789012345678901234567890123456789"u8)], AccountSource.Server);

    private static Account Sha2(string user) => new(user, "%",
        [StoredPassword.Read(CachingSha2Password.PluginName, SaltedSha2.Create(SaltedSha2Scheme.Crypt, "x"u8, new byte[20]).ToStored())],
        AccountSource.Server);
}
