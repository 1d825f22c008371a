using System.Collections.Concurrent;
using MySqlConnector;

namespace Seawall.LabTests.Lab;

/// <summary>
/// Writers that write without a pause, unless told otherwise, and a book of what became of each write: acknowledged, refused, or unknown. Afterwards the
/// servers are asked: what was acknowledged must be there, what was said not to have run must not, and nothing may be there twice.
/// </summary>
public sealed class WriteLedger : IAsyncDisposable
{
    private readonly Func<CancellationToken, Task<MySqlConnection>> _connect;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<(int Writer, int Number), string> _fates = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly List<Task> _writers = [];

    private readonly int _pauseMs;

    private WriteLedger(Func<CancellationToken, Task<MySqlConnection>> connect, int pauseMs) => (_connect, _pauseMs) = (connect, pauseMs);

    /// <summary>Writes that were acknowledged.</summary>
    public int Acknowledged => _fates.Values.Count(fate => fate == "acknowledged");

    /// <summary>Writes of which nobody knows whether they ran.</summary>
    public int Unknown => _fates.Values.Count(fate => fate == "unknown");

    /// <summary>Writes that did not run, as their writers were told.</summary>
    public int Refused => _fates.Values.Count(fate => fate == "refused");

    /// <summary>What writers were told, without those that were acknowledged.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>
    /// Begins with so many writers, every other one of them in transactions of two statements. The table has no key: what is written twice is there twice.
    /// With <paramref name="pauseMs"/> after each write replicas can keep up.
    /// </summary>
    public static async Task<WriteLedger> StartAsync(
        LabServer primary, int writers, Func<CancellationToken, Task<MySqlConnection>> connect, CancellationToken cancel, int pauseMs = 0)
    {
        await primary.ExecuteAsync("create table app.ledger (writer int, number int, half int) engine=innodb", cancel);
        var ledger = new WriteLedger(connect, pauseMs);
        for (var i = 0; i < writers; i++)
        {
            var writer = i;
            ledger._writers.Add(Task.Run(() => ledger.WriteAsync(writer), cancel));
        }
        return ledger;
    }

    /// <summary>Waits until so many more writes were acknowledged.</summary>
    public async Task MoreAsync(int writes, TimeSpan atMost, CancellationToken cancel)
    {
        var wanted = Acknowledged + writes;
        await Eventually.TrueAsync(() => Acknowledged >= wanted, atMost, cancel, () => $"{Acknowledged} of {wanted}: {string.Join('\n', Errors.TakeLast(5))}");
    }

    /// <summary>No more writes.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writers);
    }

    /// <summary>What is wrong, by what the server has: nothing, if all is well.</summary>
    public async Task<IReadOnlyList<string>> WrongsAsync(LabServer server, CancellationToken cancel)
    {
        var there = new Dictionary<(int, int), long>();
        await using var connection = await server.ConnectAsRootAsync(cancel);
        await using var command = new MySqlCommand("select writer, number, count(*) from app.ledger group by writer, number", connection);
        await using var rows = await command.ExecuteReaderAsync(cancel);
        while (await rows.ReadAsync(cancel))
            there.Add((rows.GetInt32(0), rows.GetInt32(1)), rows.GetInt64(2));
        var wrongs = new List<string>();
        foreach (var (write, fate) in _fates)
        {
            var (count, whole) = (there.GetValueOrDefault(write), write.Writer % 2 == 0 ? 1 : 2);
            if (fate == "acknowledged" && count == 0)
                wrongs.Add($"lost: {write} was acknowledged");
            else if (fate == "refused" && count > 0)
                wrongs.Add($"ran: {write}, of which was said that it did not");
            else if (count > whole)
                wrongs.Add($"twice: {write} is there {count} times");
            else if (count > 0 && count < whole)
                wrongs.Add($"half: {write}");
        }
        return wrongs;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WriteAsync(int writer)
    {
        MySqlConnection? connection = null;
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            var wasSent = false;
            try
            {
                connection ??= await _connect(CancellationToken.None);
                wasSent = true;
                if (writer % 2 == 0)
                {
                    await Run(connection, $"insert into app.ledger values ({writer}, {number}, 0)");
                }
                else
                {
                    wasSent = false; // Without its COMMIT nothing has happened, whatever happens to it.
                    await Run(connection, "begin");
                    await Run(connection, $"insert into app.ledger values ({writer}, {number}, 0)");
                    await Run(connection, $"insert into app.ledger values ({writer}, {number}, 1)");
                    wasSent = true;
                    await Run(connection, "commit");
                }
                _fates[(writer, number)] = "acknowledged";
                if (_pauseMs > 0)
                    await Task.Delay(_pauseMs);
            }
            catch (Exception failure) when (failure is MySqlException or InvalidOperationException or IOException)
            {
                var code = (failure as MySqlException)?.Number ?? 0;
                var didNotRun = !wasSent || code is 1290 or 1836 || failure.Message.Contains("did not run", StringComparison.Ordinal);
                _fates[(writer, number)] = didNotRun ? "refused" : "unknown";
                _errors.Enqueue($"{writer}.{number} {code}: {failure.Message}");
                if (connection is not null)
                    await connection.DisposeAsync();
                connection = null;
                await Task.Delay(20);
            }
        }
        if (connection is not null)
            await connection.DisposeAsync();
    }

    private static async Task Run(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync();
    }
}
