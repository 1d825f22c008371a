using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Goal: what a session has and no report of the server tells goes along with it. Method: the same on a direct connection and
/// through Seawall, whose only connection another session has between any two steps.
/// </summary>
public sealed class MovedSessionTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<LabKind, string[]> Texts()
    {
        string[][] all =
        [
            ["set names latin1 collate latin1_german1_ci", "set character_set_client = 'utf8mb4'", "select 'a' 'b' as it, @@collation_connection",
                "set collation_connection = 'latin1_bin'", "select 'a', collation('a')", "set character_set_results = 'latin1'", "select 'a'"],
            ["set names utf8mb4 collate utf8mb4_bin", "set character set latin1", "select 'a', @@character_set_client", "set names default", "select 'a'"],
            ["set collation_connection = 'utf8mb4_bin'", "select 'a', collation('a')", "set character_set_results = null", "select 'a'",
                "set names binary", "select 'a'", "set character_set_results = 'ucs2'", "select 'a'"],
            ["set sql_big_selects = 1", "set max_join_size = 1000", "select @@sql_big_selects, @@max_join_size", "set sql_big_selects = 1",
                "select @@sql_big_selects, @@max_join_size", "set max_join_size = 77, sql_big_selects = 1", "select @@sql_big_selects, @@max_join_size",
                "set sql_big_selects = 0, max_join_size = default", "select @@sql_big_selects, @@max_join_size"],
            // NULL is reported as nothing, and nothing is refused; what a server does not have is an error on both sides.
            ["set default_tmp_storage_engine = null", "select @@default_tmp_storage_engine", "set enforce_storage_engine = null",
                "select @@enforce_storage_engine", "set innodb_tmpdir = null", "select @@innodb_tmpdir", "set innodb_ft_user_stopword_table = null",
                "select @@innodb_ft_user_stopword_table", "set external_table_storage_engine = null", "select @@external_table_storage_engine",
                "set in_predicate_conversion_threshold = 1001", "select @@in_predicate_conversion_threshold", "select 1"],
        ];
        var data = new TheoryData<LabKind, string[]>();
        foreach (var kind in Enum.GetValues<LabKind>())
        {
            foreach (var texts in all)
                data.Add(kind, texts);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Settings_that_no_report_tells_go_along(LabKind kind, string[] texts)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var text in texts)
        {
            Assert.Null(other.Query("select 'other'").Error);
            twins.SameQuery(text);
        }
        twins.AssertSame();
        // Nor does any of it go to the other one.
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall");
        foreach (var text in texts.Where(text => text.StartsWith("select @@", StringComparison.Ordinal)))
            Assert.Equal(direct.Query(text).Shown(CommandKind.Query), other.Query(text).Shown(CommandKind.Query));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Warnings_are_repeated_by_commands_that_repeat_them(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var text in (string[])["select * from no_such_table", "select cast('abc' as signed)", "select 1"])
        {
            twins.SameQuery(text);
            foreach (var command in (CommandKind[])[CommandKind.InitDb, CommandKind.Ping, CommandKind.InitDb])
            {
                Assert.Null(other.Query("select 'other'").Error);
                twins.Same(command, command == CommandKind.InitDb ? "fidelity_d" : "");
            }
            Assert.Null(other.Query("select 'other'").Error);
            twins.SameQuery("show warnings");
        }
        // What Seawall says itself: no such statement.
        twins.SameLast();
        Assert.Null(other.Query("select 'other'").Error);
        twins.Same(CommandKind.Ping, "");
        twins.Same(CommandKind.InitDb, "fidelity_d");
        twins.SameQuery("show warnings");
        twins.AssertSame();
    }

    // The change of user, which is all that MySQL 5.6 has, takes none of these away.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Nothing_of_a_session_is_left_to_the_next(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        const string look = "select now() > '2001-01-01', last_insert_id(), @@sql_big_selects";
        foreach (var left in (string[])["set timestamp = 1000", "set insert_id = 77", "set rand_seed1 = 5", "set last_insert_id = 99", "set @a = 1"])
        {
            using (var one = RawClient.Connect(seawall.Port, "seawall", "seawall"))
            {
                Assert.Null(one.Query(left).Error);
                Assert.Null(one.Query("select 1; select 2").Error);
            }
            using var next = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual & ~Capabilities.MultiStatements);
            using var direct = RawClient.Connect(server.Port, "seawall", "seawall", RawClient.Usual & ~Capabilities.MultiStatements);
            foreach (var text in (string[])[look, "select 1; select 2", "select @a"])
                Assert.Equal(direct.Query(text).Shown(CommandKind.Query), next.Query(text).Shown(CommandKind.Query));
        }
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 } });
}
