using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>Where statements go while replicas are read from, in a simulated world.</summary>
public sealed class RoutingTests : IDisposable
{
    private const string Read = "SELECT 1 FROM items";

    private const string Hurried = "SELECT 1 FROM items /*deadline_ms='40'*/";

    private readonly ReplicaWorld _set = new(2, new EngineWorldOptions { Kind = FakeServerKind.MySql97 });

    public RoutingTests()
    {
        foreach (var server in _set.Servers)
            server.Transactions = 7;
        _set.World.Apply(options => options with { Reads = new ReadOptions { From = ReadsFrom.Replicas } });
        Until(FreshnessState.Fresh);
    }

    private EngineWorld World => _set.World;

    [Fact]
    public void Reads_go_to_the_replica_and_all_else_to_the_primary()
    {
        var client = World.Client();
        Assert.True(client.Query(Read).IsOk);
        Assert.True(client.Query("UPDATE").IsOk);
        Assert.NotNull(client.Query("SELECT @@hostname").Scalar);

        Assert.Equal(1, Count(_set.B, Read));
        Assert.Equal((0, 1), (Count(_set.A, Read), Count(_set.A, "UPDATE")));
        Assert.Equal(0, Count(_set.B, "UPDATE"));
    }

    [Fact]
    public void A_read_waits_until_the_replica_has_what_its_session_has_written()
    {
        var client = World.Client();
        Assert.True(client.Query("UPDATE").IsOk);
        var read = client.BeginQuery(Read);
        World.World.RunFor(20);
        Assert.False(read.IsDone);

        _set.B.Transactions = _set.A.Transactions;

        Assert.True(read.Value.IsOk);
        Assert.Equal((0, 1), (Count(_set.A, Read), Count(_set.B, Read)));
    }

    // Each question takes something of the server: as many all the time as for those who wait were more than a hundredth of a slow processor.
    [Fact]
    public void Servers_are_asked_at_each_step_while_somebody_waits_less_often_after_that_and_seldom_otherwise()
    {
        Assert.InRange(QuestionsIn(1_000), 1, 4);
        var client = World.Client();
        Assert.True(client.Query("UPDATE").IsOk);
        var read = client.BeginQuery(Read);
        Assert.InRange(QuestionsIn(48), 2, 4);
        Assert.False(read.IsDone);
        _set.B.Transactions = _set.A.Transactions;
        Assert.True(read.Value.IsOk);

        Assert.InRange(QuestionsIn(900), 15, 22);
        World.World.RunFor(1_000);
        Assert.InRange(QuestionsIn(1_000), 1, 4);
    }

    [Fact]
    public void What_the_replica_does_not_get_in_time_has_one_place_at_the_primary_and_the_rest_is_refused()
    {
        var clients = Enumerable.Range(0, 5).Select(_ => World.Client()).ToArray();
        _set.A.When(Read, new FakeLater(500, new FakeRows(["1"], [["1"]])));
        Assert.All(clients, client => Assert.True(client.Query("UPDATE").IsOk));

        var reads = clients.Select(client => client.BeginQuery(Read)).ToArray();
        World.Pump(() => reads.All(read => read.IsDone), "all are answered");

        Assert.Equal((1, 0), (Count(_set.A, Read), Count(_set.B, Read)));
        Assert.Equal([.. Enumerable.Repeat<ushort?>(1205, 4)], reads.Select(read => read.Value.Error?.Code).Where(code => code is not null));
        Assert.Contains("reads.spill_share=10", reads.First(read => read.Value.Error is not null).Value.Error!.Message, StringComparison.Ordinal);
        Assert.All(clients, client => Assert.True(client.Query("UPDATE").IsOk)); // They have lost nothing but these.
        Assert.Equal(0, World.Engine.Spill.Used);
    }

    [Fact]
    public void Without_a_budget_all_that_no_replica_may_answer_goes_to_the_primary_and_everybody_is_told()
    {
        Assert.True(World.Engine.Spill.HasBudget);
        World.Apply(options => options with { Reads = options.Reads with { SpillsWithoutBudget = true } });
        World.Pump(() => World.Engine.Spill is { HasBudget: false }, "there is none");
        var told = World.Engine.GateEvents(20).First(news => news.Event.Kind == GateEventKind.Reads).Event;
        Assert.Equal(("primary", "unprotected"), (told.Of, told.To));
        Assert.Contains("reads.spill_budget = \"none\"", told.Cause, StringComparison.Ordinal);

        var clients = Enumerable.Range(0, 5).Select(_ => World.Client()).ToArray();
        _set.A.When(Read, new FakeLater(500, new FakeRows(["1"], [["1"]])));
        Assert.All(clients, client => Assert.True(client.Query("UPDATE").IsOk));
        var reads = clients.Select(client => client.BeginQuery(Read)).ToArray();
        World.World.RunFor(400);
        Assert.Equal(5, World.Engine.Spill.Used);
        World.Pump(() => reads.All(read => read.IsDone), "all are answered");
        Assert.All(reads, read => Assert.True(read.Value.IsOk));
        Assert.Equal((5, 0), (Count(_set.A, Read), Count(_set.B, Read)));
        Assert.Equal((0, 5, 0), (World.Engine.Spill.Used, World.Engine.Spill.Spilled, World.Engine.Spill.Denied));

        World.Apply(options => options with { Reads = options.Reads with { SpillsWithoutBudget = false } });
        World.Pump(() => World.Engine.Spill is { HasBudget: true }, "there is one again");
        Assert.Equal("protected", World.Engine.GateEvents(20).First(news => news.Event is { Kind: GateEventKind.Reads, Of: "primary" }).Event.To);
        reads = [.. clients.Select(client => client.BeginQuery(Read))];
        World.Pump(() => reads.All(read => read.IsDone), "all are answered");
        Assert.Contains(reads, read => read.Value.Error?.Code == 1205);
    }

