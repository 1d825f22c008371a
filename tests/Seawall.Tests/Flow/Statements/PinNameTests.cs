using Seawall.Engine.Flow;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>A pin ends when the last of the things that it stands for is gone, and not before.</summary>
public sealed class PinNameTests
{
    public static TheoryData<string> Tables =>
    [
        "create temporary table a (b int) -> TemporaryTable | drop temporary table a -> None",
        "CREATE TEMPORARY TABLE a (b int) -> TemporaryTable | drop table if exists a -> None",
        "create temporary table a (b int) -> TemporaryTable | drop table A -> TemporaryTable | drop table b -> TemporaryTable",
        "create temporary table `a` (b int) -> TemporaryTable | create temporary table c as select 1 -> TemporaryTable "
            + "| drop table a -> TemporaryTable | drop table c -> None",
        "create temporary table a (b int) -> TemporaryTable | create temporary table c (b int) -> TemporaryTable "
            + "| drop temporary table if exists c, x, `a` restrict -> None",
        "create temporary table if not exists a (b int) -> TemporaryTable | create temporary table if not exists a (b int) "
            + "-> TemporaryTable | drop table a -> None",
        "create temporary table db.a (b int) -> TemporaryTable | drop table a -> TemporaryTable | drop table other.a "
            + "-> TemporaryTable | drop table `db`.a -> None",
        "create temporary table a (b int) -> TemporaryTable | alter table a rename c -> TemporaryTable "
            + "| drop table a -> TemporaryTable | drop table c -> TemporaryTable",
        "create temporary table a (b int) -> TemporaryTable | drop table `a``` -> TemporaryTable",
        "create temporary table `a``` (b int) -> TemporaryTable | drop table `a``` -> TemporaryTable",
        "create temporary table a (b int); drop table a -> TemporaryTable | drop table a -> TemporaryTable",
        "create temporary table a (b int) -> TemporaryTable | drop table a; select 1 -> TemporaryTable | drop table a -> None",
        "create temporary table a (b int) -> TemporaryTable | drop view a -> TemporaryTable",
        "drop table a -> None | create temporary table a (b int) -> TemporaryTable",
    ];

    public static TheoryData<string> Locks =>
    [
        "select get_lock('x', 1) -> NamedLock | select release_lock('x') -> None",
        "select GET_LOCK('x', -1) as l -> NamedLock | do release_lock('x') -> None",
        "select get_lock('x', 1) -> NamedLock | select get_lock('x', 1) -> NamedLock | select release_lock('x') -> NamedLock "
            + "| select release_lock('x') as `done` -> None",
        "select get_lock('x', 1) -> NamedLock | select release_lock('y') -> NamedLock | select release_lock('X') -> NamedLock",
        "select get_lock('x', 1) -> NamedLock | select release_lock('x') from t where 0 -> NamedLock",
        "select get_lock('x', 1) -> NamedLock | select if(0, release_lock('x'), 1) -> NamedLock",
        "select get_lock('x', 1) -> NamedLock | select release_lock('x'), get_lock('x', 1) -> NamedLock "
            + "| select release_lock('x') -> NamedLock | select release_all_locks() -> None",
        "select get_lock(concat('x', 1), 1) -> NamedLock | select release_lock('x1') -> NamedLock | do release_all_locks() -> None",
        "select get_lock('x', get_lock('y', 1)) -> NamedLock | select release_lock('x') -> NamedLock",
        "select get_lock('a\\'b', 1) -> NamedLock | select release_lock('a\\'b') -> NamedLock | select release_all_locks() -> None",
        "select get_lock('x', 1), 2 -> NamedLock | select release_all_locks() from t -> NamedLock",
        "select get_lock('x', 1) limit 0 -> NamedLock | select release_lock('x') -> NamedLock",
    ];

