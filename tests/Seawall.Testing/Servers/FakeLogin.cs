using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;
using Seawall.Testing.Framing;

namespace Seawall.Testing.Servers;

/// <summary>The server's half of a login, as real servers go through it.</summary>
internal sealed class FakeLogin(FakeServer server, FakeSession session, PacketStream stream)
{
    private readonly byte[] _nonce = new byte[Nonce.Length];
    private byte[] _longNonce = [];

    internal Capabilities Capabilities { get; private set; }

    internal int Collation { get; private set; } = 45;

    internal Dictionary<string, string> Attributes { get; } = [];

    internal async LoopTask RefuseFull()
    {
        ErrPacket.Write(stream.Begin(), SqlError.TooManyConnections, "Too many connections", withState: false);
        stream.Finish();
        await stream.Flush();
    }

    /// <summary>Runs a login; <paramref name="saysOther"/> tells whether something else was said in its answer's place.</summary>
    internal async LoopTask<bool> Run(Func<LoopTask<bool>> saysOther)
    {
        if (server.GreetingMs > 0)
            await new Sleep(stream.Wire.Loop).For(server.GreetingMs);
        Greet();
        if (!await stream.Flush() || await stream.Read() is not { } packet)
            return false;
        var (user, response, schema, plugin) = Read(packet);
        if ((server.LoginTakes?.Invoke() ?? server.LoginMs) is > 0 and var ms)
            await new Sleep(stream.Wire.Loop).For(ms);
        session.User = user;
        if (await saysOther())
            return false;
        if (!await Authenticate(user, response, plugin))
            return false;
        session.Reset(Collation);
        session.MultiStatements = Capabilities.HasFlag(Capabilities.MultiStatements);
        if (schema is not null && server.Run(session, $"USE {schema}") is FakeError error)
            return await Refuse(error.Code, error.State, error.Message);
        session.Changes.Clear();
        return await Welcome();
    }

    internal async LoopTask<bool> ChangeUser(byte[] packet)
    {
        var (user, response, schema, plugin) = ReadChange(packet);
        session.Schema = null;
        if (!await Authenticate(user, response, plugin))
            return false;
        session.Reset(Collation);
        if (schema is not null && server.Run(session, $"USE {schema}") is FakeError error)
            return await Refuse(error.Code, error.State, error.Message);
        session.Changes.Clear();
        return await Welcome();
    }

    private void Greet()
    {
        MakeNonce(_nonce);
        Greeting.Write(stream.Begin(), Encoding.ASCII.GetBytes(server.Kind.Version), session.Id, _nonce, server.Kind.Offered, 45,
            ServerStatus.Autocommit, Encoding.ASCII.GetBytes(server.Kind.Plugin));
        stream.Finish();
    }

    private (string User, byte[] Response, string? Schema, string Plugin) Read(byte[] packet)
    {
        var request = LoginRequest.Read(packet);
        if (!request.IsValid)
            server.Violations.Add("a login that makes no sense");
        if ((request.Capabilities & ~server.Kind.Offered) is var more and not 0 && more != Capabilities.ClientMySql)
            server.Violations.Add($"capabilities that were not offered: {more}");
        Capabilities = request.Capabilities & server.Kind.Offered;
        Collation = request.Collation;
        var attributes = new AttributeReader(request.Attributes);
        while (attributes.MoveNext())
            Attributes[Encoding.UTF8.GetString(attributes.Name)] = Encoding.UTF8.GetString(attributes.Value);
        return (Encoding.UTF8.GetString(request.User), request.AuthResponse.ToArray(),
            request.Schema.IsEmpty ? null : Encoding.UTF8.GetString(request.Schema),
            Encoding.ASCII.GetString(request.AuthPlugin));
    }

    private (string User, byte[] Response, string? Schema, string Plugin) ReadChange(byte[] packet)
    {
        var request = ChangeUserRequest.Read(packet, Capabilities);
        if (!request.IsValid)
            server.Violations.Add("a change of user that makes no sense");
        if (request.HasCollation)
            Collation = request.Collation;
        return (Encoding.UTF8.GetString(request.User), request.AuthResponse.ToArray(),
            request.Schema.IsEmpty ? null : Encoding.UTF8.GetString(request.Schema),
            Encoding.ASCII.GetString(request.AuthPlugin));
    }

