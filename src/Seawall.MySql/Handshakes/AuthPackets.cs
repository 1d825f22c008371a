using Seawall.MySql.Framing;

namespace Seawall.MySql.Handshakes;

/// <summary>The server asks the client to go on with another plugin, and gives a fresh nonce.</summary>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_switch_request.html
/// </remarks>
public readonly ref struct AuthSwitchRequest
{
    /// <summary>The first byte.</summary>
    public const byte Header = 0xFE;

    private AuthSwitchRequest(ReadOnlySpan<byte> payload)
    {
        var reader = new FieldReader(payload);
        IsValid = reader.Int1() == Header;
        // A packet of one byte is the request for the hash of before 4.1; that one is not spoken here.
        AuthPlugin = reader.NulTerminated();
        var data = reader.ToEnd();
        Data = data is { Length: Greeting.NonceLength + 1 } and [.. var nonce, 0] ? nonce : data;
        IsValid &= reader.IsValid;
    }

    /// <summary>Whether the packet was well formed.</summary>
    public bool IsValid { get; }

    /// <summary>The plugin to go on with.</summary>
    public ReadOnlySpan<byte> AuthPlugin { get; }

    /// <summary>The plugin's data: for the password plugins the nonce, without its NUL.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Reads a payload.</summary>
    public static AuthSwitchRequest Read(ReadOnlySpan<byte> payload) => new(payload);

    /// <summary>
    /// Writes a payload. The password plugins' 20 bytes of nonce end in a NUL; the 32 of ed25519 do not, and its clients
    /// refuse any other length.
    /// </summary>
    public static void Write(PacketWriter writer, ReadOnlySpan<byte> plugin, ReadOnlySpan<byte> nonce)
    {
        writer.Int1(Header).NulTerminated(plugin).Raw(nonce);
        if (nonce.Length == Greeting.NonceLength)
            writer.Int1(0);
    }
}

/// <summary>Further words between two plugins: one byte, then whatever the plugin says.</summary>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_more_data.html
/// </remarks>
public static class AuthMoreData
{
    /// <summary>The first byte.</summary>
    public const byte Header = 0x01;

    /// <summary>caching_sha2_password: the proof was right; an OK packet follows at once.</summary>
    public const byte FastAuthSuccess = 0x03;

    /// <summary>caching_sha2_password: the server does not know the password yet; send it whole, protected.</summary>
    public const byte PerformFullAuthentication = 0x04;

    /// <summary>caching_sha2_password, from the client: send the public key.</summary>
    public const byte RequestPublicKey = 0x02;

    /// <summary>Writes a payload.</summary>
    public static void Write(PacketWriter writer, ReadOnlySpan<byte> data) => writer.Int1(Header).Raw(data);
}

/// <summary>The names of the authentication plugins spoken here.</summary>
public static class AuthPlugins
{
    /// <summary>SHA-1 challenge and response; MySQL to 8.x, MariaDB.</summary>
    public static ReadOnlySpan<byte> NativePassword => "mysql_native_password"u8;

    /// <summary>SHA-256 with a cache in the server; MySQL from 8.0.</summary>
    public static ReadOnlySpan<byte> CachingSha2Password => "caching_sha2_password"u8;

    /// <summary>The password each time, under TLS or RSA; MySQL from 5.6.</summary>
    public static ReadOnlySpan<byte> Sha256Password => "sha256_password"u8;

    /// <summary>Ed25519 signatures; MariaDB.</summary>
    public static ReadOnlySpan<byte> ClientEd25519 => "client_ed25519"u8;

    /// <summary>The password as it is; only under TLS.</summary>
    public static ReadOnlySpan<byte> ClearPassword => "mysql_clear_password"u8;
}
