using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Facts.Accounts;

/// <summary>
/// Accounts that do not exist, as they might look if they did: so that a stranger who tries names sees the same exchange for
/// one that is there and for one that is not. A name has always the same decoy, and decoys have the plugins of the accounts
/// that exist, as often as these. Immutable.
/// </summary>
/// <remarks>
/// The choice is by highest weighted hash: when an account comes or goes, only as many names change their decoy as they must.
/// The key comes from something that all starts and all nodes have in common and no stranger knows, or names could be told by
/// comparing two of them.
/// </remarks>
internal sealed class Decoys
{
    private readonly byte[] _key;
    private readonly ImmutableArray<Pattern> _patterns;

    /// <summary>Decoys for the accounts of a book.</summary>
    internal Decoys(byte[] key, IEnumerable<Account> accounts)
    {
        _key = key;
        _patterns = [.. accounts.Where(IsPattern).GroupBy(NameOf).Select(group => new Pattern(group.Key, group.First(), group.Count()))];
    }

    /// <summary>A key of the system's dice, for those who have nothing in common with anybody.</summary>
    internal static byte[] RandomKey() => RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    /// <summary>The key that follows from a secret.</summary>
    internal static byte[] KeyFrom(ReadOnlySpan<byte> secret)
    {
        var key = new byte[HMACSHA256.HashSizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, [], "seawall decoys"u8);
        return key;
    }

    /// <summary>The account that this name would be. No password passes it.</summary>
    internal Account For(string user)
    {
        Pattern? chosen = null;
        var best = double.MaxValue;
        foreach (var pattern in _patterns)
        {
            var chance = (BinaryPrimitives.ReadUInt64LittleEndian(Derive(user, pattern.Name)) + 1.0) / (ulong.MaxValue + 1.0);
            var score = -Math.Log(chance) / pattern.Weight;
            if (score < best)
                (chosen, best) = (pattern, score);
        }
        if (chosen is null)
            return new Account(user, "%", [Made(StoredPassword.Read("mysql_native_password"u8, default), user, 0)], AccountSource.Server);
        // What the settings name is known by its password and takes either plugin, whichever the client begins with.
        if (chosen.Template.Source == AccountSource.Settings)
        {
            return new Account(user, "%", [Made(StoredPassword.Read(CachingSha2Password.PluginName, default), user, 0),
                Made(StoredPassword.Read(NativePassword.PluginName, default), user, 1)], AccountSource.Settings);
        }
        return new Account(user, "%", [.. chosen.Template.Passwords.Select((stored, i) => Made(stored, user, i))], AccountSource.Server);
    }

    private StoredPassword Made(StoredPassword like, string user, int index) => like.MakeDecoy(Derive(user, $"#{index}"));

    private byte[] Derive(string user, string purpose) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{purpose}\0{user}"));

    // Those that cannot be let in at all look like decoys themselves.
    private static bool IsPattern(Account account) => account.Source == AccountSource.Settings
        || account.Passwords.Any(stored => stored.Kind != PasswordKind.Unsupported);

    private static string NameOf(Account account) => account.Source == AccountSource.Settings ? "settings"
        : string.Join('+', account.Passwords.Select(stored => stored.Cost));

    private sealed record Pattern(string Name, Account Template, int Weight);
}
