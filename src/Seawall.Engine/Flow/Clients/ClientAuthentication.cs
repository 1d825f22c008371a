using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Clients;

/// <summary>Why a client is not let in: what it is told, and what the log says.</summary>
internal readonly record struct Refusal(SqlError Error, string Message, string Reason);

/// <summary>
/// The server's half of the password plugins: finds the shortest exchange that proves the password, and learns from it what
/// Seawall needs to log in to servers as this account. <paramref name="nonceFor"/> is the plugin that the client's nonce was
/// sent for; null at COM_CHANGE_USER, which has none of its own.
/// </summary>
internal sealed class ClientAuthentication(
    LoginExchange exchange, FrontDoor door, AccountBook book, PasswordKind? nonceFor)
{
    private readonly Session _session = exchange.Session;
    private AccountBook _book = book;
    private string _user = "";
    private bool _hasPassword;
    private byte[] _longNonce = [];
    private bool _wasWrong;
    private Refusal? _crowded;

    /// <summary>The account, when the client is who it says and may come in.</summary>
    internal Account? Accepted { get; private set; }

    /// <summary>The plugin that proved it.</summary>
    internal PasswordKind Plugin { get; private set; }

    /// <summary>Runs the exchange; the client's first proof is in <paramref name="response"/>.</summary>
    internal async LoopTask<Refusal> Run(string user, string plugin, byte[] response)
    {
        _user = user;
        if (door.Accounts.IsInDoubt)
        {
            await door.Accounts.Settle(door.Loop);
            _book = door.Facts.Accounts;
        }
        var key = GuessBrake.KeyOf(user, ClientSource.Of(_session.Wire.Peer));
        // Who shows no password guesses none: a look whether somebody answers, as monitors have it.
        if ((response.Length > 0 || OwesProof(KindOf(plugin), response)) && !await Brake(key))
            return exchange.IsOver ? default : Crowded(key);
        var refusal = await Check(plugin, response);
        if (Accepted is not null)
            door.Brake.NoteRight(key);
        // Whoever hangs up when asked for the password itself has learnt that the proof was wrong.
        else if (_hasPassword && (_wasWrong || exchange.IsOver))
            NoteWrong(key);
        return refusal;
    }

    // Waits for the account's turn, when wrong passwords came from this source before. False: the turn will not come.
    private async LoopTask<bool> Brake(GuessKey key)
    {
        var waitMs = door.Brake.Book(key, door.Loop, out var waiter);
        if (waiter is null)
            return waitMs == 0;
        door.Meter.LoginsSlowed++;
        await waiter.Sleep.For(waitMs);
        door.Brake.Forget(key, waiter);
        if (!_session.Wire.IsClosed)
            return true;
        exchange.Abandon();
        return false;
    }

    private void NoteWrong(GuessKey key)
    {
        var (wrong, pauseMs) = door.Brake.NoteWrong(key, door.Loop.NowMs);
        if (wrong == door.Options.WrongPasswordsFree)
            door.Slowed(key, wrong, pauseMs);
    }

    private Refusal Crowded(GuessKey key)
    {
        door.Meter.LoginsRefusedSlowed++;
        return new(SqlError.TooManyConnections,
            $"Too many connections: after wrong passwords, too many logins of '{_user}' from {key.Source} wait for their turn "
            + $"(clients.wrong_password_ms_max = {door.Options.WrongPasswordMsMax}); this one was not looked at, and trying again is safe",
            "too many of the same account and source wait after wrong passwords");
    }

    private async LoopTask<Refusal> Check(string plugin, byte[] response)
    {
        _hasPassword = IsShown(response);
        var known = _book.Find(_user);
        var spoken = KindOf(plugin);
        if (_book.Mode == AccountMode.Learning && known is null)
            return await Learn(spoken, response);
        // Whether there is such an account is not known yet: "access denied" would send people after a password.
        if (_book.Mode == AccountMode.Partial && known is null)
            return new(SqlError.ServerNotAvailable, door.NoAccountsMessage(), "the servers' accounts have not been read");
        // Who does not exist, or cannot be let in, must not be told apart from who does: a decoy stands for him.
        var account = known is not null && WantedKind(known, spoken) is not null ? known : _book.Decoys.For(_user);
        var isReal = account == known;
        var wanted = WantedKind(account, spoken) ?? PasswordKind.Native;
        if (wanted != spoken || (OwesProof(spoken, response) && (CanBeAsked || !AdmitsWithoutPassword(account))))
            response = await Switch(wanted);
        if (exchange.IsOver)
            return default;
        _hasPassword |= IsShown(response);
        Plugin = wanted;
        var proof = await Prove(account, wanted, response, known: null);
        if (exchange.IsOver || _crowded is not null)
            return _crowded ?? default;
        // The account may have changed a moment ago: before a client is turned away, the servers are asked once more.
        if (!proof.Ok && await door.Accounts.Refresh(_user, door.Loop) is { } fresh && !ReferenceEquals(fresh, account))
        {
            account = known = fresh;
            isReal = WantedKind(fresh, spoken) is not null;
            _book = door.Facts.Accounts;
            proof = await Prove(fresh, wanted, response, proof.Password);
        }
        proof.Forget();
        if (_crowded is { } crowded)
            return crowded;
        if (proof.Ok && isReal)
            return Judge(account);
        return Denied(known is not null && WantedKind(known, spoken) is null
            ? $"the account's plugin ({known.Passwords.FirstOrDefault()?.Plugin}) is not spoken here; name the account under [[accounts]]"
            : "wrong password or unknown account");
    }

    // The SHA-2 plugins say "no password" by a zero.
    private static bool IsShown(byte[] response) => response is not ([] or [0]);

    // A plugin of a client does not prove anything with a nonce that was meant for another one: libmysqlclient and MariaDB's
    // library then send nothing, which is no empty password, and wait to be asked with a nonce for this plugin.
    private bool OwesProof(PasswordKind? spoken, byte[] response) => response.Length == 0 && spoken != nonceFor;

    // Who cannot be asked for a proof by another plugin shows all there is at once.
    private bool CanBeAsked => _session.Capabilities.HasFlag(Capabilities.PluginAuth);

    private static bool AdmitsWithoutPassword(Account account) => account.Passwords.Any(stored => stored.IsEmpty);

    // A settings account has a password that is known and takes any plugin; one of a server takes the server's.
    private static PasswordKind? WantedKind(Account account, PasswordKind? spoken)
    {
        if (account.Source == AccountSource.Settings && account.Secrets.Password is not null)
            return spoken is PasswordKind.Native or PasswordKind.CachingSha2 ? spoken : PasswordKind.CachingSha2;
        PasswordKind? first = null;
        foreach (var password in account.Passwords)
        {
            var kind = password.Kind == PasswordKind.Unmatchable ? spoken ?? PasswordKind.Native : password.Kind;
            if (kind is not (PasswordKind.Native or PasswordKind.CachingSha2 or PasswordKind.Sha256 or PasswordKind.Ed25519))
                continue;
            if (kind == spoken)
                return kind;
            first ??= kind;
        }
        return first;
    }

    // With the nonce of the greeting, as servers have it: drivers go on with that one in later changes of user, or with the
    // one of the last switch. It is no use to others than this connection's two ends, and ends with it.
    private async LoopTask<byte[]> Switch(PasswordKind kind)
    {
        var packet = exchange.Begin();
        if (kind == PasswordKind.Ed25519)
            AuthSwitchRequest.Write(packet, Ed25519Password.PluginName, LongNonce());
        else
            AuthSwitchRequest.Write(packet, NameOf(kind), _session.Nonce.Bytes);
        exchange.Send(packet);
        return (await exchange.Next()).Copy();
    }

    private byte[] LongNonce()
    {
        _longNonce = new byte[Ed25519Password.NonceLength];
        door.Nonces.Fill(_longNonce);
        return _longNonce;
    }

    private async LoopTask<Proof> Prove(Account? account, PasswordKind kind, byte[] response, byte[]? known)
    {
        switch (kind)
        {
            case PasswordKind.Native:
                return new(account is not null && ProveNative(account, response), null);
            case PasswordKind.Ed25519:
                return new(account?.Passwords.Any(stored => Ed25519Password.Verify(response, _longNonce, stored)) == true, null);
            case PasswordKind.CachingSha2:
                return await ProveSha2(account, response, known);
            case PasswordKind.Sha256:
                return await ProveSha256(account, response, known);
            case PasswordKind.Unmatchable:
            case PasswordKind.Unsupported:
                return default;
        }
        return default;
    }

    private bool ProveNative(Account account, byte[] response)
    {
        Span<byte> key = stackalloc byte[NativePassword.ProofLength];
        foreach (var stored in account.Passwords)
        {
            if (!NativePassword.Verify(response, _session.Nonce, stored, key, out var length))
                continue;
            if (length > 0)
                account.Secrets.LearnNativeKey(key[..length]);
            key.Clear();
            return true;
        }
        return account.Source != AccountSource.Server && ProveNativeByPassword(account, response);
    }

    private bool ProveNativeByPassword(Account account, byte[] response)
    {
        Span<byte> expected = stackalloc byte[NativePassword.ProofLength];
        var match = new ProofMatch(_session.Nonce, expected, response);
        return account.Secrets.Password?.TryVisit(match, ProofMatch.Native) == true && match.IsEqual;
    }

    private async LoopTask<Proof> ProveSha2(Account? account, byte[] response, byte[]? known)
    {
        var password = known;
        if (password is null)
        {
            if (account?.Passwords.Any(stored => stored.AdmitsWithoutPassword(response)) == true)
                return new(true, null);
            if (account is not null && ProveFast(account, response))
            {
                exchange.SaysFastOk = true;
                return new(true, null);
            }
            // Whoever sends no proof has no password to show either.
            password = response.Length > 1 ? await AskForPassword() : null;
        }
        return password is null ? default : new(account is not null && await ProveFull(account, password), password);
    }

    private bool ProveFast(Account account, byte[] response)
    {
        Span<byte> key = stackalloc byte[CachingSha2Password.ProofLength];
        var proven = CachingSha2Password.Verify(response, _session.Nonce, account.Secrets.Sha2Remembered, key);
        key.Clear(); // SHA256(password) was learnt together with what it was checked against.
        return proven;
    }

    private async LoopTask<byte[]?> AskForPassword()
    {
        if (IsCrowdedOut())
            return null;
        var packet = exchange.Begin();
        AuthMoreData.Write(packet, [AuthMoreData.PerformFullAuthentication]);
        exchange.Send(packet);
        var sent = (await exchange.Next()).Copy();
        if (exchange.IsOver)
            return null;
        // MySqlConnector wants a key on a Unix socket as well; a password in clear ends with a zero, so this is none.
        if (_session.IsProtected && sent is not [AuthMoreData.RequestPublicKey])
            return ReadClear(sent);
        return await ReadUnderKey(sent, AuthMoreData.RequestPublicKey);
    }

    // The plugin has no proof by a nonce: its first word is the password, in TLS, or under a key, which it may ask for.
    private async LoopTask<Proof> ProveSha256(Account? account, byte[] response, byte[]? known)
    {
        if (known is null && account?.Passwords.Any(stored => stored.AdmitsWithoutPassword(response)) == true)
            return new(true, null);
        var password = known;
        // Whoever says nothing, or a zero alone, has no password to show.
        if (password is null && response is not ([] or [0]) && !IsCrowdedOut())
            password = await ReadShown(response);
        return password is null ? default : new(account is not null && await ProveFull(account, password), password);
    }

    // Libraries encrypt on Unix sockets as if anybody could listen there.
    private async LoopTask<byte[]?> ReadShown(byte[] sent) =>
        _session.IsProtected && sent is not [Sha256Password.RequestPublicKey] and not { Length: ServerRsaKey.CipherLength }
            ? ReadClear(sent)
            : await ReadUnderKey(sent, Sha256Password.RequestPublicKey);

    private static byte[]? ReadClear(byte[] sent) => ClearPassword.TryRead(sent, out var password) ? password.ToArray() : null;

    private async LoopTask<byte[]?> ReadUnderKey(byte[] sent, byte request)
    {
        if (sent.Length == 1 && sent[0] == request)
        {
            if (!await HasKey())
                return null;
            var packet = exchange.Begin();
            AuthMoreData.Write(packet, door.RsaKey.PublicKeyPem);
            exchange.Send(packet);
            sent = (await exchange.Next()).Copy();
        }
        return exchange.IsOver ? null : await Decrypt(sent);
    }

    // The key is made at the first need, which takes a fifth of a second: no loop waits for it, only whoever wants it.
    private async LoopTask<bool> HasKey()
    {
        if (door.HasRsaKey)
            return true;
        var work = new KeyMaking(door);
        if (!door.Workers.TryRun(work))
            return CrowdOut();
        await work;
        return true;
    }

    // What follows costs cryptography: no password is asked for that nobody has time to look at.
    private bool IsCrowdedOut()
    {
        var applicant = new LoginApplicant(_session.Wire.Peer, _session.Listener, _user);
        if (door.Gate.Ask(applicant, needsCrypto: true) is not { } refusal)
            return false;
        door.Meter.LoginsRefusedByClass++;
        if (refusal.IsEnforced)
            _crowded = new(SqlError.TooManyConnections, refusal.Message, "too much cryptography of logins waits (clients.crypto_max)");
        return refusal.IsEnforced;
    }

    // As much waits as there can be. Always false.
    private bool CrowdOut()
    {
        _crowded = new(SqlError.TooManyConnections,
            "Too many connections: too much cryptography of logins waits for a processor (clients.crypto_max); trying again is safe",
            "too much cryptography of logins waits");
        return false;
    }

    private async LoopTask<byte[]?> Decrypt(byte[] cipher)
    {
        var work = new Decryption(door, cipher, _session.Nonce);
        if (!door.Workers.TryRun(work))
        {
            CrowdOut();
            return null;
        }
        await work;
        return work.Password;
    }

    private async LoopTask<bool> ProveFull(Account account, byte[] password)
    {
        var check = new PasswordCheck(door.Loop, account, password);
        if (!door.Workers.TryRun(check))
            return CrowdOut();
        await check;
        if (check.IsRight)
            account.Secrets.LearnPassword(password);
        return check.IsRight;
    }

    // Nothing is known of the accounts: the client shows its password in a protected exchange, and a server is the judge.
    private async LoopTask<Refusal> Learn(PasswordKind? spoken, byte[] response)
    {
        Plugin = PasswordKind.CachingSha2;
        if (spoken != PasswordKind.CachingSha2 || OwesProof(spoken, response))
            response = await Switch(PasswordKind.CachingSha2);
        if (exchange.IsOver)
            return default;
        _hasPassword |= IsShown(response);
        if (door.Learnt.Find(_user) is { } known && ProveFast(known, response)
            && await door.Learnt.IsStillRight(known, _session))
        {
            exchange.SaysFastOk = true;
            return Judge(known);
        }
        var password = response.Length > 1 ? await AskForPassword() : [];
        if (exchange.IsOver || _crowded is not null)
            return _crowded ?? default;
        if (password is null)
            return Denied("the password could not be read");
        var (account, problem, isWrong) = await door.Learnt.Confirm(_user, password, _session);
        password.AsSpan().Clear();
        if (account is not null)
            return Judge(account);
        var denial = Denied(problem);
        _wasWrong = isWrong; // A server that cannot be reached says nothing about the password.
        return denial;
    }

    private Refusal Judge(Account account)
    {
        if (account.IsLocked)
        {
            return door.Facts.Primary is { Version.IsMariaDb: true }
                ? new(SqlError.AccountLockedMariaDb, "Access denied, this account is locked", "the account is locked")
                : new(SqlError.AccountLocked, $"Access denied for user '{_user}'@'{Host}'. Account is locked.",
                    "the account is locked");
        }
        if (account.RequiresTls && !_session.IsProtected)
            return Denied("the account requires TLS");
        if (account.RequiresCertificate && !_session.HasCertificate)
            return Denied("the account requires a client certificate");
        if (account.IsExpired)
        {
            return new(SqlError.PasswordExpired, "Your password has expired. To log in you must change it using a client "
                + "that supports expired passwords.", "the password has expired");
        }
        // Of an account that was learnt no hosts are known: a server has let Seawall in, and that is all there is to ask.
        if (door.Options.MatchesClientHost && account.Source != AccountSource.Learnt && !_book.AdmitsFrom(account.UserBytes.Span, _session.Wire.Peer))
            return Denied("the servers have no such account for the client's own address (clients.match_host = true)");
        Accepted = account;
        return default;
    }

    // As the servers would say it: those that look names up call this machine by its name, the others by its address.
    private string Host => _session.Wire.Peer.IsUnix || (_session.Wire.Peer.IsLocal && _book.HostOfSeawall == "localhost")
        ? "localhost" : _session.Wire.Peer.ToIPAddress().ToString();

    private Refusal Denied(string reason)
    {
        _wasWrong = true; // Whatever the reason: who hears the same words must not tell by the pause that follows.
        return new(SqlError.AccessDenied,
            $"Access denied for user '{_user}'@'{Host}' (using password: {(_hasPassword ? "YES" : "NO")})", reason);
    }

    private static PasswordKind? KindOf(string plugin) => plugin switch
    {
        "mysql_native_password" or "" => PasswordKind.Native,
        "caching_sha2_password" => PasswordKind.CachingSha2,
        "client_ed25519" => PasswordKind.Ed25519,
        _ => null,
    };

    /// <summary>The plugin's name; of the others none is ever begun with.</summary>
    internal static ReadOnlySpan<byte> NameOf(PasswordKind kind) => kind switch
    {
        PasswordKind.CachingSha2 => CachingSha2Password.PluginName,
        PasswordKind.Sha256 => Sha256Password.PluginName,
        _ => NativePassword.PluginName,
    };

    private readonly record struct Proof(bool Ok, byte[]? Password)
    {
        internal void Forget() => Password?.AsSpan().Clear();
    }

    private sealed class KeyMaking(FrontDoor door) : WorkItem(door.Loop)
    {
        protected override void Work() => _ = door.RsaKey;
    }

    private sealed class Decryption(FrontDoor door, byte[] cipher, Nonce nonce) : WorkItem(door.Loop)
    {
        internal byte[]? Password { get; private set; }

        protected override void Work()
        {
            Span<byte> clear = stackalloc byte[ServerRsaKey.CipherLength];
            if (door.RsaKey.TryDecrypt(cipher, nonce, clear, out var length))
                Password = clear[..length].ToArray();
            clear.Clear();
        }
    }

    private sealed class PasswordCheck(Loop loop, Account account, byte[] password) : WorkItem(loop)
    {
        internal bool IsRight { get; private set; }

        protected override void Work() => IsRight = account.Source == AccountSource.Settings
            ? account.Secrets.Password?.Matches(password) == true
            : account.Passwords.Any(stored => stored.Matches(password));
    }

    private readonly ref struct ProofMatch(in Nonce nonce, Span<byte> expected, ReadOnlySpan<byte> shown)
    {
        private readonly Nonce _nonce = nonce;
        private readonly Span<byte> _expected = expected;
        private readonly ReadOnlySpan<byte> _shown = shown;

        internal bool IsEqual => System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(_expected, _shown);

        internal static void Native(ReadOnlySpan<byte> password, ProofMatch match) =>
            NativePassword.WriteProofOfPassword(password, match._nonce, match._expected);
    }
}