    // A quarter of the time that its program waits, and the rest for being answered.
    [Fact]
    public void A_read_whose_program_is_in_a_hurry_waits_less_for_a_replica()
    {
        World.Apply(options => options with { Overload = options.Overload with { Mode = OverloadMode.Enforce } });
        var (patient, hurried) = (World.Client(), World.Client());
        Assert.True(patient.Query("UPDATE").IsOk && hurried.Query("UPDATE").IsOk);

        var reads = (Patient: patient.BeginQuery(Read), Hurried: hurried.BeginQuery(Hurried));
        World.World.RunFor(30);

        Assert.Equal((false, true), (reads.Patient.IsDone, reads.Hurried.IsDone));
        Assert.Equal((0, 1), (Count(_set.A, Read), Count(_set.A, Hurried)));
    }

    [Fact]
    public void A_place_at_the_primary_is_not_for_one_whose_program_will_be_gone()
    {
        World.Apply(options => options with { Overload = options.Overload with { Mode = OverloadMode.Enforce } });
        foreach (var text in (string[])[Read, Hurried])
            _set.A.When(text, new FakeLater(35, new FakeRows(["1"], [["1"]])));
        var client = World.Client();
        Assert.True(client.Query("UPDATE").IsOk);
        Assert.True(client.Query(Read).IsOk);
        World.World.RunFor(500);
        Assert.Equal(1, Count(_set.A, Read));

        var error = client.Query(Hurried).Error;

        Assert.Equal((1205, 0), ((int?)error?.Code ?? 0, Count(_set.A, Hurried)));
        Assert.Contains("it would not be answered within its deadline_ms", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_keeps_a_connection_in_case_it_is_asked_for_a_number_reads_there()
    {
        var client = World.Client();
        Assert.True(client.Query("INSERT").IsOk);

        Assert.True(client.Query(Read).IsOk);

        Assert.Equal((1, 0), (Count(_set.A, Read), Count(_set.B, Read)));
        Assert.Equal(0, World.Engine.Spill.Spilled); // It would have gone there however the replicas are.
    }

    [Fact]
    public void Others_are_not_kept_from_the_replica_by_what_one_session_has_written()
    {
        var (writes, reads) = (World.Client(), World.Client());
        Assert.True(writes.Query("UPDATE").IsOk);

        Assert.True(reads.Query(Read).IsOk);

        Assert.Equal(1, Count(_set.B, Read));
    }

    [Fact]
    public void Who_leaves_or_is_ended_over_the_wait_takes_no_place_at_the_primary()
    {
        var (leaves, ended, other) = (World.Client(), World.Client(), World.Client());
        var number = ended.Query("SELECT CONNECTION_ID()").Scalar;
        Assert.True(leaves.Query("UPDATE").IsOk);
        Assert.True(ended.Query("UPDATE").IsOk);
        _ = leaves.BeginQuery(Read);
        var read = ended.BeginQuery(Read);
        World.World.RunFor(10);

        leaves.Cut();
        Assert.True(other.Query($"KILL QUERY {number}").IsOk);

        Assert.Equal((ushort?)1317, read.Value.Error?.Code);
        World.World.RunFor(200);
        Assert.Equal((0, 0), (Count(_set.A, Read), Count(_set.B, Read)));
        Assert.Equal(0, World.Engine.Spill.Spilled);
    }

    [Fact]
    public void A_replica_that_does_not_follow_is_not_read_from()
    {
        _set.B.Applies = "No";
        Until(FreshnessState.Broken);
        var client = World.Client();

        Assert.True(client.Query(Read).IsOk);

        Assert.Equal((1, 0), (Count(_set.A, Read), Count(_set.B, Read)));
    }

    // MySQL refuses to be told in a transaction which numbers to tell, and the client's own statement would hear of it.
    [Fact]
    public void What_cannot_be_set_in_a_transaction_is_not_set_there_again()
    {
        var client = World.Client();
        Assert.True(client.Query("BEGIN").IsOk);
        Assert.True(client.Query("SET session_track_schema = 1").IsOk);
        Assert.True(client.Query("UPDATE").IsOk);

        var commands = EngineWorld.PooledOf(_set.A).Single(connection => connection.Commands.Any(command => command.Text == "BEGIN")).Commands;
        var inside = commands.SkipWhile(command => command.Text != "BEGIN").Select(command => command.Text).ToArray();
        Assert.Contains(inside, text => text.StartsWith("SET session_track_schema=1,", StringComparison.Ordinal));
        Assert.DoesNotContain(inside, text => text.Contains("session_track_gtids=", StringComparison.Ordinal));
    }

    [Fact]
    public void While_it_is_switched_off_no_replica_answers_anything()
    {
        World.Apply(options => options with { Reads = new ReadOptions() });
        Assert.True(World.Client().Query(Read).IsOk);

        Assert.Equal((1, 0), (Count(_set.A, Read), Count(_set.B, Read)));
    }

    public void Dispose() => _set.Dispose();

    // Of the primary, where no question waits.
    private long QuestionsIn(int ms)
    {
        var before = Asked();
        World.World.RunFor(ms);
        return Asked() - before;

        long Asked() => World.Engine.Freshness().Single(one => one.Server == "a").Questions;
    }

    private void Until(FreshnessState state) => World.Pump(
        () => World.Engine.Freshness().Single(server => server.Server == "b").State == state, $"{state}");

    private static int Count(FakeServer server, string text) =>
        server.Connections.Sum(connection => connection.Commands.Count(command => command.Text == text));
}
