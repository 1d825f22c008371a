using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.LabTests.Lab;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Real servers whose answers are given again in a brown-out: to the byte, and to nobody for whom they would be others.</summary>
public sealed class KeptAnswerLabTests(LabServers lab)
{
    private const string Read = "select id, name, price, made from kept.items order by id";

    private static readonly TimeSpan s_keptTimeMax = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task An_answer_of_a_moment_ago_is_the_same_packets_until_its_client_writes(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("create database kept; create table kept.items (id int primary key, name varchar(40), price decimal(10,2), made datetime) "
            + "engine=innodb; insert into kept.items values (1, 'äöü', 1.50, '2026-01-02 03:04:05'), (2, null, null, null)", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Overload = new OverloadOptions
            {
                Mode = OverloadMode.Enforce,
                Brownouts =
                [
                    new()
                    {
                        Name = "items", Level = 1, Action = BrownoutAction.Cache, KeepMsMax = 600_000, Pace = new(1_000_000, 1_000, 1_000),
                        Classes = [StatementClass.Normal],
                    },
                ],
            },
        });
        Capabilities[] dialects = [RawClient.Usual, RawClient.Usual & ~Capabilities.DeprecateEof, RawClient.Usual & ~Capabilities.SessionTrack];
        foreach (var (i, capabilities) in dialects.Index())
        {
            var read = $"{Read} limit {100 + i}"; // Each for itself.
            await server.ExecuteAsync("update kept.items set name = 'first' where id = 2", Cancel);
            using var first = RawClient.Connect(seawall.Port, "seawall", "seawall", wanted: capabilities);
            using var second = RawClient.Connect(seawall.Port, "seawall", "seawall", wanted: capabilities);
            var kept = seawall.Engine.KeptAnswers.Count;
            var told = Told(first.Query(read));
            // Its client has an answer a little before it is kept.
            await Eventually.TrueAsync(() => seawall.Engine.KeptAnswers.Count > kept, s_keptTimeMax, Cancel);
            await server.ExecuteAsync("update kept.items set name = 'second' where id = 2", Cancel);
            seawall.Engine.Brownouts.Begin(null, 1, TimeSpan.FromMinutes(10), "test", "");
            var answered = seawall.Count(meter => meter.KeptAnswers);

            Assert.Equal(told, Told(second.Query(read)));
            Assert.Equal(answered + 1, seawall.Count(meter => meter.KeptAnswers));
            Assert.Equal(told, Told(second.Query(read)));
            Assert.Equal("2", second.Query("select found_rows()").FirstValue);
            using var third = RawClient.Connect(seawall.Port, "seawall", "seawall", wanted: capabilities);
            Assert.Equal(told, Told(third.Query(read)));
            Assert.Null(third.Query("show warnings").FirstValue);
            Assert.Null(second.Query("set sql_mode = 'ansi'").Error);
            Assert.NotEqual(told, Told(second.Query(read)));

            Assert.Null(first.Query("update kept.items set price = 2 where id = 1").Error);
            var own = Told(first.Query(read));
            Assert.NotEqual(told, own);
            Assert.Contains("2.00", own, StringComparison.Ordinal);
            seawall.Engine.Brownouts.End(null, "test");
            await server.ExecuteAsync("update kept.items set price = 1.50 where id = 1", Cancel);
        }
    }

    private static string Told(RawAnswer answer)
    {
        Assert.Null(answer.Error);
        return string.Join('\n', answer.Packets.Select(packet => packet.ToString()));
    }
}
