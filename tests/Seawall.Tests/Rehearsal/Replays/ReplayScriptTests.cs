using System.Text;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;
using Seawall.Rehearsal.Answers;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Replays;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Traffics;
using Xunit;
using End = Seawall.Rehearsal.Logins.LoginEnd;
using LoginOutcome = Seawall.Rehearsal.Logins.LoginOutcome;

namespace Seawall.Tests.Rehearsal.Replays;

/// <summary>What a replay does with captured traffic, and what its report makes of what was seen; nothing is sent here.</summary>
public sealed class ReplayScriptTests
{
    private static readonly SqlDialect s_dialect = new(false, false, true, 101119, ClientCharset.Transparent);

    [Fact]
    public void Only_reads_are_sent_and_the_rest_is_counted_by_why()
    {
        var script = Script(isWriting: false,
            Query("begin", 0), Query("select 1", 1), Query("insert into t values (1)", 2), Query("commit", 3), Query("kill 5", 4),
            Query("start transaction read write", 5), Query("select ?", 6) with { Hindrance = "its values are not in the capture" },
            new() { At = 7, Kind = CommandKind.BinlogDump }, new() { At = 8, Kind = CommandKind.Ping });

        Assert.Equal([true, true, false, true, false, false, false, false, true], script.Commands.Select(one => one.IsSent));
        Assert.Equal(5, script.Skipped.Values.Sum());
        Assert.Equal(1, script.Skipped["it writes, or may"]);
        Assert.All(script.Commands, one => Assert.Equal(0, one.Turn));
    }

    // Without its file it would load nothing, and what comes after it would find other rows than then, on both servers.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Files_of_clients_are_in_no_capture_and_what_loads_them_is_counted_by_its_name(bool isWriting)
    {
        var script = Script(isWriting,
            Query("load data local infile 'rows' into table t", 0), Query("LOAD DATA LOW_PRIORITY LOCAL INFILE 'rows' INTO TABLE t (a, b)", 1),
            Query("load xml local infile 'rows' into table t", 2), Query("load data infile 'rows' into table t", 3), Query("select 'load data local'", 4));

        Assert.Equal(3, script.Skipped["LOAD DATA LOCAL, whose file is in no capture"]);
        Assert.Equal([false, false, false, isWriting, true], script.Commands.Select(one => one.IsSent));
    }

    [Fact]
    public void Coverage_is_by_the_time_that_statements_took()
    {
        var script = Script(isWriting: false, Query("select 1", 0) with { TookUs = 3_000 }, Query("delete from t", 1) with { TookUs = 1_000 });

        Assert.Equal(0.75, script.Covered);
    }

    [Fact]
    public void What_commits_has_a_turn_in_the_order_in_which_it_was_answered()
    {
        var script = Script(isWriting: true,
            Query("update t set a = 1", 0) with { Ended = 9 }, Query("begin", 1) with { Ended = 1.1 },
            Query("insert into t values (1)", 2) with { Ended = 2.1, InTransaction = true }, Query("commit", 3) with { Ended = 3.1, InTransaction = true },
            Query("select 1", 4) with { Ended = 4.1 });
        var turns = script.Commands.Select(one => one.Turn).ToArray();

        Assert.True(turns[0] > turns[3] && turns[3] > 0);
        Assert.Equal((0, 0, 0), (turns[1], turns[2], turns[4]));
    }

    // A client that reads, or connects, after another's commit has seen it; what came before, or while it was under way, need not have.
    [Fact]
    public void What_came_after_a_commit_comes_after_it_again()
    {
        var insert = Query("insert into t values (1)", 1) with { Ended = 2 };
        TrafficCommand[] reads =
        [
            Query("select 1", 0.5) with { Ended = 0.6 }, Query("select 2", 1.5) with { Ended = 1.6 }, Query("select 3", 2) with { Ended = 3 },
        ];
        var script = ReplayScript.Of(new Traffic
        {
            Connections = [new() { At = 0, Commands = [insert] }, new() { At = 0.1, Commands = reads }, new() { At = 2.5, Commands = [] }],
        }, s_dialect, isWriting: true);
        var turn = script.Commands[0].Turn;

        Assert.Equal([false, false, true], script.Commands.Skip(1).Select(one => one.After >= turn));
        Assert.Equal([false, false, true], script.Connections.Select(one => one.After >= turn));
    }

