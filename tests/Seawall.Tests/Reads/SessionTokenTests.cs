using System.Text;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Reads;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Statements;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>What a session has seen is handed to another one; and what a client is told of its own reads.</summary>
public sealed class SessionTokenTests : IDisposable
{
    private const string Read = "SELECT 1 FROM items";
    private const string Uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    private readonly ReplicaWorld _set = new(2, new EngineWorldOptions { Kind = FakeServerKind.MySql97 });

    public SessionTokenTests()
    {
        foreach (var server in _set.Servers)
            server.Transactions = 7;
        Apply(options => options);
        World.Pump(() => World.Engine.Freshness().Single(server => server.Server == "b").State == FreshnessState.Fresh, "fresh");
    }

    private EngineWorld World => _set.World;

    [Theory]
    [InlineData("SELECT @@seawall_gtid", OwnQuestionKind.Token, "@@seawall_gtid")]
    [InlineData("/* a */ select @@SESSION.Seawall_GTID as `t o` ; -- b", OwnQuestionKind.None, "")]
    [InlineData("/* a */ select @@SESSION.Seawall_GTID as `t o` ; /* b */", OwnQuestionKind.Token, "t o")]
    [InlineData("select @@seawall_gtid token", OwnQuestionKind.Token, "token")]
    [InlineData("select @@seawall_gtid, 1", OwnQuestionKind.None, "")]
    [InlineData("select @@seawall_gtid from t", OwnQuestionKind.None, "")]
    [InlineData("select @@seawall_gtids", OwnQuestionKind.None, "")]
    [InlineData("select @@global.seawall_gtid", OwnQuestionKind.None, "")]
    [InlineData("show last route", OwnQuestionKind.LastRoute, "")]
    [InlineData("SHOW /* x */ LAST ROUTE;", OwnQuestionKind.LastRoute, "")]
    [InlineData("show last routes", OwnQuestionKind.None, "")]
    [InlineData("show last", OwnQuestionKind.None, "")]
    [InlineData("", OwnQuestionKind.None, "")]
    public void Questions_to_seawall_are_read(string text, OwnQuestionKind kind, string name)
    {
        var question = OwnQuestion.Read(Encoding.UTF8.GetBytes(text));
        Assert.Equal((kind, name), (question.Kind, Encoding.UTF8.GetString(question.Name)));
    }

    [Theory]
    [InlineData(false, $"{Uuid}:1-5", "Taken")]
    [InlineData(false, $"{Uuid}:1-5:8, {Uuid}:tag:1-2", "Unknown")]
    [InlineData(false, "3e11fa47-71ca-11e1-9e33-c80aa9429563:1-5", "Unknown")]
    [InlineData(false, "0-1-42", "Malformed")]
    [InlineData(false, $"{Uuid}:5-1", "Malformed")]
    [InlineData(false, $"{Uuid}:1-99999999999999999999", "Malformed")]
    [InlineData(true, "0-1-42", "Taken")]
    [InlineData(true, "0-1-42,9-1-1", "Unknown")]
    [InlineData(true, "0-1", "Malformed")]
    [InlineData(true, $"{Uuid}:1-5", "Malformed")]
    [InlineData(true, "", "Taken")]
    public void Tokens_are_read(bool isMariaDb, string text, string result)
    {
        var sources = new GtidSources();
        sources.Find(0);
        sources.Find(new UInt128(0x3e11fa4771ca11e1, 0x9e33c80aa9429562), []);
        Assert.Equal(result, $"{SessionToken.Take(Encoding.UTF8.GetBytes(text), isMariaDb, sources, new ReadMemory(), 1)}");
        Assert.Equal(result == "Unknown" ? "Taken" : result, $"{SessionToken.Check(Encoding.UTF8.GetBytes(text), isMariaDb)}");
        Assert.Equal(-1, sources.FindKnown(9));
    }

    [Fact]
    public void A_token_is_bounded_in_length_and_sources()
    {
        var sources = new GtidSources();
        var many = string.Join(',', Enumerable.Range(0, SessionToken.SourcesMax + 1).Select(domain => $"{sources.Find((uint)domain)}-1-1"));
        Assert.Equal(TokenResult.TooMany, SessionToken.Take(Encoding.UTF8.GetBytes(many), true, sources, new ReadMemory(), 1));
        Assert.Equal(TokenResult.TooMany, SessionToken.Check(new byte[SessionToken.BytesMax + 1], false));
    }

