using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Goal: what is left of an XA transaction whose client vanishes is what is left at the server. Method: random rounds from a seed, on a direct connection
/// and through Seawall at once; the clients vanish somewhere in the transaction, others use the pool, and whoever comes back looks for it and ends it by name.
/// Random sessions (Equivalence) have no such step: all prepared transactions of a server are in one list, and the server must have seen the client go.
/// </summary>
public sealed class XaVanishTests(LabServers lab)
{
    private const int RoundsOfSeed = 14;

    private static readonly TimeSpan s_goneTimeMax = TimeSpan.FromSeconds(60);

    private static readonly string[] s_writes =
    [
        "insert into t (n) values (1)", "insert into t (n) values (2), (3)", "update t set n = n + 1", "delete from t where n > 6",
        "insert into t (id, n) values (1, 1)", "select count(*) from t", "replace into t (id, n) values (2, 9)",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task What_is_left_of_a_transaction_whose_client_vanishes_is_what_is_left_at_the_server(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        foreach (var schema in (string[])["xav_d", "xav_s"])
        {
            await server.ExecuteAsync($"create database {schema}; create table {schema}.t (id int primary key auto_increment, n int) engine=innodb; "
                + $"insert into {schema}.t (n) values (5), (6)", Cancel);
        }
        var seen = new Dictionary<string, int>();
        for (var seed = 1; seed <= 5; seed++)
        {
            var dice = new Random(seed);
            await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
            {
                Pools = options.Pools with { SizeMax = 1 + dice.Next(2), WaitMsMax = 50_000 },
            });
            for (var round = 0; round < RoundsOfSeed; round++)
                await PlayAsync(server, seawall, dice, $"seed {seed}, round {round}", seen);
        }
        // Each way to vanish was there, and what was prepared stays, but on MySQL 5.6, which takes it back.
        Assert.All((string[])["begun", "ended", "prepared", "over"], state => Assert.True(seen.GetValueOrDefault(state) > 0, state));
        Assert.Equal(kind != LabKind.MySql56, seen.GetValueOrDefault("recovered") > 0);
    }

    private static async Task PlayAsync(LabServer server, SeawallUnderTest seawall, Random dice, string where, Dictionary<string, int> seen)
    {
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall", schema: "xav_d");
        using var through = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "xav_s");
        string[] all =
        [
            "xa start '~_x'", .. Enumerable.Range(0, dice.Next(4)).Select(_ => s_writes[dice.Next(s_writes.Length)]), "xa end '~_x'", "xa prepare '~_x'",
            dice.Next(2) == 0 ? "xa commit '~_x'" : "xa rollback '~_x'",
        ];
        var left = 1 + dice.Next(all.Length);
        var thread = "";
        foreach (var step in all.Take(left))
        {
            Same(direct, through, step, where);
            if (step == all[0])
                thread = through.Query("select connection_id() /* the server's connection_id */").FirstValue!;
        }
        var state = left == all.Length ? "over" : left == all.Length - 1 ? "prepared" : left == all.Length - 2 ? "ended" : "begun";
        seen[state] = seen.GetValueOrDefault(state) + 1;
        Vanish(direct, through, dice.Next(4));

        // Only who has been seen to go has let go of it; and MariaDB 10.11 loses what somebody ends in just that moment.
        var isClosed = state != "over";
        await Eventually.TrueAsync(async () => seawall.ServerConnections == seawall.IdleServerConnections
                && await server.AskAsync($"select count(*) from information_schema.processlist where id = {direct.ConnectionId}"
                    + (isClosed ? $" or id = {thread}" : ""), Cancel) == "0",
            s_goneTimeMax, Cancel, () => $"{where}: {state}: the server has not seen them go");
        using (var other = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "xav_s"))
            Assert.Null(other.Query("select count(*) from t").Error);

        using var directAgain = RawClient.Connect(server.Port, "seawall", "seawall", schema: "xav_d");
        using var throughAgain = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "xav_s");
        var (there, here) = (IsPrepared(directAgain, "xav_d_x"), IsPrepared(throughAgain, "xav_s_x"));
        Assert.True(there == here, $"{where}: {state}: prepared at the server: {there}, through Seawall: {here}");
        if (there)
            seen["recovered"] = seen.GetValueOrDefault("recovered") + 1;
        string[] looks = [dice.Next(2) == 0 ? "xa commit '~_x'" : "xa rollback '~_x'", "select * from t order by id", "update t set n = n where id = 1"];
        foreach (var look in looks)
            Same(directAgain, throughAgain, look, $"{where}: {state}");
    }

    private static bool IsPrepared(RawClient client, string name)
    {
        var answer = client.Query("xa recover");
        Assert.Null(answer.Error);
        return answer.Packets.Any(packet => packet.Text.Contains(name, StringComparison.Ordinal));
    }

    // Between two statements, in the middle of a command, with one under way, or with an answer that nobody reads.
    private static void Vanish(RawClient direct, RawClient through, int way)
    {
        foreach (var client in (RawClient[])[direct, through])
        {
            if (way == 1)
                client.SendBytes([200, 0, 0, 0, (byte)CommandKind.Query, .. "update t set"u8]);
            else if (way == 2)
                client.Send(CommandKind.Query, "do sleep(0.2)"u8);
            else if (way == 3)
                client.Send(CommandKind.Ping, default);
            client.Dispose();
        }
    }

    private static void Same(RawClient direct, RawClient through, string step, string where)
    {
        var (expected, actual) = (Answer(direct, step, "xav_d"), Answer(through, step, "xav_s"));
        Assert.True(expected == actual, $"{where}: {step}\n  server:  {expected}\n  Seawall: {actual}");
    }

    private static string Answer(RawClient client, string step, string schema)
    {
        var answer = client.Query(step.Replace("~", schema, StringComparison.Ordinal));
        // MySQL 5.6 says 1399 where the connection has had that one last: there is none either way.
        if (answer.Error is { } error && (error.Code == 1397 || error.Message.Contains("NON-EXISTING state", StringComparison.Ordinal)))
            return "there is none";
        return string.Join(" | ", answer.Shown(CommandKind.Query)).Replace(schema, "xav", StringComparison.Ordinal)
            .Replace(Convert.ToHexString(Encoding.ASCII.GetBytes(schema)), "", StringComparison.Ordinal);
    }
}
