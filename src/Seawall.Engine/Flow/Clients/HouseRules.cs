using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Flow.Clients;

/// <summary>Asks the servers for an account once more, because a client failed to prove what is known of it.</summary>
internal interface IAccountSource
{
    /// <summary>
    /// The account as the servers know it now, or as it was known when nobody could be asked in time; null when there is
    /// none. <paramref name="home"/> is the loop that asks.
    /// </summary>
    LoopTask<Account?> Refresh(string user, Loop home);

    /// <summary>Whether a statement of a client may have changed accounts, or is about to, and nobody has looked since. Thread-safe.</summary>
    bool IsInDoubt { get; }

    /// <summary>Waits until that has been looked at, or for as long as a login can wait for it.</summary>
    LoopTask Settle(Loop home);

    /// <summary>A statement that may change accounts goes to a server. Thread-safe.</summary>
    void BeginChange();

    /// <summary>It has ended, and its client has not heard of it long. Thread-safe.</summary>
    void EndChange();
}

/// <summary>Accounts of which nothing is known but that a server let them in.</summary>
internal interface ILearntAccounts
{
    /// <summary>The account, if a server has let it in at some time.</summary>
    Account? Find(string user);

    /// <summary>Whether a server still lets it in; one is asked if the last time was too long ago.</summary>
    LoopTask<bool> IsStillRight(Account account, Session session);

    /// <summary>
    /// Asks a server whether the password is right, by logging in with it; or says why not, and whether it was wrong.
    /// </summary>
    LoopTask<(Account? Account, string Problem, bool IsWrong)> Confirm(string user, byte[] password, Session session);
}

/// <summary>What the front doors of all loops share. Thread-safe.</summary>
internal sealed class HouseRules(
    FactsBoard facts, SettingsTable settings, Func<ClientOptions> clients, Workers workers, Lazy<ServerRsaKey> rsaKey,
    RandomNumberGenerator entropy, ILogger logger)
{
    /// <summary>
    /// Where the numbers of clients begin: far above those that servers give to connections, so that a KILL with a number
    /// of Seawall's can never hit a stranger's connection.
    /// </summary>
    internal const uint FirstId = 0x8000_0000;

    private int _count;
    private int _globalsChanging;

    /// <summary>How many loops receive clients: a client's number tells on which of them it is.</summary>
    internal required int Loops { get; init; }

    /// <summary>
    /// Where the numbers of clients begin, above <see cref="FirstId"/>: elsewhere in each process, so that who kills by a number that he has
    /// from the process before hits nobody else.
    /// </summary>
    internal uint NumbersFrom { get; init; }

    /// <summary>What is known.</summary>
    internal FactsBoard Facts { get; } = facts;

    /// <summary>Settings of sessions.</summary>
    internal SettingsTable Settings { get; } = settings;

    /// <summary>How clients are received now.</summary>
    internal ClientOptions Clients => clients();

    /// <summary>Where cryptography runs.</summary>
    internal Workers Workers { get; } = workers;

    /// <summary>Seawall's own key; made at the first need, since it takes a fifth of a second.</summary>
    internal Lazy<ServerRsaKey> RsaKey { get; } = rsaKey;

    /// <summary>Where nonces come from.</summary>
    internal RandomNumberGenerator Entropy { get; } = entropy;

    /// <summary>Where events are told.</summary>
    internal ILogger Logger { get; } = logger;

    /// <summary>Chooses the plugin of the greeting.</summary>
    internal Greeter Greeter { get; } = new();

    /// <summary>Accounts, asked of the servers once more.</summary>
    internal required IAccountSource Accounts { get; init; }

    /// <summary>Accounts that are learnt.</summary>
    internal required ILearntAccounts Learnt { get; init; }

    /// <summary>What Seawall itself runs short of.</summary>
    internal required Strain Strain { get; init; }

    /// <summary>Has a server looked at soon, because a statement has met something there.</summary>
    internal required Action<ServerId> LookSoon { get; init; }

    /// <summary>Who may log in while there is not room for all.</summary>
    internal required ILoginGate Gate { get; init; }

    /// <summary>Where those wait who were refused, before they hear it.</summary>
    internal required Tarpit Tarpit { get; init; }

    /// <summary>Logins under way.</summary>
    internal LoginTally Logins { get; } = new();

    /// <summary>Makes guessing slow.</summary>
    internal GuessBrake Brake { get; } = new(clients);

    /// <summary>Clients whose changes of global variables are not known to all yet.</summary>
    internal int GlobalsChanging => Volatile.Read(ref _globalsChanging);

    /// <summary>One more, or one less.</summary>
    internal void NoteGlobalsChanging(int change) => Interlocked.Add(ref _globalsChanging, change);

    /// <summary>Clients that are in.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Lets one more in; false when there are too many.</summary>
    internal bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) > Clients.CountMax)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }
        return true;
    }

    /// <summary>One is out.</summary>
    internal void ClientLeft() => Interlocked.Decrement(ref _count);
}
