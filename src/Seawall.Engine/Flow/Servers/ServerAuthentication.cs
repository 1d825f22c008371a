using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Servers;

/// <summary>What to do after a packet of a login.</summary>
internal enum ServerAuthenticationStep : byte
{
    /// <summary>Logged in.</summary>
    Done,

    /// <summary>Send <see cref="ServerAuthentication.Reply"/>.</summary>
    Send,

    /// <summary>Nothing: another packet follows.</summary>
    Wait,

    /// <summary>Call <see cref="ServerAuthentication.Encrypt"/>: RSA is no work for a loop.</summary>
    Encrypt,

    /// <summary>See <see cref="ServerAuthentication.Failure"/>.</summary>
    Failed,
}

/// <summary>The client's half of the password plugins, with what has been learnt of the account.</summary>
internal sealed class ServerAuthentication(
    Account account, ServerLoginOptions options, ServerFacts server, ServerKeyCache keys)
{
    private readonly byte[] _reply = new byte[1024];
    private int _replyLength;
    private Nonce _nonce;
    private bool _awaitsKey;
    private bool _usedKnownKey;

    /// <summary>The account's name.</summary>
    internal ReadOnlySpan<byte> User => account.UserBytes.Span;

    /// <summary>Whether what is sent can be read by nobody else: then a password may go as it is.</summary>
    internal bool IsProtected { get; set; }

    /// <summary>Whether it is encrypted: sha256_password trusts a Unix socket no more than the network.</summary>
    internal bool IsEncrypted { get; set; }

    /// <summary>What to send.</summary>
    internal ReadOnlySpan<byte> Reply => _reply.AsSpan(0, _replyLength);

    /// <summary>Why it failed.</summary>
    internal DialFailure? Failure { get; private set; }

    /// <summary>It has been sent; a password must not stay behind.</summary>
    internal void ForgetReply()
    {
        _reply.AsSpan(0, _replyLength).Clear();
        _replyLength = 0;
    }

    /// <summary>
    /// The first proof. It is made with the account's own plugin, whatever the server greets with: a server takes it without
    /// another exchange when the two agree.
    /// </summary>
    internal int Begin(in Nonce nonce, Span<byte> proof, out ReadOnlySpan<byte> plugin)
    {
        _nonce = nonce;
        plugin = FirstPlugin();
        return Prove(plugin, proof, out var length) ? length : 0;
    }

    /// <summary>Deals with a packet.</summary>
    internal ServerAuthenticationStep Answer(ReadOnlySpan<byte> payload) => payload switch
    {
        [OkPacket.Header, ..] => ServerAuthenticationStep.Done,
        [ErrPacket.Header, ..] => Refused(payload),
        [AuthSwitchRequest.Header, ..] => Switch(payload),
        [AuthMoreData.Header, AuthMoreData.FastAuthSuccess] => ServerAuthenticationStep.Wait,
        [AuthMoreData.Header, AuthMoreData.PerformFullAuthentication] =>
            ShowPassword("caching_sha2_password (full exchange)", AuthMoreData.RequestPublicKey, IsProtected),
        [AuthMoreData.Header, .. var key] when _awaitsKey => TakeKey(key),
        _ => Fail(DialFailureKind.Malformed, "the server said something unexpected during the login"),
    };

    /// <summary>Encrypts the password with the server's key, off the loop.</summary>
    internal async LoopTask<ServerAuthenticationStep> Encrypt(Loop loop)
    {
        var work = new Encryption(loop, this, TrustedKey!);
        if (!options.Workers.TryRun(work))
            return Fail(DialFailureKind.TooManyConnections, "too much cryptography is queued on Seawall's side");
        await work;
        return work.Length > 0
            ? ServerAuthenticationStep.Send
            : Fail(DialFailureKind.NoSecret, "the password cannot be encrypted with the server's key");
    }

    // What was learnt says what the account uses; a configured password can be used in every way.
    private ReadOnlySpan<byte> FirstPlugin()
    {
        foreach (var password in account.Passwords)
        {
            switch (password.Kind)
            {
                case PasswordKind.Native:
                    return AuthPlugins.NativePassword;
                case PasswordKind.CachingSha2:
                    return AuthPlugins.CachingSha2Password;
            }
        }
        if (account.Secrets.NativeKey is not null)
            return AuthPlugins.NativePassword;
        return server.AuthPlugin == "caching_sha2_password" ? AuthPlugins.CachingSha2Password : AuthPlugins.NativePassword;
    }

    private bool Prove(ReadOnlySpan<byte> plugin, Span<byte> proof, out int length)
    {
        var visit = new ProofVisit(_nonce);
        var secrets = account.Secrets;
        var isProven = false;
        if (plugin.SequenceEqual(AuthPlugins.NativePassword))
        {
            isProven = secrets.NativeKey?.TryVisit(visit, ProofVisit.NativeOfKey) == true
                || secrets.Password?.TryVisit(visit, ProofVisit.NativeOfPassword) == true || HasNoPassword();
        }
        else if (plugin.SequenceEqual(AuthPlugins.CachingSha2Password))
        {
            isProven = secrets.Sha2Key?.TryVisit(visit, ProofVisit.Sha2OfKey) == true || HasNoPassword();
        }
        length = visit.TakeInto(proof);
        return isProven;
    }

    private bool HasNoPassword() => account.Passwords.Any(password => password.IsEmpty);

    private ServerAuthenticationStep Switch(ReadOnlySpan<byte> payload)
    {
        var request = AuthSwitchRequest.Read(payload);
        if (!request.IsValid)
            return Fail(DialFailureKind.NotSupported, "the server asks for the password hash of before MySQL 4.1");
        if (request.AuthPlugin.SequenceEqual(AuthPlugins.ClientEd25519))
            return Sign(request.Data);
        if (request.AuthPlugin.SequenceEqual(AuthPlugins.ClearPassword))
            return IsProtected ? ShowPassword("mysql_clear_password", 0, inClear: true) : Fail(DialFailureKind.NotSupported,
                $"the server asks for the password of {account} in clear, and the connection is not encrypted; see servers.tls");
        if (!Nonce.TryRead(request.Data, out _nonce))
            return Fail(DialFailureKind.Malformed, "the server's nonce is not 20 bytes long");
        if (request.AuthPlugin.SequenceEqual(AuthPlugins.Sha256Password))
            return HasNoPassword() ? Say([0])
                : ShowPassword("sha256_password", Sha256Password.RequestPublicKey, IsEncrypted);
        Span<byte> proof = stackalloc byte[CachingSha2Password.ProofLength];
        if (Prove(request.AuthPlugin, proof, out var length))
            return Say(proof[..length]);
        // Without a proof for the fast way there is still the full one, if the password itself is known.
        return NoSecret(System.Text.Encoding.ASCII.GetString(request.AuthPlugin));
    }

    private ServerAuthenticationStep Sign(ReadOnlySpan<byte> nonce)
    {
        Span<byte> signature = stackalloc byte[Ed25519Password.SignatureLength];
        var visit = new SignVisit(nonce, signature);
        if (account.Secrets.Password?.TryVisit(visit, SignVisit.Sign) != true)
            return NoSecret("client_ed25519");
        return Say(signature);
    }

    private ServerAuthenticationStep ShowPassword(string plugin, byte keyRequest, bool inClear)
    {
        if (account.Secrets.Password is not { } password)
            return NoSecret(plugin);
        if (inClear)
        {
            password.TryVisit(this, static (bytes, self) =>
                self._replyLength = ClearPassword.TryWrite(bytes, self._reply, out var length) ? length : 0);
            return ServerAuthenticationStep.Send;
        }
        if (TrustedKey is not null)
        {
            _usedKnownKey = options.PublicKey is null;
            return ServerAuthenticationStep.Encrypt;
        }
        if (!options.AllowsPublicKeyRetrieval && !server.Endpoint.IsLocal)
        {
            return Fail(DialFailureKind.Tls,
                $"{server.Endpoint} wants the whole password of {account} over a connection that is not encrypted; "
                + "see servers.tls, servers.public_key and servers.allow_public_key_retrieval (now false)");
        }
        _awaitsKey = true;
        return Say([keyRequest]);
    }

    private PublicKeyOfServer? TrustedKey => options.PublicKey ?? keys.Known;

    private ServerAuthenticationStep TakeKey(ReadOnlySpan<byte> pem)
    {
        _awaitsKey = false;
        if (!PublicKeyOfServer.TryParse(pem, out var key))
            return Fail(DialFailureKind.Malformed, "the server's public key cannot be read");
        keys.Known = key;
        return ServerAuthenticationStep.Encrypt;
    }

    private ServerAuthenticationStep Refused(ReadOnlySpan<byte> payload)
    {
        var failure = DialFailure.FromServer(ServerReplies.ReadError(payload));
        if (_usedKnownKey && failure.Kind == DialFailureKind.AccessDenied)
        {
            // A server that was restarted may have another key: that is no reason to doubt the password.
            keys.Forget();
            failure = failure with { Kind = DialFailureKind.Unreachable };
        }
        Failure = failure;
        return ServerAuthenticationStep.Failed;
    }

    private ServerAuthenticationStep NoSecret(string plugin) => Fail(DialFailureKind.NoSecret,
        $"{account} logs in by {plugin}, and Seawall does not know the password; a client's next login may teach it, "
        + "or name it under [[accounts]]");

    private ServerAuthenticationStep Say(ReadOnlySpan<byte> reply)
    {
        reply.CopyTo(_reply);
        _replyLength = reply.Length;
        return ServerAuthenticationStep.Send;
    }

    private ServerAuthenticationStep Fail(DialFailureKind kind, string text)
    {
        Failure = new DialFailure(kind, text);
        return ServerAuthenticationStep.Failed;
    }

    private sealed class Encryption(Loop loop, ServerAuthentication login, PublicKeyOfServer key) : WorkItem(loop)
    {
        internal int Length => login._replyLength;

        protected override void Work() => login.WriteEncrypted(key);
    }

    private void WriteEncrypted(PublicKeyOfServer key) =>
        account.Secrets.Password?.TryVisit((Login: this, Key: key), static (password, state) =>
            state.Login._replyLength =
                state.Key.TryEncrypt(password, state.Login._nonce, state.Login._reply, out var length) ? length : 0);

    // What a visit to a secret needs and makes: a proof, which may be seen; the secret itself does not leave the visit.
    private sealed class ProofVisit(Nonce nonce)
    {
        private readonly byte[] _proof = new byte[CachingSha2Password.ProofLength];
        private Nonce _nonce = nonce;
        private int _length;

        internal int TakeInto(Span<byte> proof)
        {
            _proof.AsSpan(0, _length).CopyTo(proof);
            return _length;
        }

        internal static void NativeOfKey(ReadOnlySpan<byte> key, ProofVisit visit) =>
            visit._length = NativePassword.WriteProofOfKey(key, visit._nonce, visit._proof);

        internal static void NativeOfPassword(ReadOnlySpan<byte> password, ProofVisit visit) =>
            visit._length = NativePassword.WriteProofOfPassword(password, visit._nonce, visit._proof);

        internal static void Sha2OfKey(ReadOnlySpan<byte> key, ProofVisit visit) =>
            visit._length = CachingSha2Password.WriteProofOfKey(key, visit._nonce, visit._proof);
    }

    private readonly ref struct SignVisit(ReadOnlySpan<byte> nonce, Span<byte> signature)
    {
        private readonly ReadOnlySpan<byte> _nonce = nonce;
        private readonly Span<byte> _signature = signature;

        internal static void Sign(ReadOnlySpan<byte> password, SignVisit visit) =>
            Ed25519Password.TrySign(password, visit._nonce, visit._signature);
    }
}
