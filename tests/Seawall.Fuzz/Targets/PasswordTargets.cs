using System.Text;
using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.MySql.Passwords;

namespace Seawall.Fuzz.Targets;

/// <summary>Rows of accounts, stored passwords and keys, as servers give them.</summary>
internal static class PasswordTargets
{
    private static readonly string[] s_rows =
    [
        "mysql_native_password\0*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9\0",
        "caching_sha2_password\0$A$005$ABCDEFGHIJKLMNOPQRST0123456789012345678901234567890123456789012\0",
        "sha256_password\0$5$ABCDEFGHIJKLMNOPQRST$0123456789012345678901234567890123456789012\0",
        "ed25519\0vubFBzIrapbfHct1/J72dnUryz5VS7lA6XHH8sIx4TI\0",
        "unix_socket\0\0",
        "mysql_native_password\06bb4837eb7432910\0{\"additional_password\": \"*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9\"}",
        "caching_sha2_password\0\0{\"multi_factor_authentication\": [{\"plugin\": \"x\"}]}",
        "\0\0{\"plugin\":\"ed25519\",\"authentication_string\":\"x\",\"auth_or\":[{\"plugin\":\"unix_socket\"},{}]}",
        "\0\0{\"access\":0,\"is_role\":true}",
    ];

    private static readonly byte[][] s_words =
    [
        [0], .. s_rows.SelectMany(row => row.Split('\0')).Where(word => word.Length > 0).Distinct()
        .Select(Encoding.UTF8.GetBytes),
        [.. "rounds=5000$"u8], [.. "\"\\ud800\""u8], [.. "auth_or"u8], [.. "$A$"u8],
    ];

    internal static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("account-rows", ReadRow, () => [.. s_rows.Select(Encoding.UTF8.GetBytes),
            .. Seeds.Kept("account-rows")])
        {
            ShortRun = 15_000,
            Words = s_words,
        },
        new("server-key", ReadKey, () => [.. Keys(), .. Seeds.Kept("server-key")]) { ShortRun = 20_000 },
    ];

    private static void ReadRow(byte[] input)
    {
        var parts = new byte[3][];
        var rest = input.AsSpan();
        for (var i = 0; i < parts.Length; i++)
        {
            var end = i < 2 ? rest.IndexOf((byte)0) : -1;
            parts[i] = rest[..(end < 0 ? rest.Length : end)].ToArray();
            rest = end < 0 ? default : rest[(end + 1)..];
        }
        Look(StoredPassword.Read(parts[0], parts[1]));
        Look(AccountRow.ReadWithPasswordColumn(parts[0], parts[1], parts[2]));
        if (AccountRow.TryReadMySql(parts[0], parts[1], parts[2], out var passwords))
            passwords.ToList().ForEach(Look);
        if (AccountRow.TryReadMariaDb(parts[2], out passwords))
            passwords.ToList().ForEach(Look);
    }

    private static void Look(StoredPassword password)
    {
        Rule.Holds(password.Equals(password) && password.GetHashCode() == password.GetHashCode(),
            "a password that is not itself");
        Rule.Holds(!password.AdmitsWithoutPassword([1]), "a wrong proof that admits");
        if (!password.IsSlow)
            Rule.Holds(!password.Matches("neither this nor that"u8), "a wrong password that matches");
    }

    private static void ReadKey(byte[] input)
    {
        if (PublicKeyOfServer.TryParse(input, out var key))
            Rule.Holds(key.ToString() is not null, "a key without words");
    }

    private static IEnumerable<byte[]> Keys() => Seeds.Recordings.SelectMany(recording => recording.Login)
        .Where(packet => packet.IsServers && packet.Payload is [1, (byte)'-', ..]).Select(packet => packet.Payload[1..])
        .Append(Testing.Servers.FakeServer.PublicKeyPem.ToArray()).Take(4);
}