    [Fact]
    public void What_one_session_has_written_another_one_waits_for_when_it_is_told()
    {
        var (writes, reads, unaware) = (World.Client(), World.Client(), World.Client());
        Assert.True(writes.Query("UPDATE").IsOk);
        var token = writes.Query("SELECT @@seawall_gtid").Scalar!;
        Assert.EndsWith($":1-{_set.A.Transactions}", token, StringComparison.Ordinal);

        Assert.True(reads.Query($"SET @seawall_min_gtid = '{token}'").IsOk);
        Assert.True(unaware.Query(Read).IsOk); // The control: who was not told is answered at once.
        Assert.Equal(1, Count(_set.B, Read));
        var read = reads.BeginQuery(Read);
        World.World.RunFor(20);
        Assert.False(read.IsDone);
        _set.B.Transactions = _set.A.Transactions;

        Assert.True(read.Value.IsOk);
        Assert.Equal((0, 2), (Count(_set.A, Read), Count(_set.B, Read)));
        Assert.Equal(token, reads.Query("SELECT @@seawall_gtid AS t").Scalar);
        Assert.True(reads.Query("SET @seawall_min_gtid = NULL").IsOk);
    }

    [Fact]
    public void A_statement_brings_a_token_in_its_comment_or_in_an_attribute()
    {
        var writes = World.Client();
        var reads = World.Client(new FakeClientOptions { Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes });
        Assert.True(writes.Query("UPDATE").IsOk);
        var token = writes.Query("SELECT @@seawall_gtid").Scalar!;

        var escaped = token.Replace(":", "%3A", StringComparison.Ordinal);
        var read = reads.BeginQuery($"{Read} /*min_gtid='{escaped}'*/");
        World.World.RunFor(20);
        Assert.False(read.IsDone);
        _set.B.Transactions = _set.A.Transactions;
        Assert.True(read.Value.IsOk);

        Assert.True(writes.Query("UPDATE").IsOk);
        token = writes.Query("SELECT @@seawall_gtid").Scalar!;
        read = reads.BeginQuery(Read, ("seawall.min_gtid", token));
        World.World.RunFor(20);
        Assert.False(read.IsDone);
        _set.B.Transactions = _set.A.Transactions;
        Assert.True(read.Value.IsOk);
        Assert.Equal(0, Count(_set.A, Read));
    }

    [Fact]
    public void An_execution_brings_a_token_and_what_it_needs_in_its_attributes()
    {
        var writes = World.Client();
        var reads = World.Client(new FakeClientOptions { Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes });
        const string Text = "SELECT ? FROM items";
        var id = reads.Prepare(Text).Id;
        Assert.Equal("p", reads.BeginExecute(FakeClient.NamedBody(id, ["p"], ("seawall.freshness", "primary"))).Value.Scalar);
        Assert.Equal(["a", "primary", "asked"], LastRoute(reads)[..3]);
        Assert.True(writes.Query("UPDATE").IsOk);
        var token = writes.Query("SELECT @@seawall_gtid").Scalar!;

        var read = reads.BeginExecute(FakeClient.NamedBody(id, ["q"], ("other", "x"), ("seawall.min_gtid", token)));
        World.World.RunFor(20);
        Assert.False(read.IsDone);
        _set.B.Transactions = _set.A.Transactions;
        Assert.Equal("q", read.Value.Scalar);
        Assert.Equal(["b", "replica"], LastRoute(reads)[..2]);
        var refused = reads.BeginExecute(FakeClient.NamedBody(id, ["q"], ("seawall.min_gtid", "nonsense"))).Value;
        Assert.Equal((ushort?)1231, refused.Error?.Code);
        // Without types there are no names, and a client that agreed on no attributes has none, whatever it sends.
        Assert.Equal("r", reads.BeginExecute([.. BitConverter.GetBytes(id), 8, 1, 0, 0, 0, 1, 0, 0, 1, (byte)'r']).Value.Scalar);
        Assert.Equal("v", World.Client().Query("SELECT 'v' FROM items").Scalar);
    }

