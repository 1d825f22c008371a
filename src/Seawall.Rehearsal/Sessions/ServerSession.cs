using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Rehearsal.Sessions;

/// <summary>One session with one server, for preparing and measuring: statements as text, rows as text. Not for storms.</summary>
public sealed class ServerSession : IDisposable
{
    private readonly EpollLoop _loop;
    private readonly Workers _workers = new(threads: 1, queueMax: 16);
    private ServerConnection? _connection;

    private ServerSession(TimeProvider time) => _loop = new EpollLoop(0, time, new Random(0), _ => { });

    /// <summary>
    /// Connects and logs in. Throws <see cref="InvalidOperationException"/> with the reason when that does not succeed.
    /// </summary>
    public static async Task<ServerSession> Open(Endpoint endpoint, Account account, TimeProvider time)
    {
        var session = new ServerSession(time);
        session._loop.Start();
        var problem = await session.Do(() => session.LogIn(endpoint, account));
        if (problem is null)
            return session;
        session.Dispose();
        throw new InvalidOperationException($"cannot log in to {endpoint} as '{account.User}': {problem}");
    }

    /// <summary>
    /// Runs one statement and returns its rows. Throws <see cref="InvalidOperationException"/> with the server's words when
    /// it fails.
    /// </summary>
    public async Task<IReadOnlyList<string?[]>> Query(string sql)
    {
        var rows = await Do(() => ServerQuery.Run(_connection!, sql));
        if (!rows.Reply.IsOk)
            throw new InvalidOperationException($"{rows.Reply.Code} {rows.Reply.Message} ({sql[..Math.Min(sql.Length, 80)]})");
        return [.. Enumerable.Range(0, rows.Rows.Count).Select(row =>
            Enumerable.Range(0, rows.Rows[row].Length).Select(column => rows.Text(row, column)).ToArray())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Post(LoopJob.From(_ => _connection?.Close()));
        _loop.Stop();
        if (_loop.Join(TimeSpan.FromSeconds(5)))
            _loop.Dispose();
        _workers.Dispose();
    }

    private async LoopTask<string?> LogIn(Endpoint endpoint, Account account)
    {
        var server = new ServerFacts { Id = new ServerId("target"), Endpoint = endpoint, Role = ServerRole.Primary };
        var options = new ServerLoginOptions { Tls = ServerTls.Off, Workers = _workers };
        var (login, failure) = await ServerLogin.Run(
            _loop, server, options, account, new ServerKeyCache(), form: default, attributes: []);
        if (failure is not null)
            return failure.Text;
        _connection = new ServerConnection(login.Wire!, login.Version!, login.Capabilities, new SettingsTable().Fresh);
        return null;
    }

    // From whatever thread to the loop and back.
    private async Task<T> Do<T>(Func<LoopTask<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(LoopJob.From(_ => Run(work, done).Forget(bug => done.TrySetException(bug))));
        return await done.Task;
    }

    private static async LoopTask Run<T>(Func<LoopTask<T>> work, TaskCompletionSource<T> done) =>
        done.TrySetResult(await work());
}
