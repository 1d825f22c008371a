using System.Text;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.Rehearsal.Drivers;

namespace Seawall.Rehearsal.Logins;

/// <summary>What a driver answers to one packet of the authentication.</summary>
internal enum ProofStep
{
    /// <summary>It sends what was made.</summary>
    Send,

    /// <summary>It waits for the next packet.</summary>
    Wait,

    /// <summary>It is in, or is not: the server has said its last word.</summary>
    Done,

    /// <summary>It gives up by itself.</summary>
    GiveUp,
}

/// <summary>The authentication as one driver does it, packet by packet; no sockets, no clock.</summary>
internal sealed class ProofMaker(DriverProfile profile, LoginPassword password, bool mayAskForKey)
{
    private const int ReplyMax = 1024; // An RSA cipher of 8192 bits.

    private readonly byte[] _reply = new byte[ReplyMax];
    private int _length;
    private Nonce _nonce;
    private bool _keyAsked;

    /// <summary>What is to be sent.</summary>
    public ReadOnlySpan<byte> Reply => _reply.AsSpan(0, _length);

    /// <summary>The plugin that it began with.</summary>
    public string Began { get; private set; } = "";

    /// <summary>The plugin that it has now.</summary>
    public string Plugin { get; private set; } = "";

    /// <summary>Whether the server asked for another plugin or nonce.</summary>
    public bool IsSwitched { get; private set; }

    /// <summary>Whether the server wanted the password whole.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether TLS or a local socket protects what is sent.</summary>
    public bool IsProtected { get; set; }

    /// <summary>How it ended.</summary>
    public LoginOutcome Outcome { get; private set; }

    /// <summary>The first proof, for the login packet.</summary>
    public void Begin(string greeted, ReadOnlySpan<byte> nonce)
    {
        Began = Plugin = profile.Begins(greeted);
        _ = Nonce.TryRead(nonce, out _nonce);
        _length = 0;
        // Without the nonce of its own plugin a client of Oracle's library sends nothing, and waits to be asked.
        if (greeted == Plugin || !profile.IsSilentOnMismatch)
            Prove();
    }

    /// <summary>Answers one packet.</summary>
    public ProofStep Answer(ReadOnlySpan<byte> payload)
    {
        _length = 0;
        switch (payload)
        {
            case [MySql.Results.OkPacket.Header, ..]:
                Outcome = new(LoginEnd.In);
                return ProofStep.Done;
            case [MySql.Results.ErrPacket.Header, ..]:
                var error = MySql.Results.ErrPacket.Read(payload);
                Outcome = new(LoginEnd.Refused, error.Code, Encoding.UTF8.GetString(error.Message));
                return ProofStep.Done;
            case [AuthSwitchRequest.Header, ..]:
                return Switch(payload);
            case [AuthMoreData.Header, .. var more]:
                return More(more);
            default:
                return GiveUp(LoginEnd.Malformed, "an unknown packet during the login");
        }
    }

    private ProofStep Switch(ReadOnlySpan<byte> payload)
    {
        var request = AuthSwitchRequest.Read(payload);
        if (!request.IsValid)
            return GiveUp(LoginEnd.UnknownPlugin, "mysql_old_password");
        IsSwitched = true;
        Plugin = Encoding.ASCII.GetString(request.AuthPlugin);
        if (!profile.Plugins.Contains(Plugin))
            return GiveUp(LoginEnd.UnknownPlugin, Plugin);
        if (Plugin == "client_ed25519")
        {
            return Made(Ed25519Password.TrySign(password.Bytes, request.Data, _reply), Ed25519Password.SignatureLength);
        }
        if (!Nonce.TryRead(request.Data, out _nonce) && Plugin is not ("mysql_clear_password" or "dialog"))
            return GiveUp(LoginEnd.Malformed, "a nonce of the wrong length");
        return Prove() ? ProofStep.Send : ProofStep.GiveUp;
    }

    private bool Prove()
    {
        switch (Plugin)
        {
            case "mysql_native_password":
                _length = NativePassword.WriteProofOfPassword(password.Bytes, _nonce, _reply);
                return true;
            case "caching_sha2_password":
                _length = CachingSha2Password.WriteProofOfPassword(password.Bytes, _nonce, _reply);
                return true;
            case "sha256_password" when password.Bytes.IsEmpty:
                (_reply[0], _length) = (0, 1);
                return true;
            case "sha256_password" when !IsProtected && (profile.AsksForKey || mayAskForKey):
                (_reply[0], _length) = (Sha256Password.RequestPublicKey, 1);
                _keyAsked = true;
                return true;
            case "sha256_password" or "mysql_clear_password" or "dialog" when IsProtected:
                return ClearPassword.TryWrite(password.Bytes, _reply, out _length);
            case "sha256_password":
                GiveUp(LoginEnd.KeyNotAsked, "");
                return false;
            default:
                GiveUp(LoginEnd.UnknownPlugin, Plugin);
                return false;
        }
    }

    private ProofStep More(ReadOnlySpan<byte> more)
    {
        if (_keyAsked)
            return Encrypt(more);
        switch (more)
        {
            case [AuthMoreData.FastAuthSuccess] when Plugin == "caching_sha2_password":
                return ProofStep.Wait;
            case [AuthMoreData.PerformFullAuthentication] when Plugin == "caching_sha2_password":
                IsFull = true;
                if (IsProtected)
                    return Made(ClearPassword.TryWrite(password.Bytes, _reply, out var length), length);
                if (!profile.AsksForKey && !mayAskForKey)
                    return GiveUp(LoginEnd.KeyNotAsked, "");
                _keyAsked = true;
                _reply[0] = AuthMoreData.RequestPublicKey;
                return Made(true, 1);
            default:
                return GiveUp(LoginEnd.Malformed, $"words that {Plugin} does not know");
        }
    }

    private ProofStep Encrypt(ReadOnlySpan<byte> pem)
    {
        _keyAsked = false;
        if (!PublicKeyOfServer.TryParse(pem, out var key))
            return GiveUp(LoginEnd.Malformed, "an RSA key that is none");
        using (key)
            return Made(key.TryEncrypt(password.Bytes, _nonce, _reply, out var length), length);
    }

    private ProofStep Made(bool done, int length)
    {
        _length = length;
        return done ? ProofStep.Send : GiveUp(LoginEnd.Malformed, "the server's challenge cannot be answered");
    }

    private ProofStep GiveUp(LoginEnd end, string words)
    {
        Outcome = new(end, 0, words);
        return ProofStep.GiveUp;
    }
}
