using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Seawall.MySql.Passwords;

/// <summary>What an account's stored password lets Seawall check, by plugin.</summary>
public enum PasswordKind
{
    /// <summary><c>mysql_native_password</c>: <see cref="NativePassword.Verify"/>.</summary>
    Native,

    /// <summary>
    /// <c>caching_sha2_password</c>: the password first, then <see cref="CachingSha2Password.Verify"/>.
    /// </summary>
    CachingSha2,

    /// <summary><c>sha256_password</c>: the password, always.</summary>
    Sha256,

    /// <summary>MariaDB's <c>ed25519</c>: <see cref="Ed25519Password.Verify"/>.</summary>
    Ed25519,

    /// <summary>
    /// A plugin from above, but what is stored is no hash; accounts are closed in this way on purpose.
    /// </summary>
    Unmatchable,

    /// <summary>
    /// A plugin that Seawall cannot check for the server: <c>unix_socket</c>, <c>pam</c>, LDAP and others.
    /// </summary>
    Unsupported,
}

/// <summary>
/// One way to log in to an account, read from a server's account row (<see cref="AccountRow"/>). Two are equal if the
/// same passwords pass them, as far as can be told, so a change of account shows as inequality.
/// </summary>
public sealed class StoredPassword : IEquatable<StoredPassword>
{
    // The hash of a password before MySQL 4.1, which was still found in Password columns for a decade: 16 digits.
    private const int OldPasswordLength = 16;

    private static readonly SearchValues<byte> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private readonly byte[] _hash;
    private readonly SaltedSha2? _salted;

    private StoredPassword(PasswordKind kind, string plugin, ReadOnlySpan<byte> hash, SaltedSha2? salted)
    {
        Kind = kind;
        Plugin = plugin;
        _hash = hash.ToArray();
        _salted = salted;
    }

    /// <summary>What can be checked, and how.</summary>
    public PasswordKind Kind { get; }

    /// <summary>
    /// The plugin as the account row names it; <c>mysql_native_password</c> where the row leaves it out.
    /// </summary>
    public string Plugin { get; }

    /// <summary>Whether the account has the empty password, which every client knows.</summary>
    public bool IsEmpty =>
        Kind is PasswordKind.Native or PasswordKind.CachingSha2 or PasswordKind.Sha256
        && _salted is null
        && _hash.Length == 0;

    /// <summary>Whether <see cref="Matches"/> takes milliseconds or more, and so belongs off the event loop.</summary>
    public bool IsSlow => _salted is not null;

    /// <summary>
    /// SHA1(SHA1(password)), or an Ed25519 public key; nothing for other kinds and for the empty password.
    /// </summary>
    internal ReadOnlySpan<byte> Hash => _hash;

    /// <summary>What a check of it looks like from outside: two of the same cost cannot be told apart by who is refused.</summary>
    public string Cost => Kind == PasswordKind.CachingSha2 ? $"{Kind} {_salted?.ToString() ?? "usual"}" : $"{Kind}";

    /// <summary>
    /// One that looks the same to who is refused, and that nobody passes; <paramref name="seed"/> has 32 bytes.
    /// </summary>
    public StoredPassword MakeDecoy(ReadOnlySpan<byte> seed)
    {
        switch (Kind)
        {
            case PasswordKind.Native:
                return new(Kind, Plugin, seed[..NativePassword.ProofLength], null);
            case PasswordKind.CachingSha2:
                return new(Kind, Plugin, default, SaltedSha2.MakeDecoy(_salted, seed));
            case PasswordKind.Sha256:
                return new(Kind, Plugin, default, SaltedSha2.MakeDecoy(_salted, seed, SaltedSha2Scheme.Sha256Password));
            case PasswordKind.Ed25519:
                Span<byte> key = stackalloc byte[Ed25519Password.PublicKeyLength];
                Ed25519Password.WritePublicKey(seed, key); // A point that is none would be refused faster.
                return new(Kind, Plugin, key, null);
            default:
                return this;
        }
    }

