using System.Diagnostics.CodeAnalysis;
using Seawall.Engine.Facts;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Flow.Servers;

/// <summary>The public key that a server sent once: the next full exchange is one exchange shorter.</summary>
internal sealed class ServerKeyCache
{
    private PublicKeyOfServer? _known;

    /// <summary>The key, when it is known.</summary>
    [DisallowNull]
    internal PublicKeyOfServer? Known
    {
        get => Volatile.Read(ref _known);
        set => Volatile.Write(ref _known, value);
    }

    /// <summary>The server may have another one now.</summary>
    internal void Forget() => Volatile.Write(ref _known, null);
}

/// <summary>Opens connections to one server; asked by its pools only, when its gate says so.</summary>
internal sealed class ServerDialer(FactsBoard facts, SettingsTable settings, Func<ServerLoginOptions> options)
{
    /// <summary>How Seawall logs in now.</summary>
    internal ServerLoginOptions Options => options();

    /// <summary>The server's public key.</summary>
    internal ServerKeyCache Keys { get; } = new();

    /// <summary>Opens a connection for a pool and logs in as its account.</summary>
    internal async LoopTask<(ServerConnection? Connection, DialFailure? Failure)> Dial(
        Pool pool, Loop loop, byte[] attributes, int generation)
    {
        if (pool.Server.Facts is not { } server)
            return (null, new DialFailure(DialFailureKind.Unreachable, $"server '{pool.Key.Server}' is no longer in the settings"));
        var account = pool.Account;
        var (login, failure) =
            await ServerLogin.Run(loop, server, Options, account, Keys, pool.Key.FoundRows, attributes);
        if (failure is not null)
            return (null, failure);
        var fresh = CollationTable.Settings(settings.Fresh, facts.Current.Primary, CollationTable.Dial);
        var lifetime = pool.Limits.LifetimeMsMax;
        return (new ServerConnection(login.Wire!, login.Version!, login.Capabilities, fresh)
        {
            ThreadId = login.ThreadId,
            Nonce = login.Nonce,
            Generation = generation,
            ExpiresMs = loop.NowMs + (long)(lifetime * (0.8 + (0.4 * loop.Random.NextDouble()))),
        }, null);
    }
}
