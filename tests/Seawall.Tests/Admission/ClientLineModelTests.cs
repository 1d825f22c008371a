using Seawall.Engine.Flow.Floodgates;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>
/// A line that is not Seawall's: programs with a hundred connections in all, for which requests wait their turn, and give up after a second. While
/// nobody could be served for ten seconds it has become as long as their patience; what comes out of it has a few milliseconds left, and a server that
/// is there again works for people who have gone. In virtual time.
/// </summary>
public sealed class ClientLineModelTests(ITestOutputHelper output)
{
    /// <summary>Three replicas of eight places, and statements that take one for 15 ms.</summary>
    private const double Cores = 24, WorkMs = 15, Load = 0.8;

    /// <summary>Twice as many as the server has places, and one for each replica: docs/overload.md.</summary>
    private const int Limit = 51;

    private const double LostMs = 10_000, BackMs = 20_000, EndMs = 42_000;

    [Fact]
    public void It_goes_when_they_say_how_long_they_wait() =>
        Assert.All(Seeds, seed => Assert.InRange(SuccessAfter(saysDeadlines: true, knowsNeeds: true, seed), 0.98, 1));

    [Fact]
    public void It_stays_when_they_say_nothing() =>
        Assert.All(Seeds, seed => Assert.InRange(SuccessAfter(saysDeadlines: false, knowsNeeds: true, seed), 0, 0.5));

    [Fact]
    public void It_stays_when_they_say_so_and_only_waits_are_counted() =>
        Assert.All(Seeds, seed => Assert.InRange(SuccessAfter(saysDeadlines: true, knowsNeeds: false, seed), 0, 0.5));

    private static IEnumerable<int> Seeds => Enumerable.Range(1, 5);

    private double SuccessAfter(bool saysDeadlines, bool knowsNeeds, int seed)
    {
        var clock = new ModelClock();
        var server = new ModelServer(clock, Cores);
        var clients = new PooledClients(clock, new SluiceGate(clock, server, Limit) { KnowsNeeds = knowsNeeds })
        {
            SaysDeadlines = saysDeadlines,
            IsLost = () => clock.NowMs is >= LostMs and < BackMs,
        };
        var (wanted, good) = (new int[(int)EndMs / 1_000], new int[(int)EndMs / 1_000]);
        var load = new ModelLoad(clock, clients, seed)
        {
            Mix = [(StatementClass.Normal, 1)],
            // As what locks let through: some have theirs at once, others wait for one or two before them.
            Work = dice => WorkMs * (0.5 + dice.NextDouble()),
            With = request => request with { Shape = 1 },
            PerSecond = Load * Cores * 1_000 / WorkMs,
            Wanted = request => wanted[(int)request.AtMs / 1_000]++,
        };
        load.Answered = (request, tookMs) => good[(int)request.AtMs / 1_000] += tookMs <= ModelLoad.PatienceMs ? 1 : 0;
        load.Start();
        clock.RunUntil(EndMs - 1);
        output.WriteLine($"deadlines {saysDeadlines}, needs {knowsNeeds}, seed {seed}: "
            + string.Join(' ', good.Zip(wanted, (one, all) => $"{100.0 * one / Math.Max(1, all):F0}")));
        var (from, to) = ((int)(BackMs / 1_000) + 5, (int)(EndMs / 1_000) - 2);
        return (double)good[from..to].Sum() / wanted[from..to].Sum();
    }

    /// <summary>Programs' pools in front of a gate, first come, first served, as the generator of bench/replicas has them.</summary>
    private sealed class PooledClients(ModelClock clock, ModelGate gate) : ModelGate
    {
        private const int Connections = 100;

        /// <summary>
        /// What it takes to open another one, in the place of one that was closed over a statement: all do so at one time. With 5 ms the line goes by
        /// itself.
        /// </summary>
        private const double LoginMs = 50;

        /// <summary>How long Seawall keeps a read when no replica is there: reads.wait_ms_max, or a quarter of what is left.</summary>
        private const double WaitMs = 50;

        private readonly Queue<(Attempt Outer, double SinceMs)> _line = new();
        private readonly Dictionary<Attempt, Attempt> _inside = [];
        private int _free = Connections;

        internal bool SaysDeadlines { get; init; }

        internal Func<bool> IsLost { get; init; } = () => false;

        internal override void Enter(Attempt attempt)
        {
            _line.Enqueue((attempt, clock.NowMs));
            Next();
        }

        internal override void Abandon(Attempt attempt)
        {
            if (!_inside.Remove(attempt, out var inner))
                return; // It is in the line still, and passed over there.
            inner.IsAbandoned = true;
            gate.Abandon(inner);
            clock.In(LoginMs, Free);
        }

        private void Free()
        {
            _free++;
            Next();
        }

        private void Next()
        {
            while (_free > 0 && _line.TryDequeue(out var first))
            {
                if (!first.Outer.IsAbandoned)
                    Send(first.Outer, ModelLoad.PatienceMs - (clock.NowMs - first.SinceMs));
            }
        }

        private void Send(Attempt outer, double leftMs)
        {
            _free--;
            var inner = new Attempt(outer.Request, isOk => Answered(outer, isOk)) { SaysMs = SaysDeadlines ? Math.Max(1, (int)leftMs) : 0 };
            _inside.Add(outer, inner);
            if (IsLost())
                clock.In(SaysDeadlines ? Math.Min(WaitMs, leftMs / 4) : WaitMs, () => Answered(outer, isOk: false));
            else
                gate.Enter(inner);
        }

        private void Answered(Attempt outer, bool isOk)
        {
            if (!_inside.Remove(outer))
                return; // Nobody waits for it any more.
            outer.Answer(isOk);
            Free();
        }
    }
}
