using System.Collections.Immutable;
using System.Text;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Facts.Accounts;

/// <summary>Where an account is known from.</summary>
public enum AccountSource : byte
{
    /// <summary>The account tables of a server.</summary>
    Server,

    /// <summary>The settings file.</summary>
    Settings,

    /// <summary>A client that a server let in: nothing is known of it but that its password was right a moment ago.</summary>
    Learnt,
}

/// <summary>Which roles a session of an account has before it has said SET ROLE.</summary>
public enum LoginRoles : byte
{
    /// <summary>That is not known.</summary>
    Unknown,

    /// <summary>None.</summary>
    None,

    /// <summary>Those that are its default.</summary>
    Default,
}

/// <summary>
/// Somebody who may log in, and what was learnt from those who did. The same object as long as the account does not
/// change; a changed account is a new object, with nothing learnt unless its password is the same.
/// </summary>
public sealed class Account
{
    /// <summary>An account; <paramref name="secrets"/> when its password is known already.</summary>
    public Account(
        string user, string host, ImmutableArray<StoredPassword> passwords, AccountSource source, LearntSecrets? secrets = null)
    {
        Secrets = secrets ?? new LearntSecrets();
        User = user;
        UserBytes = Encoding.UTF8.GetBytes(user);
        Host = host;
        Passwords = passwords;
        Source = source;
    }

    /// <summary>The account's name.</summary>
    public string User { get; }

    /// <summary>The account's name as bytes of UTF-8, for packets.</summary>
    public ReadOnlyMemory<byte> UserBytes { get; }

    /// <summary>The host pattern of the row that servers match for Seawall.</summary>
    public string Host { get; }

    /// <summary>The ways to log in: any one of them will do.</summary>
    public ImmutableArray<StoredPassword> Passwords { get; }

    /// <summary>Where it is known from.</summary>
    public AccountSource Source { get; }

    /// <summary>Whether the server has locked it.</summary>
    public bool IsLocked { get; init; }

    /// <summary>Whether its password has expired.</summary>
    public bool IsExpired { get; init; }

    /// <summary>Whether it may only come over TLS.</summary>
    public bool RequiresTls { get; init; }

    /// <summary>Whether it must show a client certificate.</summary>
    public bool RequiresCertificate { get; init; }

    /// <summary>The roles that its sessions begin with.</summary>
    public LoginRoles BeginsWith { get; init; }

    /// <summary>
    /// A digest of everything else that a server keeps of the account, its privileges among them: when it changes,
    /// server connections that were opened before are used no more.
    /// </summary>
    public ulong Fingerprint { get; init; }

    /// <summary>What the account's own logins have taught.</summary>
    public LearntSecrets Secrets { get; }

    /// <summary>Whether nothing that matters differs.</summary>
    public bool IsSameAs(Account other) =>
        HasPasswordsOf(other) && IsLocked == other.IsLocked && IsExpired == other.IsExpired && RequiresTls == other.RequiresTls
        && RequiresCertificate == other.RequiresCertificate && BeginsWith == other.BeginsWith && Fingerprint == other.Fingerprint;

    /// <summary>Whether the same passwords are right, so that what was learnt is true of both.</summary>
    public bool HasPasswordsOf(Account other) =>
        User == other.User && Host == other.Host && Source == other.Source && Passwords.SequenceEqual(other.Passwords);

    /// <summary>The same, with what the logins of <paramref name="before"/> have taught.</summary>
    public Account Remembering(Account before) => new(User, Host, Passwords, Source, before.Secrets)
    {
        IsLocked = IsLocked,
        IsExpired = IsExpired,
        RequiresTls = RequiresTls,
        RequiresCertificate = RequiresCertificate,
        BeginsWith = BeginsWith,
        Fingerprint = Fingerprint,
    };

    /// <inheritdoc/>
    public override string ToString() => $"'{User}'@'{Host}'";
}
