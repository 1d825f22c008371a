using System.Collections.Concurrent;
using System.Globalization;

namespace Seawall.LabTests.Lab;

/// <summary>
/// Sessions that write a register of their own and read it back, without a pause: what they read must not be older than what they have written or
/// read before. Whoever loses his connection begins anew, knowing nothing but what was acknowledged to him.
/// </summary>
public sealed class RegisterSessions : IAsyncDisposable
{
    /// <summary>A replica that was away must be able to catch up with what is written meanwhile.</summary>
    private const int PauseMs = 10;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly int _port;
    private Task[] _sessions = [];
    private int _pairs;

    private RegisterSessions(int port) => _port = port;

    /// <summary>Writes that were read back.</summary>
    public int Pairs => Volatile.Read(ref _pairs);

    /// <summary>Answers that were older than they may be.</summary>
    public ConcurrentBag<string> Wrongs { get; } = [];

    /// <summary>What sessions were told in place of an answer.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Makes the registers, on all servers, and begins.</summary>
    public static async Task<RegisterSessions> StartAsync(ReplicaSet set, int port, int sessions, CancellationToken cancel)
    {
        await set.Primary.ExecuteAsync("create table app.register (id int primary key, value bigint not null)", cancel);
        await set.Primary.ExecuteAsync(
            $"insert into app.register values {string.Join(", ", Enumerable.Range(0, sessions).Select(id => $"({id}, 0)"))}", cancel);
        await set.CaughtUpAsync(cancel);
        var all = new RegisterSessions(port);
        all._sessions = [.. Enumerable.Range(0, sessions).Select(id => Task.Factory.StartNew(
            () => all.Converse(id), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        return all;
    }

    /// <summary>Waits until so many more were read back.</summary>
    public Task MoreAsync(int pairs, TimeSpan atMost, CancellationToken cancel)
    {
        var wanted = Pairs + pairs;
        return Eventually.TrueAsync(() => Pairs >= wanted, atMost, cancel, () => $"{Pairs} of {wanted}: {string.Join('\n', Errors.TakeLast(5))}");
    }

    /// <summary>No more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_sessions);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private void Converse(int id)
    {
        long value = 0, seen = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = RawClient.Connect(_port, "app", "app");
                if (client.Refusal is { } refusal)
                    throw new IOException(refusal.ToString());
                // Another connection knows nothing of what this session has written: it finds out from the primary.
                seen = Read(client, $"select value from app.register where id = {id} for update") ?? seen;
                value = Math.Max(value, seen);
                while (!_stop.IsCancellationRequested)
                {
                    Turn(client, id, ref value, ref seen);
                    Thread.Sleep(PauseMs);
                }
            }
            catch (IOException lost)
            {
                _errors.Enqueue($"Lost connection: {lost.Message}");
                Thread.Sleep(50);
            }
        }
    }

    private void Turn(RawClient client, int id, ref long value, ref long seen)
    {
        value++;
        if (client.Query($"update app.register set value = {value} where id = {id}").Error is { } error)
            _errors.Enqueue(error.ToString()!);
        else
            seen = value;
        for (var reads = 0; reads < 2; reads++)
        {
            if (Read(client, $"select value from app.register where id = {id}") is not { } read)
                continue;
            Interlocked.Increment(ref _pairs);
            if (read < seen)
                Wrongs.Add($"session {id} has seen {seen} and read {read}");
            seen = Math.Max(seen, read);
        }
    }

    private long? Read(RawClient client, string sql)
    {
        var answer = client.Query(sql);
        if (answer.Error is { } error)
            _errors.Enqueue(error.ToString()!);
        return answer.Error is null && answer.FirstValue is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;
    }
}