    private async LoopTask<bool> Authenticate(string user, byte[] response, string plugin)
    {
        session.User = user;
        var account = server.Accounts.Find(known => known.User == user);
        var wanted = account?.ClientPlugin ?? "mysql_native_password";
        // sha256_password gives its nonce first, whatever the client has begun with.
        if (plugin != wanted || wanted == "sha256_password")
        {
            if (await Switch(wanted) is not { } answer)
                return false;
            response = answer;
        }
        if (account is null || !await Prove(account, response))
            return stream.End == StreamEnd.None && await Refuse(1045, "28000", $"Access denied for user '{user}'@'localhost'");
        if (account.IsLocked)
            return await Refuse(3118, "HY000", $"Access denied for user '{user}'@'localhost'. Account is locked.");
        return true;
    }

    private async LoopTask<byte[]?> Switch(string plugin)
    {
        MakeNonce(_nonce);
        var data = _nonce;
        if (plugin == "client_ed25519")
            MakeNonce(data = _longNonce = new byte[Ed25519Password.NonceLength]);
        AuthSwitchRequest.Write(stream.Begin(), Encoding.ASCII.GetBytes(plugin), data);
        stream.Finish();
        return await stream.Flush() ? await stream.Read() : null;
    }

    private async LoopTask<bool> Prove(FakeAccount account, byte[] response)
    {
        if (account.Password.Length == 0)
            return response is [] || (account.Plugin != "mysql_native_password" && response is [0]);
        switch (account.Plugin)
        {
            case "mysql_native_password":
                var proof = new byte[NativePassword.ProofLength];
                NativePassword.WriteProofOfPassword(account.PasswordBytes, NonceNow, proof);
                return response.AsSpan().SequenceEqual(proof);
            case "ed25519":
                return Ed25519Password.Verify(response, _longNonce,
                    StoredPassword.Read("ed25519"u8, Encoding.ASCII.GetBytes(account.Stored)));
            case "caching_sha2_password":
                return await ProveSha2(account, response);
            case "sha256_password":
                return await DecryptsAsked(account, response, Sha256Password.RequestPublicKey);
            default:
                return false;
        }
    }

    private async LoopTask<bool> ProveSha2(FakeAccount account, byte[] response)
    {
        var proof = new byte[CachingSha2Password.ProofLength];
        CachingSha2Password.WriteProofOfPassword(account.PasswordBytes, NonceNow, proof);
        if (server.RememberedSha2.Contains(account.User) && response.AsSpan().SequenceEqual(proof))
        {
            Say([AuthMoreData.FastAuthSuccess]);
            return true;
        }
        Say([AuthMoreData.PerformFullAuthentication]);
        if (!await stream.Flush() || await stream.Read() is not { } sent)
            return false;
        if (!await DecryptsAsked(account, sent, AuthMoreData.RequestPublicKey))
            return false;
        server.RememberedSha2.Add(account.User);
        return true;
    }

    private async LoopTask<bool> DecryptsAsked(FakeAccount account, byte[] sent, byte request)
    {
        if (sent.Length == 1 && sent[0] == request)
        {
            Say(FakeServer.RsaKey.Value.PublicKeyPem.ToArray());
            if (!await stream.Flush() || await stream.Read() is not { } cipher)
                return false;
            sent = cipher;
        }
        return Decrypts(sent, account);
    }

    private bool Decrypts(byte[] cipher, FakeAccount account)
    {
        Span<byte> clear = stackalloc byte[ServerRsaKey.CipherLength];
        return FakeServer.RsaKey.Value.TryDecrypt(cipher, NonceNow, clear, out var length)
            && clear[..length].SequenceEqual(account.PasswordBytes);
    }

    private Nonce NonceNow => Nonce.TryRead(_nonce, out var nonce) ? nonce : default;

    private void Say(byte[] data)
    {
        AuthMoreData.Write(stream.Begin(), data);
        stream.Finish();
    }

    private async LoopTask<bool> Welcome()
    {
        OkPacket.Write(stream.Begin(), OkPacket.Header, 0, 0, session.Status, 0, default, default, Capabilities);
        stream.Finish();
        return await stream.Flush();
    }

    private async LoopTask<bool> Refuse(ushort code, string state, string message)
    {
        ErrPacket.Write(stream.Begin(), new SqlError(code, state), message);
        stream.Finish();
        await stream.Flush();
        return false;
    }

    private void MakeNonce(Span<byte> nonce)
    {
        for (var i = 0; i < nonce.Length; i++)
            nonce[i] = (byte)('!' + stream.Wire.Loop.Random.Next(90));
    }
}