    public static TheoryData<string> Others =>
    [
        "handler t open -> Handler | handler t read first -> Handler | handler t close -> None",
        "handler db.t open as h -> Handler | handler t close -> Handler | handler h close -> None",
        "handler db.t open -> Handler | handler `t` close -> None",
        "handler a open b -> Handler | handler c open -> Handler | handler b close -> Handler | handler c close -> None",
        "prepare s from 'select 1' -> TextPrepared | deallocate prepare S -> None",
        "prepare s from 'select 1' -> TextPrepared | prepare s from 'select 2' -> TextPrepared | drop prepare s -> None",
        "prepare s from @a -> TextPrepared | prepare `t` from 'x' -> TextPrepared | drop prepare t -> TextPrepared",
        "flush tables with read lock -> GlobalLock | unlock tables -> None",
        "flush tables with read lock -> GlobalLock | lock instance for backup -> GlobalLock | unlock instance -> GlobalLock "
            + "| unlock tables -> None",
        "lock instance for backup -> GlobalLock | unlock tables -> GlobalLock | unlock instance -> None",
        "lock tables t read -> TableLock | unlock tables -> None",
    ];

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_temporary_table_pins_until_it_is_dropped(string script) => Follow(FakeServerKind.MySql97, script);

    [Theory]
    [MemberData(nameof(Locks))]
    public void A_lock_pins_until_it_was_released_as_often_as_it_was_taken(string script) =>
        Follow(FakeServerKind.MySql97, script);

    [Theory]
    [MemberData(nameof(Others))]
    public void Handlers_prepared_texts_and_global_locks_pin_until_they_are_ended(string script) =>
        Follow(FakeServerKind.MySql97, script);

    [Theory]
    [InlineData("backup stage start -> GlobalLock | backup lock t -> GlobalLock | backup unlock -> GlobalLock | backup stage end -> None")]
    [InlineData("backup lock t -> GlobalLock | unlock tables -> GlobalLock | backup unlock -> None")]
    [InlineData("create or replace temporary table a (b int) -> TemporaryTable | drop table a wait 5 -> None")]
    [InlineData("create temporary sequence s -> TemporaryTable | drop sequence s -> None")]
    public void MariaDb_has_things_of_its_own(string script) => Follow(FakeServerKind.MariaDb1011, script);

    [Fact]
    public void An_old_server_has_one_lock_for_a_session_at_most() => Follow(FakeServerKind.MySql56,
        "select get_lock('x', 1) -> NamedLock | select get_lock('y', 1) -> NamedLock | select release_lock('y') -> None");

    [Fact]
    public void The_schema_is_part_of_a_tables_name()
    {
        using var world = World(FakeServerKind.MySql97);
        world.Server.Schemas.UnionWith(["one", "two"]);
        var client = world.Client();
        Assert.True(client.Query("USE one").IsOk);
        Run(world, client, "create temporary table a (b int) -> TemporaryTable");
        Assert.True(client.Query("USE two").IsOk);
        Run(world, client, "drop table a -> TemporaryTable");
        Run(world, client, "drop table one.a -> None");
    }

    [Fact]
    public void What_fails_ends_nothing()
    {
        using var world = World(FakeServerKind.MySql97);
        var client = world.Client();
        Run(world, client, "create temporary table a (b int) -> TemporaryTable");
        world.Server.When("drop table a", new FakeError(1051, "Unknown table"));
        Assert.Equal(1051, client.Query("drop table a").Code);
        Assert.Equal(PinReasons.TemporaryTable, ReasonsOf(world) & ~PinReasons.Soft);
    }

    [Fact]
    public void A_prepared_statement_is_known_by_the_text_that_was_prepared()
    {
        using var world = World(FakeServerKind.MySql97);
        var client = world.Client();
        world.Server.When("create temporary table a (b int)", new FakeOk());
        world.Server.When("drop table a", new FakeOk());
        var create = client.Prepare("create temporary table a (b int)");
        var drop = client.Prepare("drop table a");
        Assert.Equal(PinReasons.None, ReasonsOf(world));
        Assert.True(client.Execute(create.Id).IsOk);
        Assert.Equal(PinReasons.TemporaryTable, ReasonsOf(world));
        Assert.True(client.Execute(drop.Id).IsOk);
        Assert.Equal(PinReasons.None, ReasonsOf(world));
    }

    [Theory]
    [InlineData("select get_lock('x', 1)")]
    [InlineData("call p()")]
    [InlineData("commit release")]
    [InlineData("set names utf8")]
    [InlineData("set transaction read only")]
    [InlineData("select found_rows()")]
    public void To_prepare_a_statement_does_nothing_that_running_it_would_do(string sql)
    {
        using var world = World(FakeServerKind.MySql97);
        world.Server.When(sql, new FakeOk());
        var client = world.Client();
        Assert.True(world.Client().Query("SELECT 'somebody else had the connection'").IsOk);

        client.Prepare(sql);

        Assert.All(world.Engine.Lanes.Single().Door.Sessions, each => Assert.Equal(PinReasons.None, each.PinReasons));
        Assert.Equal("goes on", client.Query("SELECT 'goes on'").Scalar);
        Assert.Single(world.Pooled);
    }

