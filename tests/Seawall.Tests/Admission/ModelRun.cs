using Seawall.Engine.Flow.Floodgates;

namespace Seawall.Tests.Admission;

/// <summary>A server, what is in front of it, and those who want something: one run of the model.</summary>
internal sealed class ModelRun
{
    internal const double Cores = 8;

    /// <summary>Statements that may run: the cores, and half as many again, so that none is idle between two statements.</summary>
    internal const int Limit = 12;

    /// <summary>Requests in a second that the server has just enough cores for.</summary>
    internal const double Capacity = Cores * 1000 / ModelLoad.WorkMsMean;

    // Of a spike: what comes before it, and what is looked at after it.
    private const double BeforeMs = 8_000;
    private const double AfterMs = 32_000;

    internal ModelRun(Func<ModelClock, ModelServer, ModelGate> gate, Func<ModelClock, ModelGate, ModelLoad>? load = null, int seed = 1)
    {
        Server = new ModelServer(Clock, Cores);
        Gate = gate(Clock, Server);
        Load = load?.Invoke(Clock, Gate) ?? new ModelLoad(Clock, Gate, seed);
    }

    internal ModelClock Clock { get; } = new();

    internal ModelServer Server { get; }

    internal ModelGate Gate { get; }

    internal ModelLoad Load { get; }

    /// <summary>Seawall, as it is or without a part of it.</summary>
    internal static Func<ModelClock, ModelServer, ModelGate> Seawall(SluiceParts leftOut = SluiceParts.None) =>
        (clock, server) => new SluiceGate(clock, server, Limit, leftOut);

    /// <summary>Seawall, with a limit that is set or one that it finds itself.</summary>
    internal static Func<ModelClock, ModelServer, ModelGate> Seawall(LimitMode limit) =>
        limit == LimitMode.Adaptive ? Adaptive() : Seawall();

    /// <summary>Seawall, with the limit that it finds itself.</summary>
    internal static Func<ModelClock, ModelServer, ModelGate> Adaptive(SluiceParts leftOut = SluiceParts.None) =>
        (clock, server) => new SluiceGate(clock, server, 100, leftOut, Finds);

    internal static OverloadOptions Finds { get; } = new() { Mode = OverloadMode.Enforce, Limit = LimitMode.Adaptive };

    /// <summary>A pool with a line in front of it, and nothing else.</summary>
    internal static Func<ModelClock, ModelServer, ModelGate> Pool(int size, double waitMsMax, bool noticesAbandoned = true) =>
        (clock, server) => new PoolGate(clock, server, size, waitMsMax, noticesAbandoned);

    /// <summary>Sends so much for a while, in units of the capacity.</summary>
    internal ModelRun At(double load, double forMs)
    {
        var isFirst = Clock.NowMs == 0 && Load.PerSecond == 0;
        Load.PerSecond = load * Capacity;
        if (isFirst)
            Load.Start();
        Clock.RunUntil(Clock.NowMs + forMs);
        return this;
    }

    /// <summary>A steady load: two seconds to settle, eight that are counted, and two for answers to come.</summary>
    internal static ModelRun Steady(Func<ModelClock, ModelServer, ModelGate> gate, double load,
        Func<ModelClock, ModelGate, ModelLoad>? clients = null)
    {
        var run = new ModelRun(gate, clients);
        (run.Load.CountFromMs, run.Load.CountToMs) = (2_000, 10_000);
        return run.At(load, 12_000);
    }

    /// <summary>The load before a spike, and no spike: what a run with one is compared with. It goes on for as long as that needs.</summary>
    internal static ModelRun Calm(Func<ModelClock, ModelServer, ModelGate> gate, double load, ClientModel clients = ClientModel.BackOff, int seed = 7) =>
        new ModelRun(gate, (clock, made) => new ModelLoad(clock, made, seed) { Clients = clients, HasTwins = true }).At(load, BeforeMs);

    /// <summary>
    /// A spike: eight seconds before, so many times as much for a while, and thirty seconds after it. Returns the metastability index: what share of
    /// the work was done in time from 20 to 30 seconds after it, to what it is in the same seconds, of the same requests, without a spike. Ten seconds
    /// differ from any other ten, those before the spike for instance, by some hundredths.
    /// </summary>
    internal static (double Index, ModelRun Run) Spike(Func<ModelClock, ModelServer, ModelGate> gate, double load, double times, double forMs,
        ClientModel clients = ClientModel.BackOff, int seed = 7, ModelRun? calm = null)
    {
        var run = Calm(gate, load, clients, seed);
        run.Load.Add((times - 1) * load * Capacity, forMs);
        run.At(load, forMs + AfterMs);
        calm ??= Calm(gate, load, clients, seed);
        calm.At(load, Math.Max(0, run.Clock.NowMs - calm.Clock.NowMs));
        var ended = BeforeMs + forMs;
        return (run.Load.Success(ended + 20_000, ended + 30_000) / calm.Load.Success(ended + 20_000, ended + 30_000), run);
    }

    /// <summary>Seawall's queues as everybody else has them: long, first come first served, and as patient as the clients.</summary>
    internal static Func<ModelClock, ModelServer, ModelGate> LongLine(SluiceParts with = SluiceParts.None) => (clock, server) =>
        new SluiceGate(clock, server, Limit,
            (SluiceParts.Turning | SluiceParts.Prediction | SluiceParts.Cohorts | SluiceParts.Bulkhead) & ~with, Long);

    internal static readonly OverloadOptions Long = new()
    {
        Mode = OverloadMode.Enforce,
        QueueMaxPerRunning = 1_000,
        Classes = [.. Enum.GetValues<StatementClass>().Select(which =>
            ClassLimits.DefaultOf(which) with { WaitMsMax = (int)ModelLoad.PatienceMs, StandingMsMax = 50 })],
    };

    /// <summary>What was answered in time in the eight seconds, in units of the capacity.</summary>
    internal double SteadyGoodput => Load.Goodput(2_000, 10_000) / Capacity;
}
