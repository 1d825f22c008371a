using System.Text;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Decisions;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Statements;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>What rules, tags and sessions say of reads, and who has the last word.</summary>
public sealed class ReadRuleTests : IDisposable
{
    private const string Read = "SELECT 1 FROM items";

    private readonly ReplicaWorld _set = new(2, new EngineWorldOptions { Kind = FakeServerKind.MySql97 });

    private EngineWorld World => _set.World;

    [Theory]
    [InlineData("session", FreshnessLevel.Session, null, null)]
    [InlineData("bounded:500", FreshnessLevel.Bounded, 500, null)]
    [InlineData("session,stale_ok:5000", FreshnessLevel.Session, null, 5000)]
    [InlineData("bounded:20, stale_ok:0", FreshnessLevel.Bounded, 20, 0)]
    [InlineData("stale_ok:9", null, null, 9)]
    [InlineData("", null, null, null)]
    public void Words_are_read(string text, FreshnessLevel? level, int? boundMs, int? staleMs)
    {
        Assert.True(FreshnessWord.TryRead(Encoding.UTF8.GetBytes(text), out var word));
        Assert.Equal(new ReadWord(level, boundMs, staleMs), word);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("session,")]
    [InlineData("session,bounded:5")]
    [InlineData("bounded:0")]
    [InlineData("stale_ok:99999999")]
    [InlineData("session,stale_ok:5,stale_ok:5")]
    public void And_what_is_none_is_not(string text) => Assert.False(FreshnessWord.TryRead(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void A_statement_counts_more_than_its_session_and_that_more_than_a_rule_save_that_a_rule_keeps_it_at_the_primary()
    {
        var options = new ReadOptions { From = ReadsFrom.Replicas, Level = FreshnessLevel.Primary, BoundMs = 7 };
        var rule = new ReadRule("r") { Level = FreshnessLevel.Any, BoundMs = 1, StaleMsMax = 2 };
        ReadWord nothing = default, session = new(FreshnessLevel.Session, 3, null), statement = new(FreshnessLevel.Bounded, null, 4);

        Assert.Equal(new ReadWish(ReadTarget.Any, FreshnessLevel.Primary, 7, 0), ReadWish.Settle(options, null, nothing, nothing));
        Assert.Equal(new ReadWish(ReadTarget.Any, FreshnessLevel.Any, 1, 2), ReadWish.Settle(options, rule, nothing, nothing));
        Assert.Equal(new ReadWish(ReadTarget.Any, FreshnessLevel.Session, 3, 2), ReadWish.Settle(options, rule, session, nothing));
        Assert.Equal(new ReadWish(ReadTarget.Any, FreshnessLevel.Bounded, 3, 4), ReadWish.Settle(options, rule, session, statement));
        Assert.Equal(FreshnessLevel.Primary, ReadWish.Settle(options, rule with { Target = ReadTarget.Primary }, session, statement).Level);
        Assert.Equal(FreshnessLevel.Session,
            ReadWish.Settle(options, new ReadRule("r") { Target = ReadTarget.Replicas }, nothing, nothing).Level);
    }

    [Fact]
    public void Escapes_of_tags_are_undone_and_what_does_not_fit_is_nothing()
    {
        Assert.Equal("session,stale_ok:5", Encoding.UTF8.GetString(StatementTags.Unescape("session%2Cstale_ok%3a5"u8, new byte[64])));
        Assert.Equal("100%", Encoding.UTF8.GetString(StatementTags.Unescape("100%"u8, new byte[64])));
        Assert.Equal("%zz", Encoding.UTF8.GetString(StatementTags.Unescape("%zz"u8, new byte[64])));
        Assert.True(StatementTags.Unescape("%41%41"u8, new byte[1]).IsEmpty);
    }

    [Fact]
    public void Rules_pin_statements_by_schema_account_digest_and_tag()
    {
        var digest = StatementDigest.Of(Encoding.UTF8.GetBytes("SELECT 2 FROM items WHERE id = 1"), default)!.Hash;
        Start(options => options with
        {
            Rules =
            [
                new("by-schema") { Schema = "pinned", Target = ReadTarget.Primary },
                new("by-account") { User = "nobody", Target = ReadTarget.Primary },
                new("by-digest") { Digests = [digest], Target = ReadTarget.Primary },
                new("by-tag") { Tag = "ledger"u8.ToArray(), Target = ReadTarget.Primary },
            ],
        });
        _set.A.Schemas.Add("pinned");
        var client = World.Client();
        foreach (var text in (string[])["SELECT 2 FROM items WHERE id = 77", $"{Read} /*route='ledger'*/", "USE pinned", Read])
            Assert.True(client.Query(text).IsOk, text);
        Assert.True(client.Query("USE shop").IsOk);
        Assert.True(client.Query("SELECT 2 FROM items WHERE name = 77").IsOk);
        Assert.True(client.Query($"{Read} /*route='other'*/").IsOk);

        Assert.Equal((1, 0), (Count(_set.A, "SELECT 2 FROM items WHERE id = 77"), Count(_set.B, "SELECT 2 FROM items WHERE id = 77")));
        Assert.Equal((1, 0), (Count(_set.A, $"{Read} /*route='ledger'*/"), Count(_set.B, $"{Read} /*route='ledger'*/")));
        Assert.Equal((1, 0), (Count(_set.A, Read), Count(_set.B, Read)));
        Assert.Equal(1, Count(_set.B, "SELECT 2 FROM items WHERE name = 77"));
        Assert.Equal(1, Count(_set.B, $"{Read} /*route='other'*/"));
    }

    [Fact]
    public void A_rule_for_replicas_sends_no_write_there_and_has_no_place_at_the_primary()
    {
        Start(options => options with { Level = FreshnessLevel.Primary, Rules = [new("reports") { Target = ReadTarget.Replicas }] });
        var client = World.Client();
        foreach (var text in (string[])["UPDATE", "DELETE FROM items", "SELECT id FROM items FOR UPDATE", "SELECT f(id) FROM items", "CALL p()"])
        {
            client.Query(text);
            Assert.Equal(0, Count(_set.B, text));
        }
        var other = World.Client();
        Assert.True(other.Query(Read).IsOk);
        Assert.Equal((0, 1), (Count(_set.A, Read), Count(_set.B, Read)));

        _set.B.Applies = "No";
        Until(FreshnessState.Broken);
        var refused = other.Query(Read);
        Assert.Equal((ushort?)1205, refused.Error?.Code);
        Assert.Contains("routes.target", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(0, World.Engine.Spill.Spilled);
    }

    [Fact]
    public void Who_keeps_a_connection_at_the_primary_is_sent_on_by_a_rule_for_replicas()
    {
        Start(options => options with { Rules = [new("reports") { Target = ReadTarget.Replicas }] });
        var client = World.Client();
        Assert.True(client.Query("INSERT").IsOk);
        _set.B.Transactions = _set.A.Transactions;

        Assert.True(client.Query(Read).IsOk);

        Assert.Equal((0, 1), (Count(_set.A, Read), Count(_set.B, Read)));
    }

    [Fact]
    public void What_a_statement_says_is_read_from_its_comment_and_from_attributes()
    {
        Start(options => options);
        var client = World.Client(new FakeClientOptions { Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes });
        Assert.True(client.Query($"{Read} /*freshness='primary'*/").IsOk);
        Assert.True(client.BeginQuery("SELECT 3 FROM items", ("seawall.freshness", "primary")).Value.IsOk);
        Assert.True(client.Query("SELECT 4 FROM items").IsOk);

        Assert.Equal((1, 0), (Count(_set.A, $"{Read} /*freshness='primary'*/"), Count(_set.B, $"{Read} /*freshness='primary'*/")));
        Assert.Equal((1, 0), (Count(_set.A, "SELECT 3 FROM items"), Count(_set.B, "SELECT 3 FROM items")));
        Assert.Equal((0, 1), (Count(_set.A, "SELECT 4 FROM items"), Count(_set.B, "SELECT 4 FROM items")));
    }

    [Fact]
    public void An_answer_as_old_as_was_said_is_given_when_nobody_has_a_better_one()
    {
        Start(options => options with { SpillShare = 0 });
        var client = World.Client();
        Assert.True(client.Query("UPDATE").IsOk);
        Assert.Equal((ushort?)1205, client.Query(Read).Error?.Code);

        Assert.True(client.Query("SET @seawall_freshness = 'session,stale_ok:60000'").IsOk);
        Assert.True(client.Query(Read).IsOk);
        Assert.Equal(1, Count(_set.B, Read));
        Assert.Equal(1, World.Count(meter => meter.StaleReads));

        // It is older than that now, and the session still has not seen its own write undone without being told so.
        World.World.RunFor(2_000);
        Assert.True(client.Query("SET @seawall_freshness = 'session,stale_ok:1000'").IsOk);
        var refused = client.Query(Read);
        Assert.Equal((ushort?)1205, refused.Error?.Code);
        Assert.Contains("stale_ok", refused.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_route_says_which_rule_it_is()
    {
        Start(options => options with
        {
            Rules =
            [
                new("ledger") { Tag = "ledger"u8.ToArray(), Target = ReadTarget.Primary },
                new("web") { User = "web", Level = FreshnessLevel.Any, StaleMsMax = 9 },
            ],
        });
        var pinned = Explain(new($"{Read} /*route='ledger'*/", null, null, null, null));
        Assert.Equal(("ledger", "primary"), (pinned["rule"], pinned["freshness"]));
        Assert.Equal("a", pinned["decision"]);
        var web = Explain(new(Read, "web", null, null, null));
        Assert.Equal(("web", "any", "9 ms", "a replica"), (web["rule"], web["freshness"], web["stale_ok"], web["decision"]));
        var old = Explain(new($"{Read} /*freshness='stale_ok:5'*/", "web", null, null, null));
        Assert.Equal(("any", "5 ms"), (old["freshness"], old["stale_ok"]));
    }

    public void Dispose() => _set.Dispose();

    private Dictionary<string, string> Explain(AdmissionQuestion question) =>
        World.Engine.ExplainRoute(question)!.GroupBy(step => step.Step).ToDictionary(group => group.Key, group => group.First().Result);

    private void Start(Func<ReadOptions, ReadOptions> change)
    {
        foreach (var server in _set.Servers)
            server.Transactions = 7;
        World.Apply(options => options with { Reads = change(new ReadOptions { From = ReadsFrom.Replicas }) });
        Until(FreshnessState.Fresh);
    }

    private void Until(FreshnessState state) => World.Pump(
        () => World.Engine.Freshness().Single(server => server.Server == "b").State == state, $"{state}");

    private static int Count(FakeServer server, string text) =>
        server.Connections.Sum(connection => connection.Commands.Count(command => command.Text == text));
}
