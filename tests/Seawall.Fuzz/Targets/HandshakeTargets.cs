using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;

namespace Seawall.Fuzz.Targets;

/// <summary>Packets of logins. What was read and is valid must be the same when it is written and read again.</summary>
internal static class HandshakeTargets
{
    private static readonly byte[][] s_words =
    [
        [.. "mysql_native_password\0"u8], [.. "caching_sha2_password\0"u8], [.. "client_ed25519\0"u8],
        [.. "5.5.5-10.11.19-MariaDB\0"u8],
        [.. "_client_name"u8], [0xFE], [1, 4], [1, 3],
    ];

    internal static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("greeting", ReadGreeting, () => [.. Seeds.Recordings.Select(recording => recording.Greeting),
            .. Seeds.Kept("greeting")])
        {
            Words = s_words,
        },
        new("login", ReadLogin, () =>
            [.. Seeds.Recordings.SelectMany(recording => ClientsOf(recording).Take(1)), .. Seeds.Kept("login")])
        {
            Words = s_words,
        },
        new("change-user", ReadChangeUser, () => [.. Seeds.Recordings.SelectMany(ChangesOf), .. Seeds.Kept("change-user")])
        {
            Words = s_words,
        },
        new("auth-packets", ReadAuthPackets, () =>
            [.. Seeds.Recordings.SelectMany(recording => ServersOf(recording).Skip(1)), .. Seeds.Kept("auth-packets")])
        {
            Words = s_words,
        },
        new("query-attributes", ReadQueryAttributes, () => [.. Seeds.Recordings.SelectMany(QueriesOf),
            .. Seeds.Kept("query-attributes")])
        {
            ShortRun = 4_000,
            Words = [[0, 1], [1, 1, 0, 1, 0xFD, 0, 1, (byte)'n', 1, (byte)'v'], [2, 1, 1, 1, 3, 0, 1, (byte)'a', 8, 0x80, 1,
                (byte)'b', 1, 0, 0, 0, 0, 0, 0, 0]],
        },
        new("proxy-header", ReadProxyHeader, () => [.. ProxyHeaders(), .. Seeds.Kept("proxy-header")])
        {
            ShortRun = 15_000,
            Words = [[.. "PROXY "u8], [.. "TCP6 "u8], [.. "UNKNOWN"u8], [.. "\r\n"u8], [.. "\r\n\r\n\0\r\nQUIT\n"u8], [0x21,
                0x11, 0, 12], [0x21, 0x21, 0, 36], [0x20, 0, 0, 0]],
        },
        new("attributes", ReadAttributes, () => [.. Seeds.Recordings.SelectMany(AttributesOf), .. Seeds.Kept("attributes")])
        {
            Words = s_words,
        },
    ];

    private static void ReadGreeting(byte[] input)
    {
        Span<byte> nonce = stackalloc byte[Greeting.NonceLength];
        var read = Greeting.Read(input, nonce);
        if (!read.IsValid)
            return;
        var writer = new PacketWriter().Begin(0);
        Greeting.Write(writer, read.ServerVersion, read.ConnectionId, nonce, read.Capabilities, read.Collation, read.Status,
            read.AuthPlugin);
        Span<byte> nonceAgain = stackalloc byte[Greeting.NonceLength];
        var again = Greeting.Read(writer.OpenPayload, nonceAgain);
        Rule.Holds(again.IsValid && again.ServerVersion.SequenceEqual(read.ServerVersion) && nonceAgain.SequenceEqual(nonce)
            && again.Capabilities == read.Capabilities && again.ConnectionId == read.ConnectionId
            && again.Collation == read.Collation
            && again.Status == read.Status, "a greeting became another one");
    }

    private static void ReadLogin(byte[] input)
    {
        var read = LoginRequest.Read(input);
        ReadAttributes(read.Attributes.ToArray());
        if (!read.IsValid || read.IsTlsRequest || (read.AuthResponse.Length > 255
            && !read.Capabilities.HasFlag(Capabilities.PluginAuthLengthEncoded)))
        {
            return;
        }
        // Without either flag a proof ends with a NUL, in which form nothing is written here.
        if ((read.Capabilities & (Capabilities.PluginAuthLengthEncoded | Capabilities.SecureConnection)) == 0)
            return;
        var writer = new PacketWriter().Begin(0);
        LoginRequest.Write(writer, read.Capabilities, read.Collation, read.User, read.AuthResponse, read.Schema, read.AuthPlugin,
            read.Attributes);
        var again = LoginRequest.Read(writer.OpenPayload);
        Rule.Holds(again.IsValid || again.IsTlsRequest, "a login that is valid was written and is not any more");
        Rule.Holds(again.IsTlsRequest || (again.User.SequenceEqual(read.User)
            && again.AuthResponse.SequenceEqual(read.AuthResponse)
            && again.Schema.SequenceEqual(read.Schema) && again.AuthPlugin.SequenceEqual(read.AuthPlugin)
            && again.Attributes.SequenceEqual(read.Attributes) && again.Capabilities == read.Capabilities),
            "a login became another one");
    }

    private static void ReadChangeUser(byte[] input)
    {
        if (input.Length == 0)
            return;
        var capabilities = (input[0] & 1) == 0 ? Capabilities.None : Capabilities.PluginAuth;
        capabilities |= (input[0] & 2) == 0 ? Capabilities.None : Capabilities.ConnectAttributes;
        var read = ChangeUserRequest.Read(input.AsSpan(1), capabilities);
        ReadAttributes(read.Attributes.ToArray());
        if (!read.IsValid)
            return;
        var writer = new PacketWriter().Begin(0);
        ChangeUserRequest.Write(writer, capabilities, read.User, read.AuthResponse, read.Schema, read.Collation,
            read.AuthPlugin, read.Attributes);
        var again = ChangeUserRequest.Read(writer.OpenPayload, capabilities);
        Rule.Holds(again.IsValid && again.User.SequenceEqual(read.User) && again.AuthResponse.SequenceEqual(read.AuthResponse)
            && again.Schema.SequenceEqual(read.Schema) && again.Collation == read.Collation,
            "a change of user became another one");
    }

    private static void ReadAuthPackets(byte[] input)
    {
        var read = AuthSwitchRequest.Read(input);
        if (!read.IsValid)
            return;
        var writer = new PacketWriter().Begin(0);
        AuthSwitchRequest.Write(writer, read.AuthPlugin, read.Data);
        var again = AuthSwitchRequest.Read(writer.OpenPayload);
        Rule.Holds(again.IsValid && again.AuthPlugin.SequenceEqual(read.AuthPlugin) && again.Data.SequenceEqual(read.Data),
            "a request to switch became another one");
    }

    private static void ReadAttributes(byte[] input)
    {
        var reader = new AttributeReader(input);
        var length = 0;
        while (reader.MoveNext())
            length += 2 + reader.Name.Length + reader.Value.Length;
        Rule.Holds(length <= input.Length, "attributes are longer than what they were read from");
    }

    private static void ReadQueryAttributes(byte[] input)
    {
        var reader = new QueryAttributeReader(input);
        var count = 0;
        while (reader.MoveNext())
            count++;
        Rule.Holds(count <= input.Length && reader.Rest.Length <= input.Length, "more attributes than bytes");
        var isFound = QueryAttributeReader.TryFindText(input, isWhole: true, out var textAt);
        Rule.Holds(!isFound || textAt <= input.Length, "a text outside");
        // What is found in the beginning of a command must not be another place than in the whole of it.
        for (var length = 1; length < Math.Min(input.Length, 40); length++)
        {
            var isThere = QueryAttributeReader.TryFindText(input.AsSpan(0, length), isWhole: false, out var at);
            Rule.Holds(!isThere || (isFound && at == textAt), $"a text at {at} of the first {length} bytes, at {textAt} of all");
        }
        for (var parameters = 0; parameters < 3; parameters++)
        {
            _ = ExecutionHead.Read(input, parameters, hasNames: true);
            _ = ExecutionHead.Read(input, parameters, hasNames: false);
        }
    }

    private static void ReadProxyHeader(byte[] input)
    {
        var whole = ProxyHeader.Read(input, out var header);
        Rule.Holds(whole != ProxyHeaderResult.Header || header.Length <= input.Length, "a header longer than what was read");
        // The answer must not change once it is given, whatever comes behind.
        for (var length = 0; length < Math.Min(input.Length, 60); length++)
        {
            var part = ProxyHeader.Read(input.AsSpan(0, length), out var early);
            Rule.Holds(part == ProxyHeaderResult.Incomplete || (part == whole && early == header),
                $"{part} of {length} bytes, {whole} of all");
        }
    }

    private static IEnumerable<byte[]> ProxyHeaders()
    {
        var buffer = new byte[256];
        foreach (var address in (string[])["192.0.2.7", "2001:db8::7"])
        {
            for (var version = 1; version <= 2; version++)
            {
                var end = new System.Net.IPEndPoint(System.Net.IPAddress.Parse(address), 4711);
                yield return buffer[..ProxyHeader.Write(version, end, end, buffer)];
                yield return buffer[..ProxyHeader.Write(version, null, null, buffer)];
            }
        }
    }

    private static IEnumerable<byte[]> QueriesOf(Recording recording) => recording.Commands.Take(8)
        .Where(pair => pair.Command is [_, _, _, _, 3, ..]).Select(pair => Seeds.With([0, 1], pair.Command.AsSpan(5)));

    private static IEnumerable<byte[]> ClientsOf(Recording recording) =>
        recording.Login.Where(packet => !packet.IsServers).Select(packet => packet.Payload);

    private static IEnumerable<byte[]> ServersOf(Recording recording) =>
        recording.Login.Where(packet => packet.IsServers).Select(packet => packet.Payload);

    private static IEnumerable<byte[]> ChangesOf(Recording recording) =>
        recording.Commands.Where(pair => pair.Command is [_, _, _, _, 0x11, ..]).Select(pair => Seeds.With([3],
            pair.Command.AsSpan(4)));

    private static IEnumerable<byte[]> AttributesOf(Recording recording) =>
        ClientsOf(recording).Take(1).Select(login => LoginRequest.Read(login).Attributes.ToArray());
}
