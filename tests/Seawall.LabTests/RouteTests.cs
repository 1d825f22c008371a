using System.Globalization;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What <c>SHOW LAST ROUTE</c>, <c>SHOW LAST ROUTE FOR</c> and <c>EXPLAIN ROUTE</c> say is what happens: which server has answered is told by the server
/// itself, through a view that no proxy can look into. Real servers, and all of Seawall.
/// </summary>
public sealed class RouteTests(LabServers lab)
{
    private const string Here = "select server from app.here";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task Where_a_statement_went_is_told_and_is_where_it_went(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        foreach (var sql in (string[])["create function app.me() returns bigint not deterministic no sql return @@server_id",
            "create view app.here as select app.me() as server", "create table app.t (a int)"])
        {
            await set.Primary.ExecuteAsync(sql, Cancel);
        }
        await set.CaughtUpAsync(Cancel);
        var replica = set.Replicas.Single();
        await using var seawall = await ProcessUnderTest.StartAsync(lab, set.Primary, Cancel, Settings(replica));
        await Eventually.TrueAsync(async () => await seawall.AskAsync("SHOW FRESHNESS", Cancel) is [_, var other] && "fresh".Equals(other["state"]),
            Patience, Cancel, () => seawall.Log);
        await using var client = await seawall.ConnectAsync(Cancel, "app", "app");
        var (primaryId, replicaId) = (await NumberOf(set.Primary), await NumberOf(replica));
        Assert.NotEqual(primaryId, replicaId);

        // Text, who has answered, and what is told of it: server, way, reason, freshness, bounded_ms, stale_ok_ms, rule, state.
        (string Sql, string? By, string Told)[] cases =
        [
            ("insert into app.t (a) values (1)", null, "primary primary writes - - - - -"),
            (Here, replicaId, "other replica - session - - - fresh"),
            ($"{Here} where connection_id() > 0", primaryId, "primary primary connection - - - - -"),
            ($"{Here} lock in share mode", primaryId, "primary primary locks - - - - -"),
            ($"{Here} /*freshness='primary'*/", primaryId, "primary primary asked primary - - - -"),
            ($"{Here} /*freshness='bounded:50000'*/", replicaId, "other replica - bounded 50000 - - fresh"),
            ($"{Here} /*freshness='any,stale_ok:7000'*/", replicaId, "other replica - any - 7000 - fresh"),
            ($"{Here} /*route='pinned'*/", primaryId, "primary primary asked primary - - pinned -"),
            ($"{Here} /*route='only'*/", replicaId, "other replica - session - - only fresh"),
        ];
        foreach (var (sql, by, told) in cases)
        {
            if (sql == Here)
                await set.CaughtUpAsync(Cancel);
            var answered = await LabDriver.AskAsync(client, sql, Cancel);
            if (by is not null)
                Assert.Equal((sql, by), (sql, answered));
            Assert.Equal((sql, told), (sql, await LastRouteAsync(seawall, client)));
            var (user, text) = ("app", sql.Replace("'", "''", StringComparison.Ordinal));
            var steps = await seawall.AskAsync($"EXPLAIN ROUTE FOR '{text}' ACCOUNT '{user}' SCHEMA 'app'", Cancel);
            var decision = steps.Single(step => "decision".Equals(step["step"]))["result"];
            Assert.Equal((sql, by == replicaId ? "a replica" : "primary"), (sql, decision));
        }

        // In a transaction all of it is the primary's, and afterwards nothing is.
        await LabDriver.AskAsync(client, "begin", Cancel);
        Assert.Equal(primaryId, await LabDriver.AskAsync(client, Here, Cancel));
        Assert.Equal("primary primary transaction - - - - -", await LastRouteAsync(seawall, client));
        await LabDriver.AskAsync(client, "commit", Cancel);

        // With the replica behind: refused where a rule has replicas alone, an old answer where that is allowed, and else a place at the primary.
        await set.PauseAsync(replica, Cancel);
        await LabDriver.AskAsync(client, "update app.t set a = 2", Cancel);
        var refused = await Assert.ThrowsAsync<MySqlException>(() => LabDriver.AskAsync(client, $"{Here} /*route='only'*/", Cancel));
        Assert.Equal(1205, refused.Number);
        Assert.StartsWith("- refused - session - - only -", await LastRouteAsync(seawall, client), StringComparison.Ordinal);
        Assert.Equal(replicaId, await LabDriver.AskAsync(client, $"{Here} /*route='only',freshness='stale_ok:3600000'*/", Cancel));
        Assert.StartsWith("other stale - session - 3600000 only", await LastRouteAsync(seawall, client), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await LabDriver.AskAsync(client, Here, Cancel) == primaryId
                    && await LastRouteAsync(seawall, client) == "primary spilled - session - - - -";
            }
            catch (MySqlException noPlace) when (noPlace.Number == 1205)
            {
                return false;
            }
        }, Patience, Cancel, () => seawall.Log);
        await set.ResumeAsync(replica, Cancel);
    }

    // What looks like a read and is none, or asks what only one server knows: whoever is sent to a replica with it hears something else.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task What_is_no_read_is_answered_as_the_primary_answers_it(LabKind kind)
    {
        await using var set = await ReplicaSet.StartAsync(lab, kind, replicas: 1, Cancel);
        var primary = set.Primary;
        await primary.ExecuteAsync("create table app.t (id int primary key auto_increment, a int)", Cancel);
        string[] keywords =
            ["against", "after", "columns", "cube", "escape", "json_table", "lateral", "member", "minus", "of", "rollup", "sql_cache", "until", "view"];
        foreach (var word in keywords.Append("write_it"))
        {
            await primary.ExecuteAsync(
                $"create function app.`{word}`() returns int modifies sql data begin insert into app.t (a) values (1); return 7; end", Cancel);
        }
        if (kind == LabKind.MariaDb)
            await primary.ExecuteAsync("create sequence app.s; create table app.d (id int primary key, n int default (next value for app.s))", Cancel);
        await set.CaughtUpAsync(Cancel);
        await using var seawall = await ProcessUnderTest.StartAsync(lab, primary, Cancel, Settings(set.Replicas.Single()));
        await Eventually.TrueAsync(async () => await seawall.AskAsync("SHOW FRESHNESS", Cancel) is [_, var other] && "fresh".Equals(other["state"]),
            Patience, Cancel, () => seawall.Log);
        using var through = RawClient.Connect(seawall.ClientPort, "app", "app", schema: "app");
        using var direct = RawClient.Connect(primary.Port, "app", "app", schema: "app");
        string[] texts =
        [
            .. keywords.Select(word => $"select {word}()"), .. keywords.Select(word => $"select 1 + {word}()"),
            "select write_it()", "select a from t where write_it() limit 1", "with c as (select write_it() x) select x from c", "select `write_it`()",
            "select /*! write_it() */", "select /*M! write_it() */", "select /*!50000 write_it() */", "select app . write_it ( )", "values (write_it())",
            "explain update t set a = 1", "explain delete from t", "describe insert into t (a) values (1)", "explain replace into t (a) values (1)",
            "explain analyze update t set a = a", "explain with c as (select 1) update t set a = 1", "analyze select write_it()",
            "with c as (select 1) update t set a = a", "with c as (select 1) delete from t where id = 0",
            "select default(n) from d", "select n from d where n = default(n)",
            "select * from t for update", "select * from t for/**/update", "select * from t for /*!update*/", "table t for update", "select 1 into @a",
            "select next value for s", "handler t open", "do write_it()", "show tables where write_it()",
            "set statement max_statement_time = 9 for select write_it()",
        ];
        var (differ, ran) = (new List<string>(), 0);
        foreach (var text in texts)
        {
            var (expected, actual) = (direct.Query(text).Error?.Code, through.Query(text).Error?.Code);
            ran += expected is null ? 1 : 0;
            if (expected != actual)
                differ.Add($"{text}: {expected} and {actual}");
        }
        Assert.Empty(differ);
        Assert.True(ran > 20, $"only {ran} ran");

        // The number that the last INSERT has made, by a variable that has it asked for.
        Assert.Null(through.Query("set sql_auto_is_null = 1").Error);
        Assert.Null(through.Query("insert into t (a) values (77)").Error);
        await set.CaughtUpAsync(Cancel);
        Assert.Null(through.Query("select 1 from t limit 1").Error);
        Assert.Equal("primary", through.Query("show last route").FirstValue);
    }

    private static string Settings(LabServer replica) => string.Create(CultureInfo.InvariantCulture, $"""
        [reads]
        from = "replicas"
        spill_share = 25
        [[routes]]
        name = "pinned"
        tag = "pinned"
        target = "primary"
        [[routes]]
        name = "only"
        tag = "only"
        target = "replicas"
        [[servers]]
        name = "other"
        address = "127.0.0.1:{replica.Port}"
        tls = "off"
        """);

    private static async Task<string> NumberOf(LabServer server) => (await server.AskAsync("select @@server_id", Cancel))!;

    // What the client is told, which is what the operator is told; in order, with a dash for nothing. How long and how old is not compared.
    private static async Task<string> LastRouteAsync(ProcessUnderTest seawall, MySqlConnection client)
    {
        var clients = await seawall.AskAsync("SHOW CLIENTS", Cancel);
        var number = clients.Single(row => "app".Equals(row["user"]))["id"];
        var forOperators = Assert.Single(await seawall.AskAsync($"SHOW LAST ROUTE FOR {number}", Cancel));
        var forClient = Assert.Single(await ProcessUnderTest.AskAsync(client, "show last route", Cancel));
        Assert.Equal(InWords(forOperators), InWords(forClient));
        string[] columns = ["server", "way", "reason", "freshness", "bounded_ms", "stale_ok_ms", "rule", "state"];
        return string.Join(' ', columns.Select(column => forClient[column] ?? "-"));
    }

    private static string InWords(Dictionary<string, object?> row) =>
        string.Join(", ", row.Select(cell => string.Create(CultureInfo.InvariantCulture, $"{cell.Key}={cell.Value ?? "-"}")));
}
