using System.Collections.Concurrent;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Watch;

/// <summary>
/// Accounts for a front door without a monitoring account: a client's password is right if a server lets Seawall in with
/// it. An account's first login opens one server connection, which the pool keeps; those after it are checked against what
/// was learnt, and a server is asked again every few seconds, so that a changed or dropped account is noticed. Thread-safe.
/// </summary>
internal sealed class LearntAccounts(FactsBoard board, PoolBook pools, Func<ServerConnection, ServerId, LoopTask> opened) : ILearntAccounts
{
    /// <summary>How long a server's yes is believed: clients must hear within 5 s of a changed account.</summary>
    private const int ConfirmedMs = 4_000;

    /// <summary>How long a client waits for a server's yes or no.</summary>
    private const int ConfirmMsMax = 5_000;

    /// <summary>Accounts that are remembered.</summary>
    private const int CountMax = 10_000;

    private readonly ConcurrentDictionary<string, Account> _accounts = new();
    private readonly ConcurrentDictionary<string, bool> _inquiries = new();

    /// <inheritdoc/>
    public Account? Find(string user) => _accounts.GetValueOrDefault(user);

    /// <inheritdoc/>
    public async LoopTask<bool> IsStillRight(Account account, Session session)
    {
        var loop = session.Wire.Loop;
        var deadlineMs = loop.NowMs + ConfirmMsMax;
        while (loop.NowMs - account.Secrets.ConfirmedAtMs >= ConfirmedMs)
        {
            // One asks for all who come at the same time.
            if (_inquiries.TryAdd(account.User, true))
            {
                var failure = await Try(account, session);
                _inquiries.TryRemove(account.User, out _);
                return failure is null || !Drop(account, failure);
            }
            if (loop.NowMs >= deadlineMs)
                return false;
            await new Sleep(loop).For(TimerWheel.TickMs);
            if (!ReferenceEquals(Find(account.User), account))
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public async LoopTask<(Account? Account, string Problem, bool IsWrong)> Confirm(string user, byte[] password, Session session)
    {
        var candidate = new Account(user, "%", [], AccountSource.Learnt);
        candidate.Secrets.LearnPassword(password);
        if (await Try(candidate, session) is not { } failure)
            return (Keep(candidate, password), "", false);
        candidate.Secrets.Forget();
        return (null, failure.Text, failure.Kind == DialFailureKind.AccessDenied);
    }

    // Null: a server has let the account in. The connection is the pool's from then on.
    private async LoopTask<DialFailure?> Try(Account account, Session session)
    {
        if (board.Current.Primary is not { } server)
            return new DialFailure(DialFailureKind.Unreachable, "no server is named");
        var loop = session.Wire.Loop;
        var form = session.Form;
        var pool = pools.ForTrial(server.Id, account, form);
        var trial = new TrialDial(
            pool, account, loop, session.Attributes, opened, () => pools.Find(server.Id, account, form));
        loop.Arm(trial.Limit, ConfirmMsMax);
        pool.Server.Gate.Request(trial);
        await trial;
        loop.Timers.Disarm(trial.Limit);
        if (trial.Failure is null)
            account.Secrets.ConfirmedAtMs = loop.NowMs;
        return trial.Failure;
    }

    private Account Keep(Account candidate, byte[] password)
    {
        if (_accounts.Count >= CountMax)
            _accounts.Clear();
        var known = _accounts.AddOrUpdate(candidate.User, candidate,
            (_, old) => old.Secrets.Password?.Matches(password) == true ? old : candidate);
        known.Secrets.ConfirmedAtMs = candidate.Secrets.ConfirmedAtMs;
        pools.Renew(known);
        return known;
    }

    // A server that cannot be reached says nothing about the account.
    private bool Drop(Account account, DialFailure failure)
    {
        if (failure.Kind != DialFailureKind.AccessDenied)
            return true;
        if (_accounts.TryRemove(new KeyValuePair<string, Account>(account.User, account)))
            account.Secrets.Forget();
        return true;
    }
}
