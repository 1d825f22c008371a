using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.LabTests.Lab;

/// <summary>
/// Clients by the thousand, all on one thread: each logs in, asks something, and stays; when it is refused or cut off, it comes back after a
/// second, give or take a half, as long as it takes.
/// </summary>
public sealed class Multitude : IDisposable
{
    private readonly EpollLoop _loop;
    private readonly Workers _workers = new(threads: 1, queueMax: 1024);
    private readonly ServerKeyCache _keys = new();
    private readonly SettingsTable _settings = new();
    private readonly HashSet<Wire> _wires = [];
    private readonly Dictionary<string, int> _problems = [];
    private readonly Lock _lock = new();
    private readonly int _port;
    private int _in;
    private int _answers;
    private bool _isOver;
    private Exception? _bug;

    public Multitude(int port)
    {
        _port = port;
        _loop = new EpollLoop(0, TimeProvider.System, new Random(1), bug => _bug = bug);
        _loop.Start();
    }

    /// <summary>Clients that are logged in, and had their answer.</summary>
    public int In => Volatile.Read(ref _in);

    /// <summary>Logins with an answer, from the beginning.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>What clients heard instead, and how often.</summary>
    public string Problems
    {
        get
        {
            lock (_lock)
                return string.Join("; ", _problems.Select(problem => $"{problem.Value} times {problem.Key}")) + _bug;
        }
    }

    /// <summary>So many more come, all at once.</summary>
    public void Come(int count) => _loop.Post(LoopJob.From(_ =>
    {
        for (var i = 0; i < count; i++)
            Live().Forget(bug => _bug = bug);
    }));

    public void Dispose()
    {
        using var closed = new ManualResetEventSlim();
        _loop.Post(LoopJob.From(_ =>
        {
            _isOver = true;
            foreach (var wire in _wires.ToArray())
                wire.Close();
            closed.Set();
        }));
        closed.Wait(TimeSpan.FromSeconds(30));
        _loop.Stop();
        if (_loop.Join(TimeSpan.FromSeconds(30)))
            _loop.Dispose();
        _workers.Dispose();
    }

    private async LoopTask Live()
    {
        var account = SeawallUnderTest.AccountWithPassword("seawall", "seawall");
        var server = new ServerFacts
        {
            Id = new ServerId("target"),
            Endpoint = Endpoint.Tcp(System.Net.IPAddress.Loopback, _port),
            Role = ServerRole.Primary,
        };
        // As patient as drivers are by default, or nearly.
        var options = new ServerLoginOptions { Tls = ServerTls.Off, ConnectMsMax = 10_000, LoginMsMax = 30_000, Workers = _workers };
        var sleep = new Sleep(_loop);
        while (!_isOver)
        {
            var (login, failure) = await ServerLogin.Run(_loop, server, options, account, _keys, form: default, attributes: []);
            if (failure is not null)
                Note($"{failure.Kind} ({failure.Text})");
            else
                await Stay(new ServerConnection(login.Wire!, login.Version!, login.Capabilities, _settings.Fresh));
            if (!_isOver)
                await sleep.For(500 + _loop.Random.Next(1_000));
        }
    }

    private async LoopTask Stay(ServerConnection connection)
    {
        var wire = connection.Wire;
        _wires.Add(wire);
        var rows = await ServerQuery.Run(connection, "SELECT 1");
        if (rows.Reply.IsOk)
        {
            Interlocked.Increment(ref _in);
            Interlocked.Increment(ref _answers);
            var buffer = new byte[1];
            var count = WireResult.Later;
            while (count == WireResult.Later)
            {
                await wire.Readable();
                count = wire.Receive(buffer);
            }
            Interlocked.Decrement(ref _in);
        }
        else
        {
            Note(rows.Reply.Kind == ServerReplyKind.Lost ? "lost" : $"{rows.Reply.Code} {rows.Reply.Message}");
        }
        _wires.Remove(wire);
        connection.Close();
    }

    private void Note(string problem)
    {
        if (_isOver)
            return;
        lock (_lock)
            _problems[problem] = _problems.GetValueOrDefault(problem) + 1;
    }
}
