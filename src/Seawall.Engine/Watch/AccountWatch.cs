using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine.Watch;

/// <summary>
/// Keeps the account book true: the accounts of the primary, looked at every second, and those of the settings file. A
/// changed account becomes a new object; what was learnt of the old one is forgotten if its password is another.
/// </summary>
internal sealed class AccountWatch(Loop loop, FactsBoard board, Action<AccountBook> changed, ILogger logger) : IAccountSource
{
    /// <summary>
    /// How long a client with a wrong proof waits for a look at its account to begin before it is turned away: on a busy machine
    /// the look before takes seconds. Half of what a login may take (<c>clients.login_ms_max</c>).
    /// </summary>
    private const int RefreshMsMax = 5_000;

    /// <summary>Wrong proofs cause at most one look at the servers in this time, however many there are.</summary>
    private const int RefreshEveryMs = 100;

    /// <summary>How long a login waits for statements that change accounts and do not end.</summary>
    private const int ChangeMsMax = 1_000;

    private ImmutableArray<Account> _configured = [];
    private ImmutableArray<Account> _read = [];
    private AccountMode _mode = AccountMode.Unknown;
    private ServerConnection? _source;
    private string? _checksum;
    private string? _hostOfSeawall;
    private string? _problem;
    private long _beganMs;
    private long _lookedMs;
    private bool _isBusy;
    private bool _learns;
    private int _changing;
    private long _changed;
    private long _seen;
    private byte[] _decoyKey = Decoys.RandomKey();

    /// <summary>
    /// Takes over the settings file's accounts, and the monitoring account; without one, others are learnt. Control loop only.
    /// </summary>
    internal void Configure(ImmutableArray<Account> accounts, Account? monitor)
    {
        var learns = monitor is null;
        // The monitor's password is what all nodes of a fleet have in common, and what a restart does not change.
        if (monitor?.Secrets.Password is { } secret)
            secret.TryVisit(this, (password, watch) => watch._decoyKey = Decoys.KeyFrom(password));
        _configured = [.. accounts.Select(account => Same(_configured, account))];
        _learns = learns;
        if (learns)
        {
            // Nobody keeps them true any more.
            _read = [];
            _checksum = null;
        }
        _mode = learns ? AccountMode.Learning : _read.IsEmpty ? AccountMode.Unknown : AccountMode.Known;
        if (_mode == AccountMode.Unknown && !_configured.IsEmpty)
            _mode = AccountMode.Partial;
        Publish();
    }

    /// <summary>Looks at the accounts; false when the connection is lost. Control loop only.</summary>
    internal async LoopTask<bool> Look(ServerConnection connection)
    {
        await Borrow();
        _source = connection;
        _beganMs = loop.NowMs;
        var changes = Interlocked.Read(ref _changed);
        var isThere = await LookNow(connection);
        _lookedMs = loop.NowMs;
        if (isThere)
            Interlocked.Exchange(ref _seen, changes);
        if (!isThere)
            _source = null;
        GiveBack();
        return isThere;
    }

    /// <summary>
    /// Waits for the connection on which accounts are read: two questions at a time would get each other's answers. Ends with
    /// <see cref="GiveBack"/>. Control loop only.
    /// </summary>
    internal async LoopTask Borrow()
    {
        while (_isBusy)
            await new Sleep(loop).For(TimerWheel.TickMs);
        _isBusy = true;
    }

    /// <summary>Whether accounts are read on this connection.</summary>
    internal bool Uses(ServerConnection connection) => ReferenceEquals(_source, connection);

    /// <summary>Ends <see cref="Borrow"/>.</summary>
    internal void GiveBack() => _isBusy = false;

    /// <inheritdoc/>
    async LoopTask<Account?> IAccountSource.Refresh(string user, Loop home)
    {
        await Errand<bool>.Send(home, loop, LookOnce, otherwise: false);
        return board.Current.Accounts.Find(user);
    }

    /// <inheritdoc/>
    bool IAccountSource.IsInDoubt =>
        !Volatile.Read(ref _learns) && (Volatile.Read(ref _changing) > 0 || Interlocked.Read(ref _changed) != Interlocked.Read(ref _seen));

    /// <inheritdoc/>
    async LoopTask IAccountSource.Settle(Loop home)
    {
        for (var leftMs = ChangeMsMax; leftMs > 0 && Volatile.Read(ref _changing) > 0; leftMs -= TimerWheel.TickMs)
            await new Sleep(home).For(TimerWheel.TickMs);
        await Errand<bool>.Send(home, loop, LookOnce, otherwise: false);
    }

    /// <inheritdoc/>
    void IAccountSource.BeginChange() => Interlocked.Increment(ref _changing);

    /// <inheritdoc/>
    void IAccountSource.EndChange()
    {
        Interlocked.Increment(ref _changed);
        Interlocked.Decrement(ref _changing);
    }

    // One look for all who ask at about the same time. A look that began before somebody asked may have read the accounts
    // before they were changed, so it does not count for him.
    private async LoopTask<bool> LookOnce()
    {
        var askedMs = loop.NowMs;
        while (loop.NowMs - askedMs < RefreshMsMax)
        {
            if (_beganMs > askedMs && !_isBusy)
                return true;
            if (_source is not { } source)
                return false;
            if (!_isBusy && loop.NowMs - _lookedMs >= RefreshEveryMs)
                return await Look(source);
            await new Sleep(loop).For(TimerWheel.TickMs);
        }
        return false;
    }

    private async LoopTask<bool> LookNow(ServerConnection connection)
    {
        var checksum = await AccountQuestions.Checksum(connection);
        if (connection.IsBroken)
            return false;
        if (checksum is not null && checksum == _checksum)
            return true;
        var (accounts, reply) = await AccountQuestions.Read(connection);
        if (accounts is null)
        {
            Complain(reply.Message);
            return reply.Kind != ServerReplyKind.Lost;
        }
        var host = await ServerQuery.Run(connection, "SELECT SUBSTRING_INDEX(USER(), '@', -1)", columns: 1);
        if (_learns)
            return true; // The monitoring account was taken out of the settings meanwhile.
        _hostOfSeawall = host.Rows.Count == 1 ? host.Text(0, 0) : _hostOfSeawall;
        _read = [.. accounts.Select(account => Same(_read, account))];
        _checksum = checksum;
        _mode = AccountMode.Known;
        _problem = null;
        Publish();
        EngineLog.AccountsRead(logger, _read.Length);
        return true;
    }

    private void Publish()
    {
        var book = new AccountBook(_mode, _configured.Concat(_read), _hostOfSeawall, _decoyKey) { Problem = _problem };
        board.Publish(snapshot => snapshot.With(book));
        changed(book);
    }

    private void Complain(string problem)
    {
        if (_problem == problem)
            return;
        _problem = problem;
        Publish(); // Clients that come meanwhile hear the reason.
        EngineLog.AccountsUnreadable(logger, problem);
    }

    // The object that is known already as long as nothing has changed; what its logins have taught, as long as its password has not:
    // sessions that are there go on after a GRANT, on connections that are opened with it.
    private static Account Same(ImmutableArray<Account> known, Account account)
    {
        foreach (var old in known)
        {
            if (old.HasPasswordsOf(account))
                return old.IsSameAs(account) ? old : account.Source == AccountSource.Server ? account.Remembering(old) : account;
        }
        return account;
    }
}
