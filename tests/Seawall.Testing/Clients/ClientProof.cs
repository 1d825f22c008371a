using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;
using Seawall.Testing.Framing;

namespace Seawall.Testing.Clients;

/// <summary>The client's half of a login after its first packet, as drivers go through it.</summary>
internal sealed class ClientProof(PacketStream stream, string password, bool isProtected = false)
{
    private byte[] _nonce = [];

    /// <summary>What came and went since the first proof: the first byte, for a switch the plugin, and the length.</summary>
    internal List<string> Trace { get; } = [];

    internal byte[] Password => Encoding.UTF8.GetBytes(password);

    /// <summary>The proof for a plugin.</summary>
    internal byte[] Make(string plugin, byte[] nonce)
    {
        _nonce = nonce;
        if (plugin == "sha256_password")
            return password.Length == 0 ? [0] : isProtected ? [.. Password, 0] : [Sha256Password.RequestPublicKey];
        if (password.Length == 0)
            return [];
        var proof = new byte[64];
        switch (plugin)
        {
            case "mysql_native_password":
                return proof[..NativePassword.WriteProofOfPassword(Password, NonceNow, proof)];
            case "caching_sha2_password":
                return proof[..CachingSha2Password.WriteProofOfPassword(Password, NonceNow, proof)];
            case "client_ed25519":
                Ed25519Password.TrySign(Password, nonce, proof);
                return proof;
            default:
                throw new InvalidOperationException($"this client does not speak {plugin}");
        }
    }

    /// <summary>Goes on until the server has said yes or no; null when it hung up.</summary>
    internal async LoopTask<byte[]?> Finish()
    {
        while (await stream.Read() is { } packet)
        {
            var plugin = packet is [AuthSwitchRequest.Header, .. var switched] ? Encoding.ASCII.GetString(switched).Split('\0')[0] : "";
            Trace.Add($"< {packet[0]:X2} {plugin} {packet.Length}");
            switch (packet)
            {
                case [OkPacket.Header or ErrPacket.Header, ..]:
                    return packet;
                case [AuthSwitchRequest.Header, ..]:
                    await Say(Switched(packet));
                    break;
                case [AuthMoreData.Header, AuthMoreData.FastAuthSuccess]:
                    break;
                case [AuthMoreData.Header, AuthMoreData.PerformFullAuthentication]:
                    await Say(isProtected ? [.. Password, 0] : [AuthMoreData.RequestPublicKey]);
                    break;
                case [AuthMoreData.Header, .. var pem]:
                    await Say(Encrypted(pem));
                    break;
                default:
                    throw new InvalidOperationException($"unexpected in a login: {packet[0]:X2}");
            }
        }
        return null;
    }

    private Nonce NonceNow => Nonce.TryRead(_nonce, out var nonce) ? nonce : default;

    private byte[] Switched(byte[] packet)
    {
        var request = AuthSwitchRequest.Read(packet);
        return Make(Encoding.ASCII.GetString(request.AuthPlugin), request.Data.ToArray());
    }

    private byte[] Encrypted(byte[] pem)
    {
        if (!PublicKeyOfServer.TryParse(pem, out var key))
            throw new InvalidOperationException("a key that cannot be read");
        using (key)
        {
            var cipher = new byte[key.CipherLength];
            key.TryEncrypt(Password, NonceNow, cipher, out _);
            return cipher;
        }
    }

    private LoopTask<bool> Say(byte[] payload)
    {
        Trace.Add($"> {payload.Length}");
        stream.Begin().Raw(payload);
        stream.Finish();
        return stream.Flush();
    }
}