    // Drivers tell types once, also when the execution that had them was refused.
    [Fact]
    public void The_types_of_an_execution_that_was_refused_hold_for_the_next_one()
    {
        Apply(options => options with { SpillShare = 0, WaitMsMax = 5 });
        World.World.RunFor(2_000);
        var client = World.Client();
        var id = client.Prepare("SELECT ? FROM items").Id;
        Assert.Equal("a", client.Execute(id, "a").Scalar);
        Assert.True(client.Query("UPDATE").IsOk);
        byte[] numbers = [.. BitConverter.GetBytes(id), 0, 1, 0, 0, 0, 0, 1, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(1205, client.BeginExecute(numbers).Value.Code);
        _set.B.Transactions = _set.A.Transactions;
        World.World.RunFor(2_000);
        byte[] again = [.. numbers[..10], 0, 9, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal("9", client.BeginExecute(again).Value.Scalar);
    }

    [Fact]
    public void Questions_to_seawall_are_answered_as_prepared_statements()
    {
        foreach (var capabilities in (Capabilities[])[FakeClientOptions.Modern, FakeClientOptions.Old])
        {
            var client = World.Client(new FakeClientOptions { Capabilities = capabilities });
            Assert.True(client.Query("UPDATE").IsOk);
            _set.B.Transactions = _set.A.Transactions;
            var ordinary = client.Prepare("SELECT ? FROM items");
            var token = client.Prepare("SELECT @@seawall_gtid AS t");
            var route = client.Prepare("SHOW LAST ROUTE");
            Assert.Equal((0, 1, 0, 11), (token.Parameters, token.Columns, route.Parameters, route.Columns));
            Assert.NotEqual(token.Id, route.Id);

            Assert.Equal(client.Query("SELECT @@seawall_gtid").Scalar, client.Execute(token.Id).Scalar);
            Assert.Equal(["t"], client.Execute(token.Id).Only.Columns);
            Assert.Equal("x", client.Execute(ordinary.Id, "x").Scalar);
            var said = client.Execute(route.Id).Row;
            Assert.Equal(["b", "replica", null, "session", null, null, null, "fresh"], said.Take(8));
            Assert.Equal(LastRoute(client), said);
            Assert.Equal(said, client.BeginExecute(route.Id, [], cursor: 1).Value.Row);
            Assert.Equal(1421, client.Fetch(route.Id, 1, 11).Code);
            client.Tell(MySql.Commands.CommandKind.StatementClose, BitConverter.GetBytes(route.Id));
            Assert.Equal(1243, client.Execute(route.Id).Code);
            Assert.Equal("y", client.Execute(ordinary.Id, "y").Scalar);
            Assert.Equal(client.Query("SELECT @@seawall_gtid").Scalar, client.Execute(token.Id).Scalar);
        }
        Assert.DoesNotContain(_set.A.Connections, one => one.Commands.Any(command => command.Text.Contains("seawall", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_a_session_says_of_its_statements_is_taken_from_prepared_statements()
    {
        var (writes, reads) = (World.Client(), World.Client());
        Assert.True(writes.Query("UPDATE").IsOk);
        var token = writes.Query("SELECT @@seawall_gtid").Scalar!;
        var set = reads.Prepare("SET @seawall_min_gtid = ?, @seawall_freshness = ? /* '?' */");
        Assert.Equal((2, 0), (set.Parameters, set.Columns));

        Assert.True(reads.Execute(set.Id, token, "session,stale_ok:0").IsOk);
        var read = reads.BeginQuery(Read);
        World.World.RunFor(20);
        Assert.False(read.IsDone);
        _set.B.Transactions = _set.A.Transactions;
        Assert.True(read.Value.IsOk);
        foreach (var wrong in (string[])["nonsense", "it's", "a\\", new string('x', 10_000)])
            Assert.Equal((ushort?)1231, reads.Execute(set.Id, wrong, "any").Error?.Code);
        Assert.True(reads.BeginExecute(set.Id, [null, "primary"], withTypes: false).Value.IsOk);
        Assert.True(reads.Query(Read).IsOk);
        Assert.Equal(["a", "primary", "asked"], LastRoute(reads)[..3]);

        var literal = reads.Prepare("SET @seawall_freshness = NULL, @seawall_deadline_ms = 300");
        Assert.True(reads.Execute(literal.Id).IsOk);
        Assert.True(reads.Query(Read).IsOk);
        Assert.Equal(["b", "replica"], LastRoute(reads)[..2]);
        Assert.Equal((ushort?)1231, reads.Prepare("SET @seawall_other = ?").Error?.Code);
        Assert.Equal((ushort?)1231, reads.Query("SET @seawall_freshness = ?").Error?.Code);
        reads.Tell(MySql.Commands.CommandKind.StatementSendLongData, [.. BitConverter.GetBytes(set.Id), 0, 0, (byte)'x']);
        Assert.Equal(1210, reads.Execute(set.Id, null, null).Code);
        Assert.True(reads.BeginCommand(MySql.Commands.CommandKind.StatementReset, BitConverter.GetBytes(set.Id)).Value.IsOk);
        Assert.True(reads.Execute(set.Id, null, null).IsOk);
        Assert.DoesNotContain(_set.Servers.SelectMany(server => server.Connections),
            one => one.Commands.Any(command => command.Text.Contains("@seawall", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("nonsense", "it is no set of GTIDs")]
    [InlineData("4e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", "is it of other servers?")]
    public void A_token_that_cannot_be_taken_is_refused_and_says_why(string token, string why)
    {
        var client = World.Client();
        var set = client.Query($"SET @seawall_priority = 'low', @seawall_min_gtid = '{token}'");
        Assert.Equal((ushort?)1231, set.Error?.Code);
        Assert.Contains(why, set.Error!.Message, StringComparison.Ordinal);
        var read = client.Query($"{Read} /*min_gtid='{token}'*/");
        Assert.Equal((ushort?)1231, read.Error?.Code);
        Assert.Contains(why, read.Error!.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (Count(_set.A, Read), Count(_set.B, Read)));
        Assert.True(client.Query(Read).IsOk);
    }

    [Fact]
    public void What_nobody_has_is_refused_and_takes_no_place_at_the_primary()
    {
        var client = World.Client();
        Assert.True(client.Query("UPDATE").IsOk);
        var token = client.Query("SELECT @@seawall_gtid").Scalar!;
        _set.B.Transactions = _set.A.Transactions;
        Assert.True(client.Query($"SET @seawall_min_gtid = '{token}00'").IsOk);

        var refused = client.Query(Read);

        Assert.Equal((ushort?)1205, refused.Error?.Code);
        Assert.Contains("the primary itself has not", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(0, World.Engine.Spill.Spilled);
        Assert.True(client.Query("SET @seawall_min_gtid = NULL").IsOk);
        Assert.True(client.Query(Read).IsOk);
    }

    [Fact]
    public void The_last_route_is_told_and_changes_nothing_of_what_may_be_asked()
    {
        var client = World.Client();
        Assert.True(client.Query("WARN so and so").IsOk);
        Assert.Equal(["a", "primary", "writes", null, null, null, null, null, null, "0", "0"], LastRoute(client));
        var warnings = client.Query("SHOW WARNINGS").Row;
        Assert.True(client.Query("WARN so and so").IsOk);
        LastRoute(client);
        client.Query("SELECT @@seawall_gtid");
        Assert.Equal(warnings, client.Query("SHOW WARNINGS").Row);

        var reads = World.Client();
        Assert.True(reads.Query("SET @seawall_freshness = 'bounded:60000,stale_ok:5'").IsOk);
        Assert.True(reads.Query(Read).IsOk);
        var route = LastRoute(reads);
        Assert.Equal(["b", "replica", null, "bounded", "60000", "5", null, "fresh"], route[..8]);
        Assert.NotNull(route[8]);
        Assert.Equal("server", client.Query("SHOW LAST ROUTE").Only.Columns[0]);
    }

    [Fact]
    public void Without_replicas_it_is_the_primary_and_there_is_no_token()
    {
        World.Apply(options => options with { Reads = new ReadOptions() });
        var client = World.Client(new FakeClientOptions { Capabilities = FakeClientOptions.Old });
        Assert.True(client.Query(Read).IsOk);
        Assert.Equal(["a", "primary", "off"], LastRoute(client)[..3]);
        Assert.Null(client.Query("SELECT @@seawall_gtid").Scalar);
        Assert.True(client.Query($"SET @seawall_min_gtid = '{Uuid}:1-5'").IsOk);
        Assert.Equal((ushort?)1231, client.Query("SET @seawall_min_gtid = '5'").Error?.Code);
    }

    public void Dispose() => _set.Dispose();

    private static string?[] LastRoute(FakeClient client) => [.. client.Query("SHOW LAST ROUTE").Row];

    private void Apply(Func<ReadOptions, ReadOptions> change) =>
        World.Apply(options => options with { Reads = change(new ReadOptions { From = ReadsFrom.Replicas }) });

    private static int Count(FakeServer server, string text) => server.Connections.Sum(
        connection => connection.Commands.Count(command => command.Text.StartsWith(text, StringComparison.Ordinal)));
}
