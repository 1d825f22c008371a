using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>Opens connections to one server; asked by its pools only, when its gate says so.</summary>
internal sealed class PoolDialer(FactsBoard facts, SettingsTable settings, Func<ServerLoginOptions> options, Func<bool>? tracksGtids = null)
{
    /// <summary>How Seawall logs in now.</summary>
    internal ServerLoginOptions Options => options();

    /// <summary>The server's public key.</summary>
    internal ServerKeyCache Keys { get; } = new();

    /// <summary>Opens a connection for a pool and logs in as its account.</summary>
    internal async LoopTask<(PooledConnection? Connection, DialFailure? Failure)> Dial(
        Pool pool, Account account, Loop loop, byte[] attributes, int generation)
    {
        if (pool.Server.Facts is not { } server)
            return (null, new DialFailure(DialFailureKind.Unreachable, $"server '{pool.Key.Server}' is no longer in the settings"));
        var (login, failure) =
            await ServerLogin.Run(loop, server, Options, account, Keys, pool.Key.Form,
                OwnAttributes.AddTo(ConnectorNet.Disguise(attributes)));
        if (failure is not null)
            return (null, failure);
        var fresh = CollationTable.Settings(settings.Fresh, facts.Current.Primary, CollationTable.Dial);
        var lifetime = pool.Limits.LifetimeMsMax;
        return (new PooledConnection(login.Wire!, login.Version!, login.Capabilities, fresh)
        {
            ThreadId = login.ThreadId,
            TrackedVariables = server.TrackedVariables,
            TracksGtids = login.Version is { CanTrackGtids: true } && tracksGtids?.Invoke() == true,
            Nonce = login.Nonce,
            LoginExchanges = login.Exchanges,
            Generation = generation,
            GlobalsEpoch = server.Globals.Epoch,
            UsableIdleMs = server.WaitTimeoutMs > 0 ? server.WaitTimeoutMs / 2 : long.MaxValue,
            ExpiresMs = loop.NowMs + (long)(lifetime * (0.8 + (0.4 * loop.Random.NextDouble()))),
        }, null);
    }

    /// <summary>Opens a connection on which statements of an account are ended, and nothing else is done.</summary>
    internal async LoopTask<(ServerConnection? Connection, DialFailure? Failure)> DialToCancel(
        PoolServer to, Account account, Loop loop)
    {
        if (to.Facts is not { } server)
            return (null, new DialFailure(DialFailureKind.Unreachable, $"server '{to.Id}' is no longer in the settings"));
        var (login, failure) =
            await ServerLogin.Run(loop, server, Options, account, Keys, form: default, OwnAttributes.Cancels);
        return failure is not null
            ? (null, failure)
            : (new ServerConnection(login.Wire!, login.Version!, login.Capabilities, settings.Fresh), null);
    }

    /// <summary>Opens a connection on which deferred statements of an account run, and nothing else is done.</summary>
    internal async LoopTask<(ServerConnection? Connection, DialFailure? Failure)> DialToApply(PoolServer to, Account account, Loop loop)
    {
        if (to.Facts is not { } server)
            return (null, new DialFailure(DialFailureKind.Unreachable, $"server '{to.Id}' is no longer in the settings"));
        var (login, failure) =
            await ServerLogin.Run(loop, server, Options, account, Keys, form: default, OwnAttributes.Deferred);
        if (failure is not null)
            return (null, failure);
        var fresh = CollationTable.Settings(settings.Fresh, facts.Current.Primary, CollationTable.Dial);
        return (new ServerConnection(login.Wire!, login.Version!, login.Capabilities, fresh) { TrackedVariables = server.TrackedVariables }, null);
    }
}
