using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Tests.Topology;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>
/// One of two replicas hangs, drips, resets or has fallen into a black hole, while statements keep coming however many wait, in virtual time: nothing
/// piles up in front of the other servers.
/// </summary>
public sealed class HangBesideTests(ITestOutputHelper output)
{
    private const int Places = 4;
    private const int TakesMs = 20;

    /// <summary>Who has waited for so long has waited for the one in trouble: for the others it is three turns of all places.</summary>
    private const int LateMs = 5 * TakesMs;

    private const string Read = "SELECT 1 FROM items";
    private const string Locking = "SELECT 2 FROM stock FOR UPDATE";

    // M8
    [Theory]
    [InlineData(Trouble.Hang)]
    [InlineData(Trouble.Drip)]
    [InlineData(Trouble.BlackHole)]
    [InlineData(Trouble.Reset)]
    public void Beside_a_replica_in_trouble_nothing_piles_up(Trouble trouble)
    {
        using var set = Set();
        var run = new Visits(set.World, everyMs: 10);
        run.Go(1_000);
        var c = set.Servers[2];
        var began = set.World.World.Clock.ElapsedMs;
        ServerTrouble.Begin(set.World, c, trouble);
        run.Go(5_000, () => HealthOf(set, "c") == ServerHealth.Down);
        var foundMs = set.World.World.Clock.ElapsedMs - began;
        run.Go(2_000);
        output.WriteLine($"{trouble}: found after {foundMs} ms; {run}");

        Assert.InRange(foundMs, 0, 2_000);
        Assert.True(run.Came > 300, $"{run.Came} came");
        Assert.True(run.WaitingMost <= Places, $"{run.WaitingMost} waited for another server");
        Assert.Equal((0L, 0), (run.ShedElsewhere, run.FoundNobody));
        // What goes to the primary goes on as if nothing were.
        Assert.Empty(run.LockingErrors);
        Assert.True(run.LockingMs.Max() < 2 * TakesMs, $"{run.LockingMs.Max()} ms");
        // Of the reads those are late, or lost, that were there: more than it has places nobody has sent.
        var held = run.ReadMs.Count(ms => ms > LateMs) + run.ReadErrors.Count + run.Cut;
        Assert.True(held <= Places, $"{held} reads were late or lost");

        ServerTrouble.End(set.World, c, trouble);
        var before = Reads(c);
        run.Go(60_000, () => HealthOf(set, "c") == ServerHealth.Up && Reads(c) > before + 20);
        Assert.True(Reads(c) > before + 20, "it is not taken up again");
        // What drips is under way for a while.
        set.World.World.RunFor(20_000);
    }

    // The control: when more comes than the other one can do, it piles up there, and is seen.
    [Fact]
    public void Where_the_other_replica_cannot_do_all_of_it_it_does_pile_up()
    {
        using var set = Set();
        var run = new Visits(set.World, everyMs: 4);
        run.Go(1_000);
        Assert.True(run.WaitingMost <= Places, $"{run.WaitingMost} waited while both were there");
        ServerTrouble.Begin(set.World, set.Servers[2], Trouble.Reset);
        run.Go(3_000);
        output.WriteLine($"{run}");
        Assert.True(run.WaitingMost > Places && run.ShedElsewhere > 0, $"{run.WaitingMost} waited, {run.ShedElsewhere} were refused");
        ServerTrouble.End(set.World, set.Servers[2], Trouble.Reset);
        set.World.World.RunFor(20_000);
    }

    private static int Reads(FakeServer server) => server.Connections.Sum(connection => connection.Commands.Count(command => command.Text == Read));

    private static ServerHealth HealthOf(ReplicaWorld set, string name) => set.World.Engine.Facts.Find(new(name))!.Health;

    private static ReplicaWorld Set()
    {
        var set = new ReplicaWorld(3, new EngineWorldOptions
        {
            Loops = 2,
            WithServer = server => server with { RunningMax = Places },
            With = options => options with { Overload = options.Overload with { Mode = OverloadMode.Enforce } },
        });
        foreach (var server in set.Servers)
        {
            server.Transactions = 7;
            foreach (var statement in (string[])[Read, Locking])
                server.When(statement, new FakeLater(TakesMs, new FakeRows(["1"], [["1"]])));
        }
        set.World.Apply(before => before with { Reads = new ReadOptions { From = ReadsFrom.Replicas } });
        set.World.Pump(() => set.World.Engine.Replicas is { Count: 2 } all && all.All(replica => replica.IsWell), "both are fresh");
        return set;
    }

    // Statements that come at their own times, each by a client that has nothing else to do: one in so many milliseconds reads, and every fourth of
    // them locks something.
    private sealed class Visits
    {
        private const int Clients = 120;
        private readonly EngineWorld _world;
        private readonly int _everyMs;
        private readonly Queue<FakeClient> _idle;

        internal Visits(EngineWorld world, int everyMs)
        {
            _world = world;
            _everyMs = everyMs;
            _idle = new(Enumerable.Range(0, Clients).Select(_ => world.Client()));
        }

        internal int Came { get; private set; }

        internal int FoundNobody { get; private set; }

        internal int Cut { get; private set; }

        internal int WaitingMost { get; private set; }

        internal long ShedElsewhere { get; private set; }

        internal List<double> ReadMs { get; } = [];

        internal List<double> LockingMs { get; } = [];

        internal List<ReplyError> ReadErrors { get; } = [];

        internal List<ReplyError> LockingErrors { get; } = [];

        internal void Go(long atMostMs, Func<bool>? isDone = null)
        {
            for (var left = atMostMs; left > 0 && isDone?.Invoke() != true; left -= _everyMs)
            {
                Come(Read, ReadMs, ReadErrors);
                if (++Came % 4 == 0)
                    Come(Locking, LockingMs, LockingErrors);
                _world.World.RunFor(_everyMs);
                var others = _world.Engine.Views.Sluices().Where(sluice => sluice.Server != "c").ToArray();
                WaitingMost = Math.Max(WaitingMost, others.Max(sluice => sluice.Classes.Sum(one => one.Waiting)));
                ShedElsewhere = others.Sum(sluice => sluice.Classes.Sum(one => one.ShedInAll));
            }
        }

        public override string ToString() => $"{Came} came, at most {WaitingMost} waited elsewhere, {ShedElsewhere} were refused there; the slowest read "
            + $"{ReadMs.Max()} ms, {ReadMs.Count(ms => ms > LateMs)} late, {ReadErrors.Count + Cut} lost ({string.Join(" / ", ReadErrors.Take(3))}); "
            + $"the slowest at the primary {LockingMs.Max()} ms";

        private void Come(string statement, List<double> tookMs, List<ReplyError> errors)
        {
            if (!_idle.TryDequeue(out var client))
            {
                FoundNobody++;
                return;
            }
            var atMs = _world.World.Clock.ElapsedMs;
            client.BeginQuery(statement).WhenDone = asked =>
            {
                // One whose connection had to be cut, in the middle of an answer, comes no more.
                if (asked.Value.Error is { } error)
                    errors.Add(error);
                else if (asked.Value.IsOk)
                    tookMs.Add(_world.World.Clock.ElapsedMs - atMs);
                else
                {
                    Cut++;
                    return;
                }
                _idle.Enqueue(client);
            };
        }
    }
}
