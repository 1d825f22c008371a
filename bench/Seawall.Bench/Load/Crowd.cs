using Seawall.Engine.Loops;
using Seawall.Rehearsal.Measures;

namespace Seawall.Bench.Load;

/// <summary>Clients that all do the same until they are told to stop. Runs on the loop; others may read what it counts.</summary>
internal abstract class Crowd(Visitor visitor, LoadRequest request)
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;

    internal long Done;

    internal long Failed { get; private set; }

    internal string? Problem { get; private set; }

    internal volatile bool IsCounting;

    internal Latencies Latencies { get; } = new();

    /// <summary>Ends when all of them are at it.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>Ends when all of them have stopped.</summary>
    internal Task Ended => _ended.Task;

    protected Visitor Visitor { get; } = visitor;

    protected LoadRequest Request { get; } = request;

    protected bool IsStopped { get; private set; }

    internal void Start()
    {
        var lanes = Lanes;
        _running = lanes;
        for (var i = 0; i < lanes; i++)
            Run().Forget(bug => Fail(bug.ToString()));
    }

    internal void Stop()
    {
        IsStopped = true;
        OnStop();
    }

    /// <summary>How many of <see cref="Live"/> run at once.</summary>
    protected virtual int Lanes => Request.Clients;

    protected abstract LoopTask Live();

    protected virtual void OnStop()
    {
    }

    protected void BeReady() => _ready.TrySetResult();

    protected void Count(long startedAt)
    {
        Volatile.Write(ref Done, Done + 1);
        if (IsCounting)
            Latencies.Record((long)((Visitor.Loop.Timestamp() - startedAt) * (1e9 / Visitor.Loop.Time.TimestampFrequency)));
    }

    protected void Fail(string problem)
    {
        Failed++;
        Problem ??= problem;
        BeReady(); // A crowd that cannot get in must not be waited for.
    }

    private async LoopTask Run()
    {
        try
        {
            await Live();
        }
        finally
        {
            if (--_running == 0)
            {
                BeReady();
                _ended.TrySetResult();
            }
        }
    }
}

/// <summary>Clients that log in, and are in: they stay when the crowd has ended.</summary>
internal sealed class IdleCrowd(Visitor visitor, LoadRequest request, List<Wire> stay) : Crowd(visitor, request)
{
    /// <summary>Logins at one time.</summary>
    private const int AtOnce = 64;

    private int _begun;

    protected override int Lanes => AtOnce;

    protected override async LoopTask Live()
    {
        while (_begun < Request.Clients)
        {
            _begun++;
            var (wire, problem) = await Visitor.LogIn(Request);
            if (wire is null)
                Fail(problem!);
            else
                stay.Add(wire);
        }
    }
}

/// <summary>Clients that log in and leave, over and over.</summary>
internal sealed class LoginCrowd(Visitor visitor, LoadRequest request) : Crowd(visitor, request)
{
    protected override async LoopTask Live()
    {
        BeReady();
        while (!IsStopped)
        {
            var started = Visitor.Loop.Timestamp();
            var (wire, problem) = await Visitor.LogIn(Request);
            if (wire is null)
            {
                Fail(problem!);
                await new Sleep(Visitor.Loop).For(100); // Not to turn a refusal into a spin.
                continue;
            }
            Count(started);
            Visitor.Leave(wire);
        }
    }
}
