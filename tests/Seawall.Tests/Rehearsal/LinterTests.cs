using System.Security.Cryptography;
using System.Text.Json;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>What two servers' facts say about an upgrade, without a server.</summary>
public sealed class LinterTests
{
    private const string Native = "mysql_native_password";
    private const string Sha2 = "caching_sha2_password";

    private static readonly TargetFacts s_old = new()
    {
        Version = "5.7.36",
        Greeted = Native,
        Plugins = new HashSet<string> { Native, "sha256_password" },
        Accounts = [new("app", "%", Native, false), new("batch", "%", Native, false), new("gone", "%", Native, false)],
        Connects = new Dictionary<string, long> { ["app"] = 970, ["batch"] = 30 },
        Drivers = new Dictionary<string, long> { ["Node-MySQL-2"] = 10 },
        Collations = new Dictionary<int, string> { [224] = "utf8mb4_unicode_ci", [8] = "latin1_swedish_ci" },
        UsedCollations = ["utf8mb4_unicode_ci"],
        Variables = new Dictionary<string, string> { ["max_connections"] = "1000", ["tx_isolation"] = "READ-COMMITTED", ["sql_mode"] = "" },
    };

    private static readonly TargetFacts s_new = s_old with
    {
        Version = "8.4.3",
        Greeted = Sha2,
        Plugins = new HashSet<string> { Sha2, Native },
        Accounts = [new("app", "%", Native, false), new("batch", "%", Sha2, false)],
        Variables = new Dictionary<string, string>
        {
            ["max_connections"] = "151",
            ["transaction_isolation"] = "REPEATABLE-READ",
            ["sql_mode"] = "ONLY_FULL_GROUP_BY",
        },
    };

