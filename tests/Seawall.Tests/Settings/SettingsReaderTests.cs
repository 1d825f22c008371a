using Microsoft.Extensions.Logging;
using Seawall.Control.Settings;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Xunit;

namespace Seawall.Tests.Settings;

public sealed class SettingsReaderTests
{
    /// <summary>What is wrong, where that is said to be, and words of what is said.</summary>
    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "[pool]\nsizee = 3", "file:2:1", "unknown key \"sizee\" in [pool]; did you mean \"size\"?" },
        { "[pool]\nmax_size = 3", "file:2:1", "did you mean \"size\"?" },
        { "[clients]\nsize = 3", "file:2:1", "unknown key \"size\" in [clients]; there is one in [pool]" },
        { "[pools]\nsize = 3", "file:1:1", "unknown section [pools]; did you mean \"pool\"?" },
        { "[frobnicate]\nsize = 3", "file:1:1", "unknown section [frobnicate]" },
        { "size = 3", "file:1:1", "\"size\" must be in a section: [pool]" },
        { "servers = 3", "file:1:1", "write [[servers]]" },
        { "[servers]\nname = \"x\"", "file:1:1", "write [[servers]]" },
        { "[[pool]]\nsize = 3", "file:1:1", "write [pool]" },
        { "[clients]\nsocket_mode = \"0788\"", "file:2:15", "clients.socket_mode = \"0788\"" },
        { "[clients]\nsocket_mode = \"1777\"", "file:2:15", "clients.socket_mode = \"1777\"" },
        { "[clients]\nlisten = [\"unix:s.sock\"]", "file:2:10", "begins with \"/\"" },
        { "[clients]\nproxy_protocol_from = [\"10.0.0.0/33\"]", "file:2:23", "\"10.0.0.0/33\" is no network" },
        { "[pool]\nsize = 0", "file:2:8", "pool.size = 0: it must be a whole number from 1 to 100000" },
        { "[pool]\nsize = 100001", "file:2:8", "from 1 to 100000" },
        { "[pool]\nsize = 3.5", "file:2:8", "a whole number" },
        { "[pool]\nsize = \"3\"", "file:2:8", "pool.size = \"3\": it must be a whole number" },
        { "[pool]\nsize = 3\nsize = 4", "file:3:1", "pool.size is set twice; the first time on line 2" },
        { "[pool]\nsize = 3\n[clients]\n[pool]\nidle_min = 1", "file:4:1",
            "[pool] is there twice; the first is on line 1" },
        { "[pool]\nsize = ", "file:2:", "not valid TOML" },
        { "[pool\nsize = 3", "file:1:", "not valid TOML" },
        { "[pool]\nsize = 3\nidle_min = 4", "file:3:12", "pool.idle_min = 4 is more than pool.size = 3" },
        { "[clients]\nmatch_host = 1", "file:2:14", "true or false" },
        { "[clients]\nlisten = \"127.0.0.1:6033\"", "file:2:10", "a list of texts" },
        { "[clients]\nlisten = [3]", "file:2:10", "a list of texts" },
        { "[clients]\nlisten = []", "file:2:10", "clients.listen is empty" },
        { "[clients]\nlisten = [\"127.0.0.1\"]", "file:2:10", "no address" },
        { "[clients]\nlisten = [\"127.0.0.1:66000\"]", "file:2:10", "no port from 0 to 65535" },
        { "[clients]\nlisten = [\"::1:6033\"]", "file:2:10", "write host:port, [IPv6 address]:port" },
        { "[clients]\nlisten = [\"127.0.0.1:1\", \"127.0.0.1:1\"]", "file:2:10", "twice" },
        { "[clients]\nlisten = [\"nowhere:6033\"]", "file:2:10", "the name \"nowhere\" cannot be looked up" },
        { "[log]\nlevel = \"warn\"", "file:2:9",
            "\"trace\", \"debug\", \"info\", \"warning\" or \"error\"; did you mean \"warning\"?" },
        { "[log]\nlevel = \"INFO\"", "file:2:9", "did you mean \"info\"?" },
        { "[admin]\nlisten = \"127.0.0.1:0\"", "file:2:10", "no port from 1 to 65535" },
        { "[admin]\nuser = \"\"", "file:2:8", "admin.user is empty" },
        { "[metrics]\nlisten = \"/run/metrics\"", "file:2:10", "metrics.listen must be host:port" },
        { "[monitor]\nuser = \"watch\"", "file:1:1",
            "monitor has no password: set password_file, password_env or password" },
        { "[monitor]\npassword = \"x\"", "file:1:1", "monitor has no user" },
        { "[monitor]\nuser = \"w\"\npassword = \"x\"\npassword_file = \"y\"", "file:3:12", "set one of them" },
        { "[monitor]\nuser = \"w\"\npassword_file = \"missing\"", "file:3:17", "there is no file" },
        { "[monitor]\nuser = \"w\"\npassword_env = \"SEAWALL_NO_SUCH\"", "file:3:16", "no environment variable" },
        { "[[accounts]]\nuser = \"a\"\npassword = \"1\"\n[[accounts]]\nuser = \"a\"\npassword = \"2\"", "file:5:8",
            "there twice" },
        { "[[servers]]\nname = \"db\"\naddress = \"127.0.0.1:3307\"\nrole = \"replica\"", "file:6:8",
            "servers.name = \"db\" is there twice" },
        { "[[servers]]\nname = \"b\"\naddress = \"127.0.0.1:3307\"", "file:1:1", "set monitor.user" },
        { "[[servers]]\nname = \"b\"\naddress = \"127.0.0.1:3307\"\nrole = \"primary\"\n"
            + "[[servers]]\nname = \"c\"\naddress = \"127.0.0.1:3308\"\nrole = \"primary\"", "file:8:8",
            "two servers have servers.role = \"primary\"" },
        { "[[servers]]\nname = \"b\"\nrole = \"replica\"", "file:1:1", "server \"b\" has no address" },
        { "[[servers]]\nname = \"b c\"\naddress = \"127.0.0.1:3307\"\nrole = \"replica\"", "file:2:8",
            "servers.name must be" },
        { "[[servers]]\nname = \"b\"\naddress = \"127.0.0.1:0\"\nrole = \"replica\"", "file:3:11",
            "no port from 1 to 65535" },
        { "[[servers]]\nname = \"b\"\naddress = \"nowhere:1\"\nrole = \"replica\"", "file:3:11",
            "cannot be looked up" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_place_and_what_is_allowed(string mistake, string place, string words)
    {
        using var file = new SettingsFile(mistake + "\n" + SettingsFile.Least);

        // A mistake of syntax may be told in more than one way.
        var error = file.Errors()[0];

        Assert.True(file.Errors().Length == 1 || words == "not valid TOML");
        Assert.StartsWith(place, error, StringComparison.Ordinal);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Null(file.Read().Settings);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        using var file = new SettingsFile("[pool]\nsize = 0\nwait = 1\n[clients]\nmax = -1\nlisten = [\"x\"]\n[monitor]\n");

        // Two numbers, a key, an address, a user, a password, and no server.
        Assert.Equal(7, file.Errors().Length);
    }

    [Fact]
    public void What_is_not_set_is_as_the_engine_has_it()
    {
        var settings = SettingsFile.Read(SettingsFile.Least).Settings!;

        Assert.Equal(new ClientOptions(), settings.Engine.Clients with { Tls = null });
        Assert.True(settings.Engine.Clients.Tls?.IsSelfMade);
        Assert.Equal(new PoolLimits(), settings.Engine.Pools);
        Assert.Equal(new DialLimits(), settings.Engine.Servers[0].Dial);
        Assert.Equal(["127.0.0.1:6033"], settings.Engine.Listen.Select(endpoint => endpoint.Text));
        Assert.Equal("127.0.0.1:6034", settings.Admin?.Listen.Text);
        Assert.Equal("127.0.0.1:6035", settings.Metrics?.Listen.ToString());
        Assert.Equal(new LogOptions(LogLevel.Information, IsJson: false), settings.Log);
    }

    [Fact]
    public void Every_key_reaches_the_settings()
    {
        using var file = new SettingsFile(
            """
            [clients]
            listen = ["[::1]:7000", "/tmp/seawall.sock", "localhost:7001"]
            max = 11
            login_ms_max = 12
            idle_ms_max = 13
            match_host = false

            [[servers]]
            name = "one"
            address = "db1:3306"
            connections_max = 21
            connect_ms_max = 22
            login_ms_max = 23
            dials_per_second = 24
            dial_burst = 25
            dials_in_progress_max = 26
            tls = "required"
            allow_public_key_retrieval = true

            [[servers]]
            name = "two"
            address = "/run/mysqld/mysqld.sock"
            role = "replica"
            tls = "off"

            [pool]
            size = 20
            idle_min = 2
            wait_ms_max = 31
            waiters_max = 32
            idle_ms_max = 33
            lifetime_ms_max = 3400
            prepared_max = 35
            pins_refused = ["temporary_table", "re:port:cursor"]

            [admin]
            listen = "off"

            [metrics]
            listen = "off"

            [log]
            level = "debug"
            format = "json"

            [process]
            loops = 3
            shutdown_ms_max = 41
            """);

        var settings = file.Good();

        Assert.Equal(["[::1]:7000", "/tmp/seawall.sock", "127.0.0.1:7001"],
            settings.Engine.Listen.Select(endpoint => endpoint.Text));
        Assert.Equal(
            new ClientOptions { CountMax = 11, LoginMsMax = 12, IdleMsMax = 13, MatchesClientHost = false },
            settings.Engine.Clients with { Tls = null });
        Assert.Equal(
            new PoolLimits
            {
                SizeMax = 20,
                IdleMin = 2,
                WaitMsMax = 31,
                WaitersMax = 32,
                IdleMsMax = 33,
                LifetimeMsMax = 3400,
                PreparedMax = 35,
                PinsRefused = settings.Engine.Pools.PinsRefused,
            },
            settings.Engine.Pools);
        var one = settings.Engine.Servers[0];
        Assert.Equal(("one", "10.0.0.1:3306", "db1"), (one.Id.Name, one.Endpoint.Text, one.HostName));
        Assert.Equal((21, 22, 23), (one.ConnectionsMax, one.ConnectMsMax, one.LoginMsMax));
        Assert.Equal(new DialLimits(24, 25, 26), one.Dial);
        Assert.Equal((ServerTls.Required, true, ServerRole.Primary), (one.Tls, one.AllowsPublicKeyRetrieval, one.Role));
        var two = settings.Engine.Servers[1];
        Assert.Equal(("/run/mysqld/mysqld.sock", ServerRole.Replica, ServerTls.Off),
            (two.Endpoint.Text, two.Role, two.Tls));
        Assert.Null(settings.Admin);
        Assert.Null(settings.Metrics);
        Assert.Equal(new LogOptions(LogLevel.Debug, IsJson: true), settings.Log);
        Assert.Equal((3, 41), (settings.Engine.Loops, settings.ShutdownMsMax));
    }

    [Fact]
    public void Classes_and_their_rules_are_read_in_order()
    {
        using var file = new SettingsFile(SettingsFile.Least + """
            running_max = 12
            running_min = 3
            [overload]
            mode = "enforce"
            limit = "adaptive"
            low_wait_ms_max = 100
            background_error = "3024"
            [[classes]]
            name = "shop"
            class = "critical"
            user = "shop"
            tags_may_raise = true
            [[classes]]
            name = "reports"
            class = "background"
            schema = "reports"
            from = ["10.0.0.0/8", "unix"]
            listen = "127.0.0.1:6033"
            digest = ["0123456789abcdef"]

            """);

        var engine = file.Good().Engine;

        Assert.Equal((3, 12, LimitMode.Adaptive), (engine.Servers[0].RunningMin, engine.Servers[0].RunningMax, engine.Overload.Limit));
        Assert.Equal((OverloadMode.Enforce, 100, 10, ShedError.QueryTimeout, ShedError.LockWait), (engine.Overload.Mode,
            engine.Overload.Of(StatementClass.Low).WaitMsMax, engine.Overload.Of(StatementClass.Low).StandingMsMax,
            engine.Overload.Of(StatementClass.Background).Error, engine.Overload.Of(StatementClass.Normal).Error));
        var (first, second) = (engine.Overload.Rules[0], engine.Overload.Rules[1]);
        Assert.Equal(new ClassRule(StatementClass.Critical, "shop", null, null, MayRaise: true) { Name = "shop" }, first);
        Assert.Equal((StatementClass.Background, null, "reports", false), (second.Class, second.User, second.Schema, second.MayRaise));
        Assert.Equal(["10.0.0.0/8", "unix"], second.From!.Texts);
        Assert.Equal(("127.0.0.1:6033", 0x0123456789ABCDEFUL), (second.Listener, second.Digests.Single()));
    }

    [Theory]
    [InlineData("[overload]\nmode = \"on\"", "\"off\", \"observe\" or \"enforce\"")]
    [InlineData("[overload]\nlow_share_min = 80", "overload.low_share_min = 80 is more than overload.low_share_max = 70")]
    [InlineData("[overload]\nlow_standing_ms_max = 300", "overload.low_standing_ms_max = 300 is more than overload.low_wait_ms_max = 250")]
    [InlineData("[[classes]]\nname = \"a\"\nfrom = [\"here\"]", "classes.from: \"here\" is no network")]
    [InlineData("[[classes]]\nname = \"a\"\nlisten = \"127.0.0.1:1\"", "classes.listen: \"127.0.0.1:1\" is none of clients.listen: 127.0.0.1:6033")]
    [InlineData("[[classes]]\nname = \"a\"\ndigest = [\"xyz\"]", "classes.digest: \"xyz\" is no digest")]
    [InlineData("[[classes]]\nname = \"a\"\n[[classes]]\nname = \"a\"", "two rules of [[classes]] are named \"a\"")]
    [InlineData("[[classes]]\nclass = \"low\"", "a rule of [[classes]] has no name")]
    public void A_mistake_in_what_is_done_under_overload_is_told(string text, string problem)
    {
        using var file = new SettingsFile(SettingsFile.Least + "\n" + text + "\n");

        Assert.Contains(file.Errors(), error => error.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void What_may_be_deferred_is_read()
    {
        using var file = new SettingsFile(SettingsFile.Least + """

            [deferral]
            folder = "/var/lib/seawall/deferral"
            bytes_max = 2000000
            [[deferrals]]
            name = "mail"
            user = "app"
            digest = ["00000000000000ff"]

            """);

        var options = file.Good().Engine.Deferral;

        Assert.Equal(("/var/lib/seawall/deferral", 2_000_000, "seawall.applied"), (options.Folder, options.BytesMax, options.Table));
        var rule = Assert.Single(options.Rules);
        Assert.Equal(("mail", "app", null), (rule.Name, rule.User, rule.Schema));
        Assert.Equal([255UL], rule.Digests);
    }

    [Theory]
    [InlineData("[[deferrals]]\nname = \"a\"", "deferral.folder is not set")]
    [InlineData("[deferral]\nfolder = \"here\"", "write the whole path")]
    [InlineData("[deferral]\ntable = \"a.b; DROP TABLE c\"", "write schema.table")]
    [InlineData("[deferral]\nfolder = \"/x\"\n[[deferrals]]\nname = \"a\"\n[[deferrals]]\nname = \"a\"", "are named \"a\"")]
    [InlineData("[deferral]\nfolder = \"/x\"\n[[deferrals]]\nname = \"a\"\ndigest = [\"z\"]", "deferrals.digest: \"z\" is no digest")]
    public void A_mistake_in_what_is_deferred_is_told(string text, string problem)
    {
        using var file = new SettingsFile(SettingsFile.Least + "\n" + text + "\n");

        Assert.Contains(file.Errors(), error => error.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_for_reads_are_read()
    {
        using var file = new SettingsFile(SettingsFile.Least + """

            [[routes]]
            name = "reports"
            target = "replicas"
            freshness = "bounded"
            bounded_ms = 5000
            stale_ok_ms = 60000
            user = "reports"
            from = ["10.0.0.0/8"]
            digest = ["00000000000000ff"]
            tag = "nightly"
            [[routes]]
            name = "ledger"
            target = "primary"
            schema = "ledger"

            """);

        var rules = file.Good().Engine.Reads.Rules;

        Assert.Equal(2, rules.Length);
        Assert.Equal((ReadTarget.Replicas, FreshnessLevel.Bounded, 5_000, 60_000), (rules[0].Target, rules[0].Level, rules[0].BoundMs, rules[0].StaleMsMax));
        Assert.Equal([255UL], rules[0].Digests);
        Assert.Equal("nightly"u8.ToArray(), rules[0].Tag);
        Assert.Equal(("ledger", ReadTarget.Primary, "ledger", null, null, null),
            (rules[1].Name, rules[1].Target, rules[1].Schema, rules[1].User, rules[1].Level, rules[1].StaleMsMax));
    }

    [Theory]
    [InlineData("[[routes]]\nname = \"a\"\n[[routes]]\nname = \"a\"", "are named \"a\"")]
    [InlineData("[[routes]]\nname = \"a\"\nfrom = [\"here\"]", "routes.from: \"here\" is no network")]
    [InlineData("[[routes]]\nname = \"a\"\nlisten = \"1.2.3.4:5\"", "is none of clients.listen")]
    [InlineData("[[routes]]\nname = \"a\"\ntarget = \"replica\"", "routes.target")]
    public void A_mistake_in_a_rule_for_reads_is_told(string text, string problem)
    {
        using var file = new SettingsFile(SettingsFile.Least + "\n" + text + "\n");

        Assert.Contains(file.Errors(), error => error.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_key_of_the_table_has_a_row_with_what_was_set()
    {
        using var file = new SettingsFile(SettingsFile.Least + "[pool]\nsize = 7\n");

        var rows = file.Good().Rows;

        var size = Assert.Single(rows, row => row.Key == "pool.size");
        Assert.Equal(("7", "32", $"{file.Path}:5"), (size.Value, size.Default, size.Source));
        Assert.Equal("default", Assert.Single(rows, row => row.Key == "pool.idle_min").Source);
        Assert.Contains(rows, row => row.Key == "servers.db.connections_max");
        // Accounts, classes and groups have rows for each item that there is, and there is none.
        Assert.Equal(SettingKeys.All.Count(key => key.Section is not ("accounts" or "classes" or "brownouts" or "routes" or "deferrals")), rows.Count);
    }

    [Fact]
    public void Defaults_pass_their_own_validation()
    {
        foreach (var key in SettingKeys.All.Where(key => key.Default.Length > 0
            && !SettingKeys.Lists.Contains(key.Section)))
        {
            var value = key.Kind is SettingKind.Text or SettingKind.Choice ? $"\"{key.Default}\"" : key.Default;
            Assert.DoesNotContain(SettingsFile.Read($"[{key.Section}]\n{key.Name} = {value}\n{SettingsFile.Least}")
                .Problems,
                problem => problem.IsError && problem.Message.Contains(key.Path, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("[admin]\nlisten = \"0.0.0.0:6034\"", "admin.listen")]
    [InlineData("[metrics]\nlisten = \"0.0.0.0:6035\"", "metrics.listen")]
    [InlineData("[pool]\nsize = 300", "pool.size = 300 is more than server \"db\" may have")]
    [InlineData("", "no [monitor]")]
    public void What_is_probably_not_meant_is_a_warning(string text, string words)
    {
        var reading = SettingsFile.Read(text + "\n" + SettingsFile.Least);

        Assert.NotNull(reading.Settings);
        Assert.Contains(reading.Problems, problem => !problem.IsError
            && problem.Message.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void A_servers_public_key_is_read_from_its_file()
    {
        using var file = new SettingsFile(SettingsFile.Least + "public_key = \"key.pem\"\n");
        Assert.Contains("there is no file", Assert.Single(file.Errors()), StringComparison.Ordinal);
        file.Beside("key.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        Assert.Contains("is no RSA public key", Assert.Single(file.Errors()), StringComparison.Ordinal);

        using var rsa = System.Security.Cryptography.RSA.Create(2048);
        file.Beside("key.pem", rsa.ExportSubjectPublicKeyInfoPem());

        Assert.NotNull(file.Good().Engine.Servers[0].PublicKey);
    }

    [Fact]
    public void Certificates_are_loaded_and_reloaded_only_when_they_have_changed()
    {
        using var file = new SettingsFile("[clients]\ntls_certificate = \"both.pem\"\n" + SettingsFile.Least);
        Assert.Contains("both.pem", Assert.Single(file.Errors()), StringComparison.Ordinal);
        file.Beside("both.pem", Certificate("one"));
        var first = file.Good();
        var again = file.Good();
        file.Beside("both.pem", Certificate("two"));
        var renewed = file.Good();

        Assert.False(first.Engine.Clients.Tls!.IsSelfMade);
        Assert.Same(first.Engine.Clients.Tls, again.Engine.Clients.Tls);
        Assert.NotSame(first.Engine.Clients.Tls, renewed.Engine.Clients.Tls);
        Assert.Same(first.Engine.Servers[0].TlsContext, renewed.Engine.Servers[0].TlsContext);
        Assert.Equal("clients.tls_certificate: both.pem -> both.pem (other contents)",
            Assert.Single(Seawall.Control.Reloads.SettingsDifference.Of(first, renewed)).ToString());
    }

    [Theory]
    [InlineData("[clients]\ntls_key = \"k.pem\"\n", "clients.tls_key needs clients.tls_certificate")]
    [InlineData("[clients]\ntls_verify = \"required\"\n", "clients.tls_verify needs clients.tls_ca")]
    [InlineData("[clients]\ntls_verify = \"required\"\ntls_ca = \"ca.pem\"\n",
        "clients.tls_verify needs clients.tls_certificate")]
    [InlineData("[[servers]]\nname = \"b\"\nrole = \"replica\"\naddress = \"127.0.0.1:1\"\ntls_verify = \"ca\"\n",
        "servers.tls = \"required\"")]
    [InlineData("[[servers]]\nname = \"b\"\nrole = \"replica\"\naddress = \"127.0.0.1:1\"\ntls_ca = \"ca.pem\"\n",
        "servers.tls_ca is not used")]
    public void Halves_of_tls_are_mistakes(string text, string words)
    {
        using var file = new SettingsFile(text + SettingsFile.Least);

        Assert.Contains(words, Assert.Single(file.Errors()), StringComparison.Ordinal);
    }

    private static string Certificate(string name)
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            $"CN={name}", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
                new DateTimeOffset(2049, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    [Fact]
    public async Task The_command_line_becomes_the_same_settings()
    {
        var source = SettingsSource.CommandLine(
        [
            ("servers", "name", "primary"), ("servers", "address", "10.1.2.3:3306"),
                ("clients", "listen", "127.0.0.1:7033"),
            ("monitor", "user", "a\"b\\c"), ("monitor", "password", "x"), ("metrics", "listen", "off"),
        ]);

        var reading = await new SettingsReader(TimeProvider.System).Read(source, TestContext.Current.CancellationToken);

        var settings = reading.Settings!;
        Assert.Equal("10.1.2.3:3306", settings.Engine.Servers[0].Endpoint.Text);
        Assert.Equal("127.0.0.1:7033", settings.Engine.Listen[0].Text);
        Assert.Equal("a\"b\\c", settings.Engine.Monitor?.User);
        Assert.Null(settings.Metrics);
    }

    [Fact]
    public async Task A_missing_file_is_a_problem_and_no_exception()
    {
        var reading = await new SettingsReader(TimeProvider.System)
            .Read(SettingsSource.File("/nowhere/seawall.toml"), TestContext.Current.CancellationToken);

        Assert.Contains("there is no file /nowhere/seawall.toml", Assert.Single(reading.Problems).Message,
            StringComparison.Ordinal);
    }
}
