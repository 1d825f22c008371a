using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>What all logins at the admin port share.</summary>
/// <param name="Nonces">Nonces for greetings.</param>
/// <param name="Options">The account, as it is now.</param>
/// <param name="Tls">The certificates that clients of the data path are shown; null when there are none.</param>
/// <param name="Workers">Where handshakes run: not where a storm of clients waits for its own.</param>
/// <param name="Logger">Where logins are told.</param>
internal sealed record AdminDoor(
    NonceBatch Nonces, Func<AdminOptions?> Options, Func<TlsServerContext?> Tls, Workers Workers, ILogger Logger);

/// <summary>
/// Lets an operator in, or not. The password is known here, so each plugin takes its short way: no password ever crosses the
/// wire, with or without TLS.
/// </summary>
internal sealed class AdminLogin(AdminWire wire, AdminSession session, AdminDoor door)
{
    /// <summary>
    /// How long a wrong password is thought about. Whoever guesses gets 16 guesses in a second, all connections together;
    /// whoever mistyped hardly notices.
    /// </summary>
    private const int TarpitMs = 1_000;

    /// <summary>What the admin port speaks, besides TLS. Several statements in one command are not among it.</summary>
    private const Capabilities Spoken =
        Capabilities.ClientMySql | Capabilities.FoundRows | Capabilities.LongFlag | Capabilities.ConnectWithSchema
        | Capabilities.IgnoreSpace | Capabilities.Protocol41 | Capabilities.Interactive | Capabilities.Transactions
        | Capabilities.SecureConnection | Capabilities.PluginAuth | Capabilities.ConnectAttributes
        | Capabilities.PluginAuthLengthEncoded | Capabilities.DeprecateEof;

    // utf8mb4_general_ci: what everything here is written in.
    private const byte Collation = 45;

    /// <summary>Runs the login to its end; false when the client is not in.</summary>
    internal async LoopTask<bool> Run()
    {
        var nonce = door.Nonces.Next();
        var tls = door.Tls();
        Greeting.Write(wire.Begin(), Encoding.ASCII.GetBytes(SmallTalk.Version), session.Id, nonce.Bytes,
            tls is null ? Spoken : Spoken | Capabilities.Tls, Collation, AdminSession.Status, CachingSha2Password.PluginName);
        wire.Send();
        if (await wire.Next(LoginRequest.LengthMax) is not { } packet)
            return false;
        if (tls is not null && LoginRequest.Read(packet).IsTlsRequest)
        {
            if (!await GoOverToTls(tls) || await wire.Next(LoginRequest.LengthMax) is not { } second)
                return false;
            packet = second;
        }
        if (!TryRead(packet, out var user, out var schema, out var plugin, out var proof))
        {
            AdminLog.LoginRefused(door.Logger, "", session.Peer, "the login makes no sense");
            wire.SendError(SqlError.Handshake, "Bad handshake");
            return false;
        }
        var isNative = plugin == "mysql_native_password";
        if (plugin != "caching_sha2_password")
        {
            // The proof of another plugin, if there is one, was made for another name: ask for the one that everybody knows.
            isNative = true;
            nonce = door.Nonces.Next();
            AuthSwitchRequest.Write(wire.Begin(), NativePassword.PluginName, nonce.Bytes);
            wire.Send();
            if (await wire.Next(LoginRequest.LengthMax) is not { } answer)
                return false;
            proof = answer;
        }
        if (!IsRight(user, proof, nonce, isNative))
            return await Refuse(user, proof.Length > 0);
        return LetIn(user, schema, isNative);
    }

    private async LoopTask<bool> GoOverToTls(TlsServerContext tls)
    {
        var upgrade = await tls.Accept(wire.Wire, wire.TakeHeld(), door.Workers);
        if (upgrade.Wire is null)
        {
            AdminLog.LoginRefused(door.Logger, "", session.Peer, $"TLS failed: {upgrade.Problem}");
            return false;
        }
        wire.Wire = upgrade.Wire;
        return true;
    }

    private bool TryRead(byte[] packet, out string user, out string schema, out string plugin, out byte[] proof)
    {
        var request = LoginRequest.Read(packet);
        var isValid = request.IsValid && !request.IsTlsRequest;
        session.Capabilities = request.Capabilities & Spoken;
        user = isValid ? Encoding.UTF8.GetString(request.User) : "";
        schema = isValid ? Encoding.UTF8.GetString(request.Schema) : "";
        plugin = isValid ? Encoding.ASCII.GetString(request.AuthPlugin) : "";
        proof = isValid ? request.AuthResponse.ToArray() : [];
        return isValid;
    }

    private bool LetIn(string user, string schema, bool isNative)
    {
        if (schema.Length > 0 && session.Enter(schema) is { } refusal)
        {
            wire.SendError(refusal.Error, refusal.Words);
            return false;
        }
        session.User = user;
        if (!isNative)
        {
            AuthMoreData.Write(wire.Begin(), [AuthMoreData.FastAuthSuccess]);
            wire.Send();
        }
        wire.SendOk(session);
        AdminLog.LoggedIn(door.Logger, session.Id, user, session.Peer);
        return true;
    }

    private async LoopTask<bool> Refuse(string user, bool hasPassword)
    {
        AdminLog.LoginRefused(door.Logger, user, session.Peer, "wrong account or password (admin.user, admin.password)");
        await new Sleep(wire.Wire.Loop).For(TarpitMs);
        wire.SendError(SqlError.AccessDenied, $"Access denied for user '{user}'@'{session.Host}' "
            + $"(using password: {(hasPassword ? "YES" : "NO")}) [seawall: the admin port's account is set by admin.user]");
        return false;
    }

    private bool IsRight(string user, byte[] proof, in Nonce nonce, bool isNative)
    {
        // An empty proof is the empty password, which opens nothing here whatever the settings say.
        if (door.Options() is not { Password.Password: { } password } account || proof.Length == 0)
            return false;
        Span<byte> expected = stackalloc byte[CachingSha2Password.ProofLength];
        var check = new ProofCheck(nonce, proof, expected, isNative);
        var isRight = false;
        password.TryVisit(new Visit(ref isRight, check), Visit.Check);
        return isRight && user == account.User;
    }

    private readonly ref struct ProofCheck(in Nonce nonce, ReadOnlySpan<byte> shown, Span<byte> expected, bool isNative)
    {
        private readonly Nonce _nonce = nonce;
        private readonly ReadOnlySpan<byte> _shown = shown;
        private readonly Span<byte> _expected = expected;

        internal bool IsRight(ReadOnlySpan<byte> password)
        {
            var length = isNative
                ? NativePassword.WriteProofOfPassword(password, _nonce, _expected)
                : CachingSha2Password.WriteProofOfPassword(password, _nonce, _expected);
            return length > 0 && CryptographicOperations.FixedTimeEquals(_expected[..length], _shown);
        }
    }

    private readonly ref struct Visit(ref bool isRight, ProofCheck check)
    {
        private readonly ref bool _isRight = ref isRight;
        private readonly ProofCheck _check = check;

        internal static void Check(ReadOnlySpan<byte> password, Visit visit) => visit._isRight = visit._check.IsRight(password);
    }
}
