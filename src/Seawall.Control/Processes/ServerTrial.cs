using Seawall.Control.Settings;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;
using Seawall.Engine.Watch;

namespace Seawall.Control.Processes;

/// <summary>What came of trying a server.</summary>
/// <param name="Succeeded">Whether Seawall could work with it.</param>
/// <param name="Line">What was found, or what is the matter.</param>
public sealed record TrialResult(bool Succeeded, string Line);

/// <summary>
/// Tries each server as a start would, once: is it there, what is it, may the monitoring account do its work?
/// </summary>
public sealed class ServerTrial : IDisposable
{
    private readonly SeawallSettings _settings;
    private readonly EpollLoop _loop;
    private readonly Workers _workers = new(threads: 1, queueMax: 16);

    /// <summary>A trial of the servers of these settings.</summary>
    public ServerTrial(SeawallSettings settings, TimeProvider time)
    {
        _settings = settings;
        _loop = new EpollLoop(0, time, new Random(0), static _ => { });
        _loop.Start();
    }

    /// <summary>Tries one server after the other.</summary>
    public async Task<IReadOnlyList<TrialResult>> Run()
    {
        var results = new List<TrialResult>();
        foreach (var server in _settings.Engine.Servers)
        {
            var done = new TaskCompletionSource<TrialResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            _loop.Post(LoopJob.From(_ => Report(server, done).Forget(bug => done.TrySetException(bug))));
            results.Add(await done.Task);
        }
        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Stop();
        if (_loop.Join(TimeSpan.FromSeconds(5)))
            _loop.Dispose();
        _workers.Dispose();
    }

    private async LoopTask Report(ServerOptions server, TaskCompletionSource<TrialResult> done) =>
        done.TrySetResult(_settings.Engine.Monitor is { } monitor ? await LogIn(server, monitor) : await Greet(server));

    private async LoopTask<TrialResult> Greet(ServerOptions server)
    {
        var (login, failure) = await ServerLogin.Greet(_loop, FactsOf(server), LoginOf(server));
        return failure is null
            ? new(true, $"{server.Id} at {server.Endpoint}: {login.Version!.Display}")
            : new(false, $"{server.Id}: {failure.Text}");
    }

    private async LoopTask<TrialResult> LogIn(ServerOptions server, Account monitor)
    {
        var (login, failure) = await ServerLogin.Run(
            _loop, FactsOf(server), LoginOf(server), monitor, new ServerKeyCache(), form: default,
            WatchOptions.Attributes);
        if (failure is not null)
            return new(false, $"{server.Id}: {failure.Text}");
        var connection = new ServerConnection(login.Wire!, login.Version!, login.Capabilities,
            new SettingsTable().Fresh);
        var found = $"{server.Id} at {server.Endpoint}: {login.Version!.Display}, {(login.Wire is Engine.Loops.Tls.TlsWire ? "TLS" : "no TLS")}";
        if (server.Role == ServerRole.Replica)
        {
            connection.Close();
            return new(true, found);
        }
        var (accounts, reply) = await AccountQuestions.Read(connection);
        connection.Close();
        return accounts is null
            ? new(false, $"{found}; the monitoring account '{monitor.User}' cannot read the accounts: {reply.Message}")
            : new(true, $"{found}; '{monitor.User}' can read its {accounts.Count} accounts");
    }

    private static ServerFacts FactsOf(ServerOptions server) =>
        new() { Id = server.Id, Endpoint = server.Endpoint, Role = server.Role ?? ServerRole.Primary };

    private ServerLoginOptions LoginOf(ServerOptions server) => new()
    {
        Tls = server.Tls,
        TlsContext = server.TlsContext,
        HostName = server.HostName,
        Compression = server.Compression,
        PublicKey = server.PublicKey,
        AllowsPublicKeyRetrieval = server.AllowsPublicKeyRetrieval,
        ConnectMsMax = server.ConnectMsMax,
        LoginMsMax = server.LoginMsMax,
        Workers = _workers,
    };
}
