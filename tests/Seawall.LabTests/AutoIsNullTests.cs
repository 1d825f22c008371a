using Seawall.Engine.Flow;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// With <c>sql_auto_is_null</c> on, <c>WHERE id IS NULL</c> finds the row with the number that the session has made last, once, and none of others. Whether
/// it is to be found is a mark on the connection that no statement sets.
/// </summary>
public sealed class AutoIsNullTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Each pair of sessions has a table of its own, which begins where no other one's numbers are.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Set_for_everybody_it_finds_what_the_session_has_made_and_nothing_of_others(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("create database nulls", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Pools = options.Pools with { SizeMax = 3 },
        });
        using (var setter = RawClient.Connect(seawall.Port, "seawall", "seawall"))
            Assert.Null(setter.Query("set global sql_auto_is_null = 1").Error);
        var sessions = new List<(RawClient Direct, RawClient Through)>();
        for (var i = 0; i < 3; i++)
        {
            sessions.Add((RawClient.Connect(server.Port, "seawall", "seawall"), RawClient.Connect(seawall.Port, "seawall", "seawall")));
            foreach (var side in (string[])["d", "t"])
            {
                await server.ExecuteAsync($"create table nulls.{side}{i} (id int primary key auto_increment, n int)", Cancel);
                await server.ExecuteAsync($"insert into nulls.{side}{i} (id, n) values (1, 1), (2, 2), (3, 3)", Cancel);
                await server.ExecuteAsync($"alter table nulls.{side}{i} auto_increment = {10 * (i + 1)}", Cancel);
            }
        }
        void Both(int session, string sql)
        {
            var expected = sessions[session].Direct.Query(sql.Replace("~", $"nulls.d{session}", default));
            var actual = sessions[session].Through.Query(sql.Replace("~", $"nulls.t{session}", default));
            Assert.Equal(expected.Error?.Code, actual.Error?.Code);
            // Names of tables are in the definitions of columns.
            Assert.Equal(Data(expected), Data(actual));
        }

        Both(0, "insert into ~ (n) values (100)");
        Both(1, "select count(*) from ~");
        Both(1, "insert into ~ (id, n) values (10, 110)");
        Both(1, "select n from ~ where id is null");
        Both(1, "delete from ~ where id is null");
        Both(1, "insert into ~ (n) select 101 from ~ limit 1");
        Both(0, "select n from ~ where id is null");
        Both(0, "select n from ~ where id is null");
        Both(1, "update ~ set n = 102 where id is null");
        Both(2, "select n from ~ where id is null");
        Both(2, "select count(*) from ~");
        var pins = (await seawall.Engine.Views.Pinned(10, Cancel)).Rows;
        Assert.Equal(2, pins.Count);
        Assert.All(pins, pin => Assert.Equal(PinReasons.UnmovableVariable, pin.Pins));
        for (var i = 0; i < 3; i++)
        {
            Both(i, "select group_concat(id, ' ', n order by id) from ~");
            Both(i, "set sql_auto_is_null = 0");
        }
        // The client has its answer a moment before.
        await Eventually.TrueAsync(async () => (await seawall.Engine.Views.Pinned(10, Cancel)).Rows.Count == 0, TimeSpan.FromSeconds(60), Cancel);
        Both(0, "select n from ~ where id is null");
        Both(0, "set sql_auto_is_null = default");
        Both(0, "insert into ~ (n) values (103)");
        Both(0, "select n from ~ where id is null");
        foreach (var (direct, through) in sessions)
        {
            direct.Dispose();
            through.Dispose();
        }
    }

    // The number can be taken along, and the mark cannot: without one on the connection nobody knows what would be found.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task What_cannot_be_told_is_refused_and_told_the_next_time(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("create database nulls", Cancel);
        await server.ExecuteAsync("create table nulls.t (id int primary key auto_increment, n int)", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 },
        });
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        const string ask = "select n from nulls.t where id is null";
        Assert.Null(client.Query("insert into nulls.t (n) values (1)").Error);
        // The connection is another one's, whose own number was found: the mark is gone from it.
        Assert.Null(other.Query("insert into nulls.t (n) values (2)").Error);
        Assert.Null(other.Query("set sql_auto_is_null = 1").Error);
        Assert.Equal("2", other.Query(ask).FirstValue);
        Assert.Null(other.Query("set sql_auto_is_null = 0").Error);
        Assert.Null(client.Query("set sql_auto_is_null = 1").Error);

        Assert.Equal(1235, client.Query(ask).Error?.Code);
        Assert.Null(client.Query("select count(*) from nulls.t where n is not null").Error);
        Assert.Null(client.Query("insert into nulls.t (n) values (3)").Error);
        Assert.Equal("3", client.Query(ask).FirstValue);
        Assert.Equal("1", client.Query("select n from nulls.t where id = 1").FirstValue);
    }

    // A view, a routine and a trigger ask where it cannot be seen. That the questions find something is tried by who has made the number.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task What_asks_unseen_finds_nothing_of_others(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        foreach (var sql in (string[])
            [
                "create database nulls", "create table nulls.t (id int primary key auto_increment, n int)", "create table nulls.log (a int)",
                "create view nulls.v as select id, n from nulls.t where id is null",
                "create procedure nulls.p() select n from nulls.t where id is null",
                "create procedure nulls.p_deletes() delete from nulls.t where id is null",
                "create function nulls.f() returns int reads sql data return (select max(n) from nulls.t where id is null)",
                "create trigger nulls.log_t before insert on nulls.log for each row delete from nulls.t where id is null",
            ])
        {
            await server.ExecuteAsync(sql, Cancel);
        }
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 },
        });
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var isForEverybody in (bool[])[false, true])
        {
            if (isForEverybody)
            {
                Assert.Null(other.Query("set global sql_auto_is_null = 1").Error);
                Assert.Null(other.Query("set sql_auto_is_null = 0").Error);
            }
            foreach (var ask in (string[])
                [
                    "select n from nulls.v", "call nulls.p()", "select nulls.f()", "set @a = nulls.f()", "select * from (select n from nulls.v) x",
                    "delete from nulls.v", "update nulls.v set n = 5", "call nulls.p_deletes()", "insert into nulls.log values (1)",
                ])
            {
                using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
                Assert.Null(other.Query("delete from nulls.t").Error);
                Assert.Null(other.Query("insert into nulls.t (n) values (1)").Error);
                if (!isForEverybody)
                    Assert.Null(client.Query("set sql_auto_is_null = 1").Error);
                Assert.Equal((ask, false), (ask, Finds(client, ask)));
                Assert.Null(client.Query("insert into nulls.t (n) values (2)").Error);
                Assert.Equal((ask, true), (ask, Finds(client, ask)));
            }
        }

        // It says so by a value, or by what it has done to the rows, which are 1 for others and 2 for the client.
        static bool Finds(RawClient client, string ask)
        {
            const string look = "select group_concat(n order by id) from nulls.t";
            var before = client.Query(look).FirstValue;
            var answer = client.Query(ask);
            Assert.Null(answer.Error);
            var said = ask.StartsWith("set", default) ? client.Query("select @a").FirstValue : answer.Packets.Count > 1 ? answer.FirstValue : null;
            return said is not null || before != client.Query(look).FirstValue;
        }
    }

    // All but what is said of columns: rows, and what ends them.
    private static string[] Data(RawAnswer answer) => [.. answer.Packets.Select(packet => packet.Text).Where(text => !text.Contains("nulls", default))];
}