    // All servers describe the column of a variable that a preparation has made in another way than that of one that is not there.
    [Theory]
    [InlineData("set @a = ?")]
    [InlineData("select @a := 1")]
    public void A_user_variable_is_there_as_soon_as_a_statement_is_prepared_that_sets_it(string sql)
    {
        using var world = World(FakeServerKind.MySql97);
        world.Server.When(sql, new FakeOk());
        var client = world.Client();

        client.Prepare(sql);

        Assert.Equal(PinReasons.UserVariable, ReasonsOf(world));
        Assert.True(client.Command(CommandKind.ResetConnection).IsOk);
        Assert.Equal(PinReasons.None, ReasonsOf(world));
    }

    [Fact]
    public void Settings_for_one_statement_do_not_pin()
    {
        using var world = World(FakeServerKind.MariaDb1011);
        var client = world.Client();
        Run(world, client, "set statement max_statement_time = 1, sql_mode = '' for select 1 -> None");
        Run(world, client, "set statement x = 1 for create temporary table a (b int) -> TemporaryTable");
    }

    [Fact]
    public void Names_beyond_the_limit_pin_until_the_session_is_reset()
    {
        using var world = World(FakeServerKind.MySql97);
        var client = world.Client();
        for (var i = 0; i < 70; i++)
            Run(world, client, $"create temporary table t{i} (b int) -> TemporaryTable");
        for (var i = 0; i < 70; i++)
            Run(world, client, $"drop table t{i} -> TemporaryTable");
    }

    [Theory]
    [InlineData("SHOW WARNINGS", "1365")]
    [InlineData("SHOW WARNINGS;", "1365")]
    [InlineData("SHOW WARNINGS LIMIT 1", "1365")]
    [InlineData("SHOW WARNINGS LIMIT 0, 7", "1365")]
    [InlineData("SHOW WARNINGS LIMIT 7 OFFSET 1", "")]
    [InlineData("SHOW WARNINGS LIMIT 1 /* or 2 */", null)]
    public void Kept_warnings_are_shown_to_who_asks_for_them(string question, string? shown)
    {
        using var world = World(FakeServerKind.MySql97);
        var client = world.Client();
        var other = world.Client();
        world.Server.When("select 1/0", new FakeRows(["1/0"], [[null]], Warnings: 1));
        world.Server.When("SHOW WARNINGS", new FakeRows(["Level", "Code", "Message"], [["Warning", "1365", "Division by 0"]]));
        Assert.True(client.Query("select 1/0").IsOk);
        Assert.True(other.Query("SELECT 'mine'").IsOk); // It needs the only connection.

        var reply = client.Query(question);

        Assert.Equal(shown, reply.IsOk ? string.Concat(reply.Only.Rows.Select(row => row[1])) : null);
    }

    private static void Follow(FakeServerKind kind, string script)
    {
        using var world = World(kind);
        const Capabilities several = FakeClientOptions.Modern | Capabilities.MultiStatements;
        var client = world.Client(new FakeClientOptions { Capabilities = several });
        foreach (var step in script.Split(" | "))
            Run(world, client, step);
    }

    private static void Run(EngineWorld world, FakeClient client, string step)
    {
        var arrow = step.LastIndexOf(" -> ", StringComparison.Ordinal);
        var sql = step[..arrow].Trim();
        foreach (var part in sql.Split("; "))
            world.Server.When(part, new FakeOk());
        var reply = client.Query(sql);
        Assert.True(reply.IsOk, $"{sql}: {reply}");
        Assert.Equal((sql, Enum.Parse<PinReasons>(step[(arrow + 4)..])), (sql, ReasonsOf(world)));
    }

    private static PinReasons ReasonsOf(EngineWorld world) => world.Engine.Lanes.Single().Door.Sessions.Single().PinReasons;

    private static EngineWorld World(FakeServerKind kind) => new(StatementTests.OnePooled(kind));
}
