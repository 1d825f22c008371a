using System.Globalization;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Kills;

/// <summary>
/// Kills that race with the end of what they would end, in worlds whose order is left to chance, with few server connections for
/// many: whoever was not meant never hears that he was interrupted. <c>SEAWALL_LONG=1</c> runs more of it.
/// </summary>
public sealed class KillStressTests(ITestOutputHelper output)
{
    private static readonly FakeServerKind[] s_kinds = [FakeServerKind.MySql56, FakeServerKind.MySql97, FakeServerKind.MariaDb1011];

    private static bool IsLong => Environment.GetEnvironmentVariable("SEAWALL_LONG") == "1";

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, IsLong ? 300 : 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nobody_is_interrupted_who_was_not_meant(int seed) => Run(seed, IsLong ? 10_000 : 5_000, _ => { });

    [Fact]
    public void A_kill_that_arrives_after_its_acknowledgement_is_noticed() =>
        // The control: a server that says yes to a KILL and takes note of it a little later.
        Assert.ThrowsAny<Exception>(() => Run(1, 20_000, server => server.KillsLateMs = 3));

    private void Run(int seed, int steps, Action<FakeServer> sabotage)
    {
        var random = new Random(seed);
        using var world = new EngineWorld(new()
        {
            Seed = seed,
            IsChaotic = true,
            // Mostly the one that lets a late kill hit the next statement.
            Kind = s_kinds[random.Next(4) % 3],
            Loops = random.Next(1, 4),
            With = options => options with { Pools = options.Pools with { SizeMax = 1 + (seed % 2), WaitMsMax = 600_000 } },
            Prepare = sabotage,
            WithServer = server => server with { Dial = new(PerSecond: 1_000, Burst: 100), Cancels = new(random.Next(1, 3), 1_000) },
        });
        // Half of them are never named by anybody.
        var workers = Enumerable.Range(0, 4).Select(i => new Worker(world, random, isMeant: i % 2 == 0)).ToArray();
        var killers = Enumerable.Range(0, 2).Select(_ => new Killer(world, random)).ToArray();
        for (var step = 0; step < steps; step++)
        {
            workers[random.Next(workers.Length)].Step();
            killers[random.Next(killers.Length)].Step(workers);
            if (random.Next(3) == 0)
                world.World.RunFor(random.Next(3));
            world.World.ThrowBugs();
        }
        world.World.RunFor(5_000);
        foreach (var worker in workers)
            worker.Look();
        output.WriteLine($"seed {seed}: {world.Server.Kind}, {workers.Sum(worker => worker.Answered)} answers, "
            + $"{workers.Sum(worker => worker.Interrupted)} interrupted, {world.Server.Kills} kills at the server");
        Assert.True(workers.Sum(worker => worker.Answered) > 100);
        Assert.True(workers.Sum(worker => worker.Interrupted) > 20);
        Assert.True(world.Server.Kills > 5);
    }

    private sealed class Worker(EngineWorld world, Random random, bool isMeant)
    {
        private FakeClient _client = world.Client();
        private Pending<Reply>? _pending;
        private string _due = "";
        private int _asked;
        private bool _isHunted;

        internal int Answered { get; private set; }

        internal int Interrupted { get; private set; }

        internal uint Aim()
        {
            _isHunted = true;
            return _client.ConnectionId;
        }

        internal bool IsMeant => isMeant;

        internal void Step()
        {
            Look();
            if (_pending is not null)
                return;
            if (isMeant && random.Next(40) == 0)
            {
                // Somebody vanishes, and his statement with him.
                _ = _client.BeginQuery("SELECT SLEEP(0.02)");
                world.World.RunFor(random.Next(3));
                _client.Cut();
                _client = world.Client();
                _isHunted = false;
                return;
            }
            _due = (++_asked).ToString(CultureInfo.InvariantCulture);
            _pending = _client.BeginQuery($"SELECT SLEEP(0.00{random.Next(1, 9)}), '{_due}'");
        }

        internal void Look()
        {
            if (_pending is not { IsDone: true } done)
                return;
            _pending = null;
            var reply = done.Value;
            if (reply.Code == 1317 && _isHunted)
                Interrupted++;
            else if (reply.IsCut && _isHunted)
                _client = world.Client();
            else
                Assert.Equal(["0", _due], reply.Row);
            Answered++;
        }
    }

    private sealed class Killer(EngineWorld world, Random random)
    {
        private readonly FakeClient _client = world.Client();
        private Pending<Reply>? _pending;

        internal void Step(Worker[] workers)
        {
            if (_pending is { IsDone: true } done)
            {
                Assert.True(done.Value is { IsCut: false, Code: 0 or 1094 }, $"{done.Value}");
                _pending = null;
            }
            var aims = workers.Where(worker => worker.IsMeant).ToArray();
            if (_pending is null && random.Next(20) == 0)
                _pending = _client.BeginQuery($"KILL {(random.Next(8) == 0 ? "CONNECTION" : "QUERY")} {aims[random.Next(aims.Length)].Aim()}");
        }
    }
}
