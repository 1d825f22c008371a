using System.Text;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Decisions;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>Read-only transactions are a replica's, whole, when the settings say so; and what may be said in them.</summary>
public sealed class ReplicaTransactionTests : IDisposable
{
    private const string Read = "SELECT 1 FROM items";
    private const string Begin = "START TRANSACTION READ ONLY";

    private readonly ReplicaWorld _set = new(2, new EngineWorldOptions { Kind = FakeServerKind.MySql97 });

    private EngineWorld World => _set.World;

    private FakeServer A => _set.A;

    private FakeServer B => _set.B;

    [Theory]
    [InlineData("select a from t", "Stays")]
    [InlineData("select last_insert_id(), @@sql_mode, connection_id()", "Stays")]
    [InlineData("select f(a) from t", "Refused")]
    [InlineData("select sleep(1)", "Stays")]
    [InlineData("show warnings", "Stays")]
    [InlineData("insert into t values (1)", "Writes")]
    [InlineData("update t set a = 1", "Writes")]
    [InlineData("commit", "Stays")]
    [InlineData("rollback", "Stays")]
    [InlineData("savepoint a", "Stays")]
    [InlineData("set sql_mode = ''", "Stays")]
    [InlineData("use shop", "Stays")]
    [InlineData("begin", "Leaves")]
    [InlineData("start transaction read only", "Leaves")]
    [InlineData("create table u (a int)", "Leaves")]
    [InlineData("truncate t", "Leaves")]
    [InlineData("lock tables t read", "Leaves")]
    [InlineData("select a from t for update", "Refused")]
    [InlineData("select @a", "Refused")]
    [InlineData("set @a = 1", "Refused")]
    [InlineData("set global max_connections = 5", "Refused")]
    [InlineData("set autocommit = 1", "Refused")]
    [InlineData("create temporary table u (a int)", "Refused")]
    [InlineData("select get_lock('a', 1)", "Refused")]
    [InlineData("select a into outfile '/tmp/x' from t", "Refused")]
    [InlineData("call p()", "Refused")]
    [InlineData("commit; insert into t values (1)", "Refused")]
    [InlineData("execute s", "Refused")]
    [InlineData("load data infile 'x' into table t", "Refused")]
    [InlineData("explain select a from t", "Stays")]
    [InlineData("explain update t set a = 1", "Refused")]
    [InlineData("what is this", "Refused")]
    public void What_may_be_said_in_one_is_decided_by_its_text(string text, string step)
    {
        foreach (var version in (string[])["10.11.19-MariaDB", "9.7.4"])
        {
            var parsed = Seawall.Engine.Facts.Topology.ServerVersion.Parse(Encoding.ASCII.GetBytes(version));
            var facts = StatementLexer.Read(Encoding.UTF8.GetBytes(text), default);
            var decision = Decider.Decide(facts, parsed);
            Assert.Equal(step, $"{ReplicaTransaction.Judge(CommandKind.Query, facts, decision.Pins | decision.PinsEvenIfItFails, opensCursor: false)}");
        }
    }

    [Fact]
    public void They_are_the_primarys_unless_the_settings_say_otherwise()
    {
        Start(takes: false);
        var client = World.Client();
        All(client, Begin, Read, "COMMIT");
        Assert.Equal((3, 0), (Count(A, Begin, Read, "COMMIT"), Count(B, Begin, Read, "COMMIT")));
    }

    [Fact]
    public void All_of_one_is_at_the_replica_on_one_connection_and_what_comes_after_is_not()
    {
        Start();
        var client = World.Client();
        All(client, Begin, Read, "SELECT @@hostname", Read, "COMMIT", "UPDATE");
        B.Transactions = A.Transactions;
        Assert.Equal("b", All(client, Begin, "SELECT @@hostname").Scalar);
        All(client, "ROLLBACK");

        Assert.Equal((0, 1), (Count(A, Begin, Read, "COMMIT", "ROLLBACK"), Count(A, "UPDATE")));
        Assert.Equal(6, Count(B, Begin, Read, "COMMIT", "ROLLBACK"));
        Assert.Single(B.Connections, connection => connection.Commands.Any(command => command.Text == Begin));
        Assert.Equal(["b", "kept", "transaction"], LastRoute(client)[..3]);
    }

    [Fact]
    public void A_write_inside_hears_what_a_primary_says_and_runs_nowhere()
    {
        Start();
        var client = World.Client();
        All(client, Begin, Read);
        Assert.Equal(1792, client.Query("UPDATE").Code);
        All(client, Read, "COMMIT");
        Assert.Equal((0, 0), (Count(A, "UPDATE"), Count(B, "UPDATE")));
    }

