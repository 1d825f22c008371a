using System.Collections.Concurrent;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.MySql.Handshakes;

namespace Seawall.Engine.Flow.Pools;

/// <summary>All pools there are. Thread-safe; asked once for each session, not for each statement.</summary>
internal sealed class PoolBook(Func<ServerId, PoolContext> contextOf)
{
    private readonly ConcurrentDictionary<PoolKey, Pool> _pools = new();

    /// <summary>All pools, in no order.</summary>
    internal IEnumerable<Pool> All => _pools.Values;

    /// <summary>
    /// The pool for an account on a server; made when there is none. Clients that have chosen another <see cref="LoginForm"/>
    /// have a pool of their own.
    /// </summary>
    internal Pool Find(ServerId server, Account account, Capabilities form)
    {
        var key = new PoolKey(server, account.User, form);
        if (_pools.TryGetValue(key, out var pool))
            return pool;
        pool = _pools.GetOrAdd(key, static (key, book) =>
            new Pool(book.ContextOf(key.Server), key, book.Account), (ContextOf: contextOf, Account: account));
        pool.Server.Slots.Join(pool);
        return pool;
    }

    /// <summary>
    /// The pool for an account that may not exist: the one that is there, or one that nobody else will see. Strangers make up
    /// names, and each would leave a pool behind for ever.
    /// </summary>
    internal Pool ForTrial(ServerId server, Account account, Capabilities form)
    {
        var key = new PoolKey(server, account.User, form);
        return _pools.TryGetValue(key, out var pool) ? pool : new Pool(contextOf(server), key, account);
    }

    /// <summary>Accounts have changed: their pools use them as they are now. Accounts that are gone keep what they have.</summary>
    internal void Renew(AccountBook accounts)
    {
        foreach (var pool in _pools.Values)
        {
            if (accounts.Find(pool.Key.User) is { } account && !ReferenceEquals(account, pool.Account))
                pool.Renew(account);
        }
    }

    /// <summary>An account that was learnt has another password now.</summary>
    internal void Renew(Account account)
    {
        foreach (var pool in _pools.Values)
        {
            if (pool.Key.User == account.User && !ReferenceEquals(account, pool.Account))
                pool.Renew(account);
        }
    }

    /// <summary>
    /// These servers lead elsewhere now: connections that are idle are closed, those in use when they come back.
    /// </summary>
    internal void Renew(IReadOnlySet<ServerId> servers)
    {
        foreach (var pool in _pools.Values)
        {
            if (servers.Contains(pool.Key.Server))
                pool.Renew(pool.Account);
        }
    }

    /// <summary>Limits have changed: where there is more room now those who wait may go, where there is less some are closed.</summary>
    internal void FollowLimits()
    {
        foreach (var pool in _pools.Values)
        {
            pool.Trim();
            pool.DialIfNeeded();
        }
    }

    /// <summary>Closes what is idle too long or too old.</summary>
    internal void Trim()
    {
        foreach (var pool in _pools.Values)
            pool.Trim();
    }

    /// <summary>Closes everything that is idle.</summary>
    internal void Empty()
    {
        foreach (var pool in _pools.Values)
            pool.Trim(closeAll: true);
    }

    /// <summary>A server is the primary no more.</summary>
    internal void Depose(ServerId server)
    {
        foreach (var pool in _pools.Values)
        {
            if (pool.Key.Server == server)
                pool.Depose();
        }
    }

    /// <summary>Those who wait for a connection to a server go elsewhere.</summary>
    internal void MoveWaiters(ServerId server)
    {
        foreach (var pool in _pools.Values)
        {
            if (pool.Key.Server == server)
                pool.FailWaiters(LeaseFailure.Moved);
        }
    }

    /// <summary>Nobody who waits will get a connection any more.</summary>
    internal void FailWaiters(LeaseFailure failure)
    {
        foreach (var pool in _pools.Values)
            pool.FailWaiters(failure);
    }
}
