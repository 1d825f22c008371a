using Seawall.LabTests.Lab;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What MariaDB calls the last GTID is that of the connection: a session is told its own, or that it cannot be told, and never what others
/// have written there before it.
/// </summary>
public sealed class LastGtidTests(LabServers lab)
{
    private const string Question = "select @@last_gtid";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // None of them writes anything, though each may commit, or counts a row.
    [Theory]
    [InlineData("unlock tables")]
    [InlineData("lock tables people read; unlock tables")]
    [InlineData("begin; commit")]
    [InlineData("start transaction; select * from people; rollback")]
    [InlineData("select 1 into @a")]
    [InlineData("update people set age = age where id = 1")]
    [InlineData("flush local status")]
    [InlineData("cache index people in default")]
    [InlineData("begin; update people set age = age; commit")]
    public async Task The_last_gtid_of_others_is_not_told(string statement)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server);
        using var other = Connect(seawall);
        Write(other);
        var theirs = other.Query(Question).FirstValue;
        Assert.NotEqual("", theirs);
        // In the schema that the connection is in: otherwise it is reset for this session.
        using var client = Connect(seawall, "last_gtid");
        foreach (var part in statement.Split("; "))
            Does(client, part);
        var answer = client.Query(Question);
        Assert.True(answer.Error?.Code == 1235 || answer.FirstValue == "", answer.Error?.ToString() ?? answer.FirstValue ?? "");
    }

    [Theory]
    [InlineData("insert into theirs values (null)")]
    [InlineData("insert into theirs values (null) returning id")]
    [InlineData("create or replace table mine (id int)")]
    [InlineData("begin; insert into theirs values (null); commit")]
    [InlineData("set autocommit = 0; insert into theirs values (null); set autocommit = 1")]
    public async Task The_last_gtid_of_its_own_is_told(string statement)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server);
        using var other = Connect(seawall);
        Write(other);
        var theirs = other.Query(Question).FirstValue;
        // In the schema that the connection is in: otherwise it is reset for this session.
        using var client = Connect(seawall, "last_gtid");
        foreach (var part in statement.Split("; "))
            Does(client, part);
        var answer = client.Query(Question);
        Assert.Null(answer.Error);
        Assert.NotEqual(theirs, answer.FirstValue);
        Assert.NotEqual("", answer.FirstValue);
        Assert.Equal(1235, other.Query(Question).Error?.Code);
    }

    // All count rows in the same way, so that they share the connection.
    private static RawClient Connect(SeawallUnderTest seawall, string? schema = null) =>
        RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | Capabilities.FoundRows, schema);

    private static void Write(RawClient other)
    {
        Does(other, "create database if not exists last_gtid");
        Does(other, "use last_gtid");
        Does(other, "create or replace table people (id int primary key auto_increment, age int) engine=myisam");
        Does(other, "insert into people (age) values (5), (6)");
        Does(other, "create or replace table theirs (id int primary key auto_increment)");
        Does(other, "insert into theirs values (null)");
    }

    private static void Does(RawClient client, string sql)
    {
        var error = client.Query(sql).Error;
        Assert.True(error is null, $"{sql}: {error}");
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 } });
}