    // The incident: the accounts stay what they were, and the greeting moves on.
    [Fact]
    public void A_greeting_that_is_not_the_accounts_plugin_fails_on_new_connections_and_names_cause_and_share()
    {
        var linter = Make(s_old, s_new);
        var section = linter.NewConnections("basis");

        Assert.Equal(Grade.Fail, section.Measures[0].Grade);
        Assert.Equal(("3", "3.97"), (section.Measures[0].Old, section.Measures[0].New));
        var found = Assert.Single(section.Findings, finding => finding.Words.Contains("AuthSwitch", StringComparison.Ordinal));
        Assert.Contains("takes one exchange more (3 to 4 round trips, 97 % of logins)", found.Words, StringComparison.Ordinal);
        Assert.Contains($"greets with {Sha2}", found.Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_is_replaced_by_one_that_begins_otherwise_fails_on_the_same_server()
    {
        var driver = DriverProfiles.Find("libmysqlclient")! with { Becomes = DriverProfiles.Find("libmysqlclient-sha2-first") };
        var linter = new Linter(s_old, s_old with { }, AccountClasses.Of(s_old, s_old, []), DriverChoice.Of(s_old, [driver]), new Budgets());
        var section = linter.NewConnections("");

        Assert.Equal((Grade.Fail, "3", "4"), (section.Measures[0].Grade, section.Measures[0].Old, section.Measures[0].New));
        var found = Assert.Single(section.Findings, finding => finding.Words.Contains("AuthSwitch", StringComparison.Ordinal));
        Assert.Contains($"the driver begins with {Sha2}, the account has {Native}", found.Words, StringComparison.Ordinal);
        Assert.Contains("100 % of logins", found.Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_against_itself_passes()
    {
        foreach (var server in (TargetFacts[])[s_old, s_new])
        {
            var linter = Make(server, server);
            var report = Report([linter.NewConnections(""), .. linter.Others()]);

            Assert.Equal(Verdict.Pass, report.Verdict);
            Assert.All(report.Sections.Skip(1), section => Assert.DoesNotContain(section.Findings, one => one.Grade != Grade.Note));
        }
    }

    [Fact]
    public void What_else_an_upgrade_changes_is_found()
    {
        var words = Words(Make(s_old, s_new with
        {
            OffersTls = true,
            UsedCollations = [],
            Collations = new Dictionary<int, string> { [8] = "latin1_swedish_ci" },
            Variables = new Dictionary<string, string>(s_new.Variables) { ["require_secure_transport"] = "ON" },
        }));

        Assert.Contains("1 accounts are not on the new server: 'gone'@'%'", words, StringComparison.Ordinal);
        Assert.Contains("max_connections: 1000 becomes 151", words, StringComparison.Ordinal);
        Assert.Contains("transaction_isolation: READ-COMMITTED becomes REPEATABLE-READ", words, StringComparison.Ordinal);
        Assert.Contains("sql_mode gets ONLY_FULL_GROUP_BY", words, StringComparison.Ordinal);
        Assert.Contains("columns have collations that the new server does not know: utf8mb4_unicode_ci", words, StringComparison.Ordinal);
        Assert.Contains("logs in with collation 224 (utf8mb4_unicode_ci), which the new server does not know", words, StringComparison.Ordinal);
        Assert.Contains("require_secure_transport is ON on the new server", words, StringComparison.Ordinal);
    }

    // From 5.6 to 9.7, and back: 9.7 takes COLLATE utf8_general_ci, and 5.6 utf8mb3_general_ci.
    [Theory]
    [InlineData("utf8_general_ci", "utf8mb3_general_ci", true)]
    [InlineData("utf8mb3_general_ci", "utf8_general_ci", true)]
    [InlineData("utf8_general_ci", "utf8mb4_general_ci", false)]
    public void A_collation_under_another_name_is_not_gone(string before, string after, bool isSame)
    {
        var (old, @new) = (s_old with { UsedCollations = [before], Collations = new Dictionary<int, string> { [33] = before } },
            s_new with { Collations = new Dictionary<int, string> { [33] = after } });
        var driver = DriverProfiles.All.First(one => one.Collation == 33);
        var words = Words(new Linter(old, @new, AccountClasses.Of(old, @new, []), DriverChoice.Of(old, [driver]), new Budgets()));

        Assert.Equal(!isSame, words.Contains($"columns have collations that the new server does not know: {before}", StringComparison.Ordinal));
        Assert.Equal(!isSame, words.Contains($"{before} becomes {after}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_plugin_that_is_gone_and_a_statement_that_fails_are_found()
    {
        var old = DriverProfiles.Find("connector-j-5.1")!;
        var linter = new Linter(
            s_old,
            s_new with
            {
                Plugins = new HashSet<string> { Sha2 },
                FailedStatements = new Dictionary<string, string> { [old.StartUp[0].Text] = "1193 Unknown system variable 'query_cache_size'" },
            },
            AccountClasses.Of(s_old, s_new, []), DriverChoice.Of(s_old, [old]), new Budgets());
        var words = Words(linter);

        Assert.Contains("1 accounts have the plugin mysql_native_password, which is not active on the new server", words, StringComparison.Ordinal);
        Assert.Contains("begins each connection with a statement that the new server refuses: 1193", words, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_green_of_which_nothing_is_known()
    {
        var blind = s_old with { Accounts = null };
        var linter = Make(blind, s_new with { Accounts = null });

        Assert.Equal(Grade.Unknown, Assert.Single(linter.NewConnections("").Measures).Grade);
        Assert.Equal(Verdict.Inconclusive, Report([linter.NewConnections("")]).Verdict);
        Assert.Equal(Verdict.Inconclusive, Report([]).Verdict);
        // Nobody said which drivers there are: that one of them would fail is a question.
        var anyDriver = DriverChoice.Of(s_old with { Drivers = null }, []);
        Assert.False(anyDriver.IsKnown);
        var sha2 = s_new with { Accounts = [new("app", "%", Sha2, false)] };
        var section = new Linter(s_old, sha2, AccountClasses.Of(s_old, sha2, []), anyDriver, new Budgets()).NewConnections("");
        Assert.Contains(section.Findings, one => one.Grade == Grade.Unknown && one.Words.StartsWith("if it is used", StringComparison.Ordinal));
    }

    [Fact]
    public void Accounts_that_may_not_be_read_can_be_named()
    {
        var named = AccountClasses.Of(s_old with { Accounts = null }, s_new with { Accounts = null }, [("app", Native, Sha2)]);

        Assert.Equal((Native, Sha2, 1), (named.Classes[0].OldPlugin, named.Classes[0].NewPlugin, named.Classes[0].Accounts));
    }

    [Theory]
    [InlineData("[budgets]\nround_trips_percent = 12.5\nheadroom_min = 2", null)]
    [InlineData("# What we can bear.\n[budgets] # All of it.\n# Half more.\nheadroom_min = 2 # Twice the peak.\nslower_digests_max = inf\n", null)]
    [InlineData("[budgets]\n", null)]
    [InlineData("", "it has no table [budgets]")]
    [InlineData("# round_trips_percent = 5\n", "it has no table [budgets]")]
    [InlineData("headroom_min = 1", "headroom_min stands before any table")]
    [InlineData("budgets.headroom_min = 1", "budgets.headroom_min stands before any table")]
    [InlineData("headroom_min = 1\n[budgets]\nknee_percent = 5", "headroom_min stands before any table")]
    [InlineData("[[budgets]]\nheadroom_min = 1", "the only table is [budgets]")]
    [InlineData("[budgets]\nheadroom_min = 1\nheadroom_min = 3", "")]
    [InlineData("[budgets]\nround_trip_percent = 5", "there is no budgets.")]
    [InlineData("[budgets]\nheadroom_min = -1", "must be a number")]
    [InlineData("[budgets]\nheadroom_min = \"much\"", "must be a number")]
    [InlineData("[limits]\nheadroom_min = 1", "the only table is [budgets]")]
    [InlineData("[budgets\n", "")]
    public void Budgets_are_read_or_refused_with_the_reason(string toml, string? problem)
    {
        var budgets = Budgets.Read(toml, out var said);

        Assert.True(problem is null == budgets is not null, said);
        if (problem is not null)
            Assert.Contains(problem, said, StringComparison.Ordinal);
        if (toml.Contains("12.5", StringComparison.Ordinal))
            Assert.Equal((12.5, 2), (budgets!.RoundTripsPercent, budgets.HeadroomMin));
    }

    [Theory]
    [InlineData("mysql://dba:s%40cret@db1:3307?tls=verify&ca=/etc/ca.pem", "dba", "db1", 3307)]
    [InlineData("mysql://dba@[::1]", "dba", "::1", 3306)]
    [InlineData("http://dba@db1", null, null, 0)]
    [InlineData("mysql://dba@db1?tls=maybe", null, null, 0)]
    [InlineData("mysql://db1", null, null, 0)]
    [InlineData("mysql://dba@db1/", "dba", "db1", 3306)]
    [InlineData("mysql://dba@db1:3306/shop", null, null, 0)]
    [InlineData("mysql://dba@db1:0", null, null, 0)]
    [InlineData("mysql://dba:x/marker@db1", null, null, 0)]
    [InlineData("mysql://dba:x#marker@db1", null, null, 0)]
    [InlineData("mysql://dba:x?marker@db1", null, null, 0)]
    [InlineData("mysql://dba@db1?tls=verify", null, null, 0)]
    [InlineData("mysql://dba@db1?tls=required&ca=/etc/ca.pem", null, null, 0)]
    [InlineData("mysql://dba@db1?socket=/a/path/that/is/far/too/long/for/any/socket/of/any/server/because/no/system/has/room/for/one/of/more/than/107/bytes",
        null, null, 0)]
    [InlineData("nonsense:marker-5d", null, null, 0)]
    public void A_DSN_is_read_and_its_password_never_shown(string text, string? user, string? host, int port)
    {
        var dsn = Dsn.Parse(text, out var problem);

        Assert.Equal((user, host, port), (dsn?.User, dsn?.Host, dsn?.Port ?? 0));
        Assert.Equal(user is null, problem.Length > 0);
        Assert.DoesNotContain("marker", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("s@cret", $"{dsn} {problem}", StringComparison.Ordinal);
        if (user is not null && text.Contains("s%40cret", StringComparison.Ordinal))
            Assert.Equal("s@cret"u8, dsn!.Password!.Bytes);
    }

    [Fact]
    public void The_verdict_file_is_whole_and_its_signature_can_be_checked()
    {
        var linter = Make(s_old, s_new);
        var file = ReportJson.Write(Report([linter.NewConnections("b"), .. linter.Others()]), "1.2.3");
        using var json = JsonDocument.Parse(file);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signature = ReportJson.Sign(file, key.ExportPkcs8PrivateKeyPem());

        Assert.Equal("seawall-rehearsal/1", json.RootElement.GetProperty("schema").GetString());
        Assert.Equal("fail", json.RootElement.GetProperty("verdict").GetString());
        Assert.True(key.VerifyData(file, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        file[10] ^= 1;
        Assert.False(key.VerifyData(file, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    [Fact]
    public void Nothing_that_a_server_says_becomes_part_of_the_page()
    {
        var page = ReportHtml.Write(
            Report([new("T", [new("<script>", "<b>", "&", "", "", Grade.Note)], [new(Grade.Note, "<img src=x>")])
            {
                Plots = [new("<svg>", "x", "y", [new("<a>", [(1, 2), (3, 4)])])],
            }]) with
            { Old = "8.0<script>" }, "1");

        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.Contains("<polyline", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal); // It loads nothing.
    }

    private static Linter Make(TargetFacts old, TargetFacts @new) =>
        new(old, @new, AccountClasses.Of(old, @new, []), DriverChoice.Of(s_old, []), new Budgets());

    private static string Words(Linter linter) => string.Join(
        '\n', linter.Others().Prepend(linter.NewConnections("")).SelectMany(one => one.Findings).Select(one => one.Words));

    private static Report Report(IReadOnlyList<Section> sections) => new()
    {
        Steps = ["lint"],
        Old = "a",
        New = "b",
        Began = DateTimeOffset.UnixEpoch,
        Sections = sections,
    };
}
