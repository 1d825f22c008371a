using System.Text.Json;
using Seawall.Bench.Measure;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Bench.Load;

/// <summary>The process that plays the clients: one request on a line of its input, one reply on a line of its output.</summary>
internal sealed class LoadProcess : IDisposable
{
    private readonly EpollLoop _loop;
    private readonly Visitor _visitor;
    private readonly List<Wire> _idle = [];

    private LoadProcess()
    {
        _loop = new EpollLoop(0, TimeProvider.System, new Random(1), bug => Console.Error.WriteLine($"load: {bug}"));
        _visitor = new Visitor(_loop);
        _loop.Start();
    }

    internal static int Serve()
    {
        using var load = new LoadProcess();
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            var request = JsonSerializer.Deserialize<LoadRequest>(line)!;
            var reply = request.Kind switch
            {
                "statements" => load.Run(request, new StatementCrowd(load._visitor, request)),
                "logins" => load.Run(request, new LoginCrowd(load._visitor, request)),
                "idle" => load.Fill(request),
                "leave" => load.Leave(),
                _ => new LoadReply { Problem = $"no such request: {request.Kind}" },
            };
            Console.WriteLine(JsonSerializer.Serialize(reply));
        }
        return 0;
    }

    public void Dispose()
    {
        _loop.Stop();
        if (_loop.Join(TimeSpan.FromSeconds(5)))
            _loop.Dispose();
        _visitor.Dispose();
    }

    private LoadReply Run(LoadRequest request, Crowd crowd)
    {
        _loop.Post(LoopJob.From(_ => crowd.Start()));
        crowd.Ready.Wait();
        Thread.Sleep(request.WarmMs);
        crowd.IsCounting = true;
        var cpu = request.Pid > 0 ? ProcessFigures.CpuNs(request.Pid) : 0;
        var done = Volatile.Read(ref crowd.Done);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        double? syscalls = null;
        if (request.CountsSyscalls)
            syscalls = SyscallCount.PerSecond(request.Pid, request.Ms);
        else
            Thread.Sleep(request.Ms);
        done = Volatile.Read(ref crowd.Done) - done;
        var seconds = clock.Elapsed.TotalSeconds;
        cpu = request.Pid > 0 ? ProcessFigures.CpuNs(request.Pid) - cpu : 0;
        crowd.IsCounting = false;
        _loop.Post(LoopJob.From(_ => crowd.Stop()));
        crowd.Ended.Wait();
        return new LoadReply
        {
            Done = done,
            Failed = crowd.Failed,
            Problem = crowd.Problem,
            Seconds = seconds,
            P50Us = crowd.Latencies.QuantileUs(0.5),
            P99Us = crowd.Latencies.QuantileUs(0.99),
            CpuUsEach = done > 0 ? cpu / 1e3 / done : 0,
            SyscallsEach = syscalls is { } perSecond && done > 0 ? perSecond * seconds / done : null,
        };
    }

    private LoadReply Fill(LoadRequest request)
    {
        var crowd = new IdleCrowd(_visitor, request, _idle);
        _loop.Post(LoopJob.From(_ => crowd.Start()));
        crowd.Ended.Wait();
        return new LoadReply { Done = _idle.Count, Failed = crowd.Failed, Problem = crowd.Problem };
    }

    private LoadReply Leave()
    {
        using var left = new ManualResetEventSlim();
        _loop.Post(LoopJob.From(_ =>
        {
            foreach (var wire in _idle)
                Visitor.Leave(wire);
            _idle.Clear();
            left.Set();
        }));
        left.Wait();
        return new LoadReply();
    }
}