    [Fact]
    public async Task Who_waits_for_a_turn_that_does_not_come_goes_all_the_same()
    {
        var turns = new CommitTurns([2, 5, 9], 9, Timeout.InfiniteTimeSpan, TimeProvider.System);
        await turns.Wait(2, CancellationToken.None);
        var (second, third) = (turns.Wait(5, CancellationToken.None), turns.Wait(9, CancellationToken.None));
        Assert.False(second.IsCompleted || third.IsCompleted);
        turns.Done(2);
        await second;
        Assert.False(third.IsCompleted);
        turns.Done(5);
        await third;
        Assert.Equal(0, turns.Late);

        turns = new CommitTurns([2, 5, 9], 9, Timeout.InfiniteTimeSpan, TimeProvider.System);
        await turns.Reach(1, CancellationToken.None); // Nothing was to be done before.
        var (after, last) = (turns.Reach(7, CancellationToken.None), turns.Reach(100, CancellationToken.None));
        turns.Done(2);
        Assert.False(after.IsCompleted);
        turns.Done(5);
        await after;
        Assert.False(last.IsCompleted);

        turns = new CommitTurns([2, 5], 5, TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await turns.Wait(5, CancellationToken.None);
        Assert.Equal(1, turns.Late);
    }

    [Fact]
    public void A_piece_of_a_value_that_is_missing_keeps_its_execution_from_being_sent()
    {
        var script = Script(isWriting: false,
            new() { At = 0, Kind = CommandKind.StatementSendLongData, StatementId = 3, Hindrance = "it is not whole in the capture" },
            new() { At = 1, Kind = CommandKind.StatementExecute, StatementId = 3, Text = "select ?"u8.ToArray() },
            new() { At = 2, Kind = CommandKind.StatementExecute, StatementId = 3, Text = "select ?"u8.ToArray() });

        Assert.Equal([false, false, true], script.Commands.Select(one => one.IsSent));
    }

    // What a driver does with a cursor: it executes with one, fetches, and closes. A cursor that nobody has read of needs none.
    [Fact]
    public void Rows_that_are_fetched_come_from_the_execution_before_them()
    {
        var select = "select a from t"u8.ToArray();
        TrafficCommand Of(CommandKind kind, double at, uint id) =>
            new() { At = at, Kind = kind, StatementId = id, Text = kind == CommandKind.StatementClose ? default : select, Parameters = Bytes(kind) };
        static byte[] Bytes(CommandKind kind) => kind == CommandKind.StatementFetch ? [5, 0, 0, 0] : [];

        var script = Script(isWriting: false,
            Of(CommandKind.StatementExecute, 0, 1), Of(CommandKind.StatementExecute, 1, 1), Of(CommandKind.StatementExecute, 2, 2),
            Of(CommandKind.StatementFetch, 3, 1), Of(CommandKind.StatementFetch, 4, 1), Of(CommandKind.StatementClose, 5, 1),
            Of(CommandKind.StatementFetch, 6, 1), Of(CommandKind.StatementFetch, 7, 3), Of(CommandKind.StatementFetch, 8, 2) with { Parameters = default });

        Assert.Equal([1], script.Commands.Where(one => one.OpensCursor && one.Command.StatementId == 1).Select(one => one.Number));
        Assert.All(script.Commands.Skip(6), one => Assert.False(one.IsSent));
        Assert.True(script.Commands[3] is { IsSent: true, IsCompared: true });
        Assert.NotEqual(script.Commands[3].Digest, script.Commands[1].Digest);
        Assert.Equal(2, script.Skipped["rows of a cursor whose execution is not in the capture, or is not sent"]);
        Assert.Equal(1, script.Skipped["it does not say how many rows"]);
    }

    [Theory]
    [InlineData(true, true, 1, 1)]
    [InlineData(true, false, 0, 2)]
    [InlineData(false, true, 0, 2)]
    public void Executions_for_many_sets_of_values_are_sent_where_both_know_them_and_their_types_are_known(bool hasBulk, bool hasTypes, int sent, int skipped)
    {
        TrafficCommand Of(double at, uint id, byte flags) => new()
        {
            At = at,
            Kind = CommandKind.StatementBulkExecute,
            StatementId = id,
            Text = "insert into t values (?)"u8.ToArray(),
            Parameters = new byte[] { flags, 0, 253, 0 },
        };
        var script = ReplayScript.Of(new Traffic
        {
            Connections = [new() { At = 0, Commands = [Of(0, 1, hasTypes ? (byte)128 : (byte)0), Of(1, 2, 0)] }],
        }, s_dialect, isWriting: true, hasBulk);

        Assert.Equal((sent, skipped), (script.Commands.Count(one => one.IsSent), script.Skipped.Values.Sum()));
        Assert.Equal(sent, script.Commands.Count(one => one.Turn > 0));
    }

    [Fact]
    public void A_change_of_the_user_is_of_one_account_and_in_the_schema_that_the_command_after_it_ran_in()
    {
        const long began = 1_000_000_000;
        var traffic = CapturedTraffic.Of(
        [
            new CaptureHead { BeganUs = began },
            new ConnectionEvent { Figures = new() { Connection = 1, AcceptUs = began }, User = "one", AccountPlugin = "mysql_native_password" },
            Command(1, began + 1, "other") with { Figures = Command(1, began + 1, "").Figures with { Command = CommandKind.ChangeUser } },
            Command(1, began + 2, "select 1") with { Schema = "shop" },
        ]);

        Assert.Equal("shop", traffic.Connections[0].Commands[0].Schema);
        Assert.Equal([("one", 1, 0), ("other", 0, 1)], traffic.Users.Select(one => (one.User, one.Connections, one.Changes)));
        Assert.True(ReplayScript.Of(traffic, s_dialect, isWriting: false).Commands[0].IsSent);
    }

    [Fact]
    public void Passes_take_turns() => Assert.Equal(
        [(false, 0), (true, 0), (false, 1), (true, 1)], ReplayPass.InTurns(2).Select(pass => (pass.IsNew, pass.Number)));

    [Fact]
    public void Records_become_traffic_whatever_their_order()
    {
        const long began = 1_000_000_000;
        var traffic = CapturedTraffic.Of(
        [
            new CaptureHead { Name = "noon", BeganUs = began },
            Command(2, began + 500_000, "select 2"),
            new ConnectionEvent { Figures = new() { Connection = 1, AcceptUs = began + 100_000 }, User = "app", Attributes = [new("_client_name", "mysqlnd")] },
            Command(1, began + 300_000, "select 1"), Command(1, began + 200_000, "select 0"),
            Command(1, began + 400_000, "select ?") with { Figures = Command(1, began + 400_000, "").Figures with { Text = TextState.Redacted } },
            new ConnectionEnd { Figures = new() { Connection = 1, CloseUs = began + 2_000_000 } },
            new CaptureGap { Dropped = 7 },
        ]);

        Assert.Equal(("noon", 2.0), (traffic.Name, traffic.Seconds));
        Assert.Equal(["7 records that the capture lost"], traffic.Gaps);
        var (stray, app) = (traffic.Connections[0], traffic.Connections[1]);
        Assert.Equal((true, "select 2"), (stray.WasThere, Text(stray.Commands[0])));
        Assert.Equal(("app", "mysqlnd", 0.1, 2.0), (app.User, app.ClientName, app.At, app.Ended));
        Assert.Equal(["select 0", "select 1", "select ?"], app.Commands.Select(Text));
        Assert.NotEmpty(app.Commands[2].Hindrance);
        Assert.Equal(1, traffic.PeakConnects);

        static string Text(TrafficCommand command) => Encoding.UTF8.GetString(command.Text.Span);
    }

    [Theory]
    [InlineData("libmysql", "8.4.0", "caching_sha2_password", "mysql_native_password", "libmysqlclient-sha2-first")]
    [InlineData("libmysql", "5.6.24", "mysql_native_password", "mysql_native_password", "libmysqlclient-5")]
    [InlineData("libmysql", "8.4.0", "caching_sha2_password", "caching_sha2_password", "libmysqlclient")]
    [InlineData("Node-MySQL-2", "3.1", "mysql_native_password", "mysql_native_password", "mysql2")]
    [InlineData("MariaDB Connector/J", "2.7", "mysql_native_password", "mysql_native_password", "mariadb-connector-j-2")]
    public void A_driver_is_known_by_its_name_and_what_it_began_with(string name, string version, string first, string account, string profile) => Assert.Equal(
        profile, TrafficDrivers.Of(
            new() { At = 0, ClientName = name, ClientVersion = version, FirstPlugin = first, AccountPlugin = account }, []).Profile.Name);

    [Fact]
    public void Drivers_weigh_what_was_captured_of_them()
    {
        var (one, other) = (DriverProfiles.Find("mysql2")!, DriverProfiles.Find("mysqlnd")!);
        var choice = DriverChoice.Captured([one, one, one, other]);

        Assert.Equal((0.75, 0.25, true), (choice.Weights[one], choice.Weights[other], choice.IsKnown));
    }

    [Fact]
    public void A_statement_that_gives_one_server_two_answers_says_nothing_of_two_servers()
    {
        var script = Script(isWriting: false, Query("select a from t", 0), Query("select b from t", 1));
        var ledger = new ReplayLedger(2);
        foreach (var pass in ReplayPass.InTurns(2))
        {
            ledger.Begin(pass);
            // The first differs on the new server in each pass, the second each time.
            ledger.Add(pass, script.Commands[0], new Answer { Rows = pass.IsNew ? 2 : 1 }, 100, 0);
            ledger.Add(pass, script.Commands[1], new Answer { Rows = (pass.IsNew ? 10 : 20) + pass.Number }, 100, 0);
        }

        Assert.Equal([0], ledger.Differences.Select(one => one.Command.Number));
        Assert.Equal((1, 2), (ledger.Unsteady, ledger.Compared));
        var pairs = ledger.Pairs("a", [script.Commands[0]]);
        Assert.Equal([1, 1], pairs.Turns.Select(turn => turn.Count));
        Assert.Equal([1], pairs.Between.Select(turn => turn.Count));
    }

    // The first gives way to locks on one server alone; what is left of its transaction, and what comes afterwards, may come from that.
    [Fact]
    public void What_gives_way_to_locks_is_no_failure_and_what_may_come_from_it_is_unknown()
    {
        var script = Script(isWriting: true,
            Query("select early from t", 0), Query("begin", 1), Query("update t set a = 1", 2) with { InTransaction = true },
            Query("select late from t", 3) with { InTransaction = true }, Query("commit", 4) with { InTransaction = true },
            Query("select after from t", 5));
        var ledger = new ReplayLedger(6, isWriting: true);
        foreach (var isNew in (bool[])[false, true])
        {
            var pass = new ReplayPass(isNew, 0);
            ledger.Begin(pass);
            foreach (var command in script.Commands)
            {
                var answer = new Answer { Rows = isNew && command.Number is 3 or 5 ? 2 : 1 };
                ledger.Add(pass, command, command.Number == 2 && isNew ? new Answer { Code = 1213, Words = "Deadlock found" } : answer, 100, 0);
            }
        }
        var report = new ReplayReport(script, ledger, new ReplayPlan { Passes = 1, IsWriting = true }, new Budgets(), new Random(1));
        var (queries, results) = (report.Queries(), report.Results());

        Assert.Equal(2, ledger.Excused);
        Assert.DoesNotContain(queries.Measures.Concat(results.Measures), one => one.Grade == Grade.Fail);
        Assert.Equal(Grade.Pass, queries.Measures.Single(one => one.Name.StartsWith("digests that fail", StringComparison.Ordinal)).Grade);
        Assert.Equal(("0", "1", Grade.Pass), Locks(queries));
        Assert.Contains(queries.Findings, one => one is { Grade: Grade.Note } && one.Words.Contains("says error 1213", StringComparison.Ordinal));
        Assert.Equal(Grade.Unknown, results.Measures[0].Grade);
        Assert.Contains("after a transaction that gave way to locks", Assert.Single(results.Findings).Words, StringComparison.Ordinal);
        Assert.Contains(report.NotTested(), one => one.Contains("answers to 2 statements", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(5, 7, Grade.Pass)]
    [InlineData(0, 5, Grade.Unknown)]
    [InlineData(0, 12, Grade.Fail)]
    [InlineData(12, 0, Grade.Pass)]
    public void A_server_on_which_clearly_more_gives_way_to_locks_fails(int old, int @new, object grade)
    {
        var script = Script(isWriting: false, [.. Enumerable.Range(0, 100).Select(at => Query("select a from t", at))]);
        var ledger = new ReplayLedger(100);
        foreach (var pass in ReplayPass.InTurns(1))
        {
            ledger.Begin(pass);
            foreach (var command in script.Commands)
                ledger.Add(pass, command, new Answer { Code = command.Number < (pass.IsNew ? @new : old) ? 1205 : 0 }, 100, 0);
        }
        var queries = new ReplayReport(script, ledger, new ReplayPlan { Passes = 1 }, new Budgets(), new Random(1)).Queries();

        Assert.Equal(($"{old}", $"{@new}", grade), Locks(queries));
    }

    private static (string Old, string New, object Grade) Locks(Section queries) =>
        queries.Measures.Where(one => one.Name.Contains("gave way", StringComparison.Ordinal)).Select(one => (one.Old, one.New, (object)one.Grade)).Single();

    // Of a new server that is slower, or whose turn something else has fallen into: the line on slower digests, and what is said.
    [Theory]
    [InlineData(130, 130, Grade.Fail, "slower: select a from t")]
    [InlineData(150, 100, Grade.Unknown, "the turns do not agree")]
    [InlineData(100, 100, Grade.Pass, null)]
    [InlineData(130, 0, Grade.Unknown, "one turn")]
    public void Times_are_judged_when_all_turns_say_the_same(int first, int second, object grade, string? words)
    {
        var script = Script(isWriting: false, [.. Enumerable.Range(0, 40).Select(at => Query("select a from t", at))]);
        var ledger = new ReplayLedger(40);
        var passes = second == 0 ? 1 : 2;
        foreach (var pass in ReplayPass.InTurns(passes))
        {
            ledger.Begin(pass);
            foreach (var command in script.Commands)
                ledger.Add(pass, command, new Answer(), (pass.IsNew ? pass.Number == 0 ? first : second : 100) + (command.Number % 5), 0);
        }
        var queries = new ReplayReport(script, ledger, new ReplayPlan { Passes = passes }, new Budgets(), new Random(1)).Queries();

        Assert.Equal(grade, queries.Measures[0].Grade);
        Assert.Equal(words is null, queries.Findings.Count == 0);
        Assert.True(words is null || queries.Findings.Any(one => one.Words.Contains(words, StringComparison.Ordinal)), string.Join('\n', queries.Findings));
    }

    [Fact]
    public void Nothing_compared_is_unknown_and_never_green()
    {
        var script = Script(isWriting: false, Query("select a from t", 0));
        var report = new ReplayReport(script, new ReplayLedger(1), new ReplayPlan(), new Budgets(), new Random(1));

        Assert.DoesNotContain(report.Results().Measures, one => one.Grade == Grade.Pass);
        Assert.Contains(report.Queries().Measures, one => one.Grade == Grade.Unknown);
        Assert.Contains(report.NotTested(), one => one.Contains("was not reached", StringComparison.Ordinal));
    }

    [Fact]
    public void Connects_that_fail_more_often_fail_and_a_late_machine_is_said_to_be_late()
    {
        var ledger = new ReplayLedger(0);
        foreach (var pass in ReplayPass.InTurns(1))
        {
            ledger.Begin(pass);
            for (var i = 0; i < 20; i++)
            {
                var outcome = new LoginOutcome(pass.IsNew && i < 3 ? End.Refused : End.In, 1040, "Too many connections");
                ledger.Add(pass, new ReplayedConnect(5, 30, outcome));
            }
        }
        var section = new ReplayReport(Script(false), ledger, new ReplayPlan { Passes = 1 }, new Budgets(), new Random(1)).Connections();

        Assert.Equal(Grade.Fail, section.Measures[0].Grade);
        Assert.Contains(section.Findings, one => one.Words.Contains("3 of 20 connects to the new server: refused: 1040", StringComparison.Ordinal));
        Assert.Contains(section.Findings, one => one.Words.Contains("late itself", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("sql_mode", "A,B", "SET SESSION sql_mode = 'A,B'")]
    [InlineData("autocommit", "0", "SET SESSION autocommit = 0")]
    [InlineData("x; drop", "it's \\ it", "SET SESSION xdrop = 'it''s \\\\ it'")]
    public void What_a_connection_had_set_is_set_again(string name, string value, string sql) => Assert.Equal(sql, Replayer.SettingText(name, value));

    private static CommandEvent Command(ulong connection, long at, string sql) => new()
    {
        Figures = new() { Connection = connection, StartUs = at, Command = CommandKind.Query, Text = TextState.Kept },
        Text = Encoding.UTF8.GetBytes(sql),
    };

    private static TrafficCommand Query(string sql, double at) => new() { At = at, Kind = CommandKind.Query, Text = Encoding.UTF8.GetBytes(sql) };

    private static ReplayScript Script(bool isWriting, params TrafficCommand[] commands) => ReplayScript.Of(
        new Traffic { Connections = [new TrafficConnection { At = 0, Commands = commands }] }, s_dialect, isWriting);
}