    [Fact]
    public void What_ends_it_by_itself_goes_to_the_primary_as_always()
    {
        Start();
        var client = World.Client();
        All(client, Begin, Read, "CREATE TABLE t (a int)", "UPDATE");
        Assert.Equal((2, 0), (Count(A, "CREATE TABLE t (a int)", "UPDATE"), Count(B, "CREATE TABLE t (a int)", "UPDATE")));
        Assert.Equal(2, Count(B, Begin, Read));
        B.Transactions = A.Transactions;
        var reads = World.Client();
        All(reads, Begin, Read, Begin, Read, "COMMIT");
        Assert.Equal((0, 7), (Count(A, Begin, Read), Count(B, Begin, Read, "COMMIT")));
        All(client, Begin, "BEGIN", "UPDATE", "COMMIT");
        Assert.Equal(3, Count(A, "BEGIN", "UPDATE", "COMMIT") - 1);
    }

    [Fact]
    public void What_would_leave_something_there_is_refused_and_the_transaction_goes_on()
    {
        Start();
        var client = World.Client();
        All(client, Begin, Read);
        var refused = client.Query("SELECT 1 FROM items FOR UPDATE");
        Assert.Equal(1235, refused.Code);
        Assert.Contains("the transaction is open", refused.Error!.Message, StringComparison.Ordinal);
        All(client, Read, "COMMIT");
        Assert.Equal(0, Count(A, Read, "COMMIT"));
    }

    [Fact]
    public void It_waits_for_what_its_session_has_written_as_a_read_does()
    {
        Start();
        var client = World.Client();
        All(client, "UPDATE");
        var begin = client.BeginQuery(Begin);
        World.World.RunFor(20);
        Assert.False(begin.IsDone);
        B.Transactions = A.Transactions;
        Assert.True(begin.Value.IsOk);
        All(client, Read, "COMMIT");
        Assert.Equal(0, Count(A, Begin, Read));
    }

    [Fact]
    public void Where_no_replica_may_have_it_it_holds_a_place_at_the_primary_until_it_ends()
    {
        Start();
        var (client, other, gone) = (World.Client(), World.Client(), World.Client());
        All(client, "UPDATE");
        All(other, "UPDATE");
        All(gone, "UPDATE");
        All(client, Begin);
        Assert.Equal(1, World.Engine.Spill.Used);
        Assert.Equal(1205, other.Query(Begin).Code); // There is one place only.
        All(client, Read);
        Assert.Equal(1, World.Engine.Spill.Used);
        All(client, "COMMIT");
        Assert.Equal(0, World.Engine.Spill.Used);

        All(gone, Begin);
        Assert.Equal(1, World.Engine.Spill.Used);
        gone.Cut();
        World.World.RunFor(50);
        Assert.Equal(0, World.Engine.Spill.Used);
    }

    [Fact]
    public void A_replica_that_is_lost_in_it_is_an_honest_error_and_nothing_is_tried_again()
    {
        Start();
        var client = World.Client();
        All(client, Begin, Read);
        foreach (var connection in EngineWorld.PooledOf(B))
            connection.Link.ToClient.CutAfter(connection.Link.ToClient.Written + 1);
        Assert.Equal(2013, client.Query(Read).Code);
        Assert.Equal(0, World.Count(meter => meter.RetriedReads));
        Assert.Equal(0, Count(A, Read));
    }

    public void Dispose() => _set.Dispose();

    private void Start(bool takes = true)
    {
        foreach (var server in _set.Servers)
            server.Transactions = 7;
        World.Apply(options => options with { Reads = new ReadOptions { From = ReadsFrom.Replicas, TakesTransactions = takes } });
        World.Pump(() => World.Engine.Freshness().Single(server => server.Server == "b").State == FreshnessState.Fresh, "fresh");
    }

    private static Reply All(FakeClient client, params string[] texts)
    {
        Reply reply = null!;
        foreach (var text in texts)
        {
            reply = client.Query(text);
            Assert.True(reply.IsOk, $"{text}: {reply}");
        }
        return reply;
    }

    private static string?[] LastRoute(FakeClient client) => [.. client.Query("SHOW LAST ROUTE").Row];

    private static int Count(FakeServer server, params string[] texts) => server.Connections.Sum(
        connection => connection.Commands.Count(command => texts.Contains(command.Text)));
}