    /// <summary>Reads an account's plugin and <c>authentication_string</c>.</summary>
    public static StoredPassword Read(ReadOnlySpan<byte> plugin, ReadOnlySpan<byte> stored)
    {
        if (plugin.IsEmpty || Ascii.EqualsIgnoreCase(plugin, NativePassword.PluginName))
            return ReadNative(stored);

        var name = Encoding.UTF8.GetString(plugin);
        if (Ascii.EqualsIgnoreCase(plugin, CachingSha2Password.PluginName))
        {
            SaltedSha2? salted = null;
            return stored.IsEmpty || SaltedSha2.TryParseCaching(stored, out salted)
                ? new StoredPassword(PasswordKind.CachingSha2, name, default, salted)
                : Unmatchable(name);
        }

        if (Ascii.EqualsIgnoreCase(plugin, Sha256Password.PluginName))
        {
            SaltedSha2? salted = null;
            return stored.IsEmpty || SaltedSha2.TryParseSha256Password(stored, out salted)
                ? new StoredPassword(PasswordKind.Sha256, name, default, salted)
                : Unmatchable(name);
        }

        if (Ascii.EqualsIgnoreCase(plugin, Ed25519Password.AccountPluginName))
        {
            Span<byte> key = stackalloc byte[Ed25519Password.PublicKeyLength];
            return Ed25519Password.TryParse(stored, key)
                ? new StoredPassword(PasswordKind.Ed25519, name, key, null)
                : Unmatchable(name);
        }

        return Unsupported(name);
    }

    /// <summary>
    /// Whether a client's answer to the nonce says "no password", and the account has none. The SHA-2 plugins say it
    /// with a NUL as well as with nothing.
    /// </summary>
    public bool AdmitsWithoutPassword(ReadOnlySpan<byte> proof) =>
        IsEmpty && (proof.IsEmpty || (Kind != PasswordKind.Native && proof is [0]));

    /// <summary>Whether this is the account's password; see <see cref="IsSlow"/>.</summary>
    public bool Matches(ReadOnlySpan<byte> password)
    {
        if (IsEmpty)
            return password.IsEmpty;
        if (_salted is not null)
            return _salted.Matches(password);

        Span<byte> hash = stackalloc byte[Ed25519Password.PublicKeyLength];
        if (Kind == PasswordKind.Ed25519)
        {
            Ed25519Password.WritePublicKey(password, hash);
        }
        else if (Kind == PasswordKind.Native && !password.IsEmpty)
        {
            hash = hash[..NativePassword.WriteHash(password, hash)];
        }
        else
        {
            return false;
        }

        return CryptographicOperations.FixedTimeEquals(hash, _hash);
    }

    /// <inheritdoc/>
    public bool Equals(StoredPassword? other) =>
        other is not null
        && Kind == other.Kind
        && Plugin.Equals(other.Plugin, StringComparison.OrdinalIgnoreCase)
        && _hash.AsSpan().SequenceEqual(other._hash)
        && Equals(_salted, other._salted);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StoredPassword);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Kind);
        hash.AddBytes(_hash);
        hash.Add(_salted);
        return hash.ToHashCode();
    }

    /// <summary>The plugin and the kind, never the hash: this may end in a log.</summary>
    public override string ToString() => $"{Plugin} ({Kind})";

    /// <summary>A login that Seawall cannot check, for a reason that is no plugin.</summary>
    internal static StoredPassword Unsupported(string what) => new(PasswordKind.Unsupported, what, default, null);

    private static StoredPassword Unmatchable(string plugin) => new(PasswordKind.Unmatchable, plugin, default, null);

    private static StoredPassword ReadNative(ReadOnlySpan<byte> stored)
    {
        Span<byte> hash = stackalloc byte[NativePassword.ProofLength];
        if (stored.IsEmpty)
            return new StoredPassword(PasswordKind.Native, "mysql_native_password", default, null);
        if (NativePassword.TryParse(stored, hash))
            return new StoredPassword(PasswordKind.Native, "mysql_native_password", hash, null);
        return stored.Length == OldPasswordLength && !stored.ContainsAnyExcept(s_hexDigits)
            ? Unsupported("mysql_old_password")
            : Unmatchable("mysql_native_password");
    }
}
