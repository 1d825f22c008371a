using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Facts.Accounts;

/// <summary>How the front door knows whom to let in.</summary>
public enum AccountMode : byte
{
    /// <summary>Nothing is known yet: nobody is let in.</summary>
    Unknown,

    /// <summary>From the settings file only, so far: the account tables of the servers have not been read.</summary>
    Partial,

    /// <summary>From the account tables of the servers, and the settings file.</summary>
    Known,

    /// <summary>
    /// From the servers' own yes or no: a client shows its password in a protected exchange, and a server is asked.
    /// </summary>
    Learning,
}

/// <summary>Everybody who may log in. Immutable.</summary>
public sealed class AccountBook
{
    private readonly FrozenDictionary<string, Entry> _entries;

    /// <summary>
    /// A book of all rows. <paramref name="hostOfSeawall"/> is Seawall's host as the servers see it, which decides the row that
    /// they match; null takes the row that matches most. <paramref name="decoyKey"/> is what decoys are made with.
    /// </summary>
    public AccountBook(AccountMode mode, IEnumerable<Account> rows, string? hostOfSeawall, byte[]? decoyKey = null)
    {
        Mode = mode;
        HostOfSeawall = hostOfSeawall;
        _entries = rows.GroupBy(row => row.User)
            .ToFrozenDictionary(group => group.Key, group => new Entry([.. group.OrderBy(Rank)], hostOfSeawall));
        Decoys = new Decoys(decoyKey ?? [], Accounts);
    }

    /// <summary>Nothing known.</summary>
    public static AccountBook Empty { get; } = new(AccountMode.Unknown, [], null);

    /// <summary>How it came about.</summary>
    public AccountMode Mode { get; }

    /// <summary>Why the servers' accounts could not be read, when they could not.</summary>
    public string? Problem { get; init; }

    /// <summary>Seawall's host as the servers see it; null when they were not asked.</summary>
    public string? HostOfSeawall { get; }

    /// <summary>What stands for those who do not exist.</summary>
    internal Decoys Decoys { get; }

    /// <summary>How many names there are.</summary>
    public int Count => _entries.Count;

    /// <summary>The rows that servers match for Seawall.</summary>
    public IEnumerable<Account> Accounts => _entries.Values.Select(entry => entry.Chosen).OfType<Account>();

    /// <summary>The account that servers match when Seawall logs in by this name.</summary>
    public bool TryFind(ReadOnlySpan<byte> user, [NotNullWhen(true)] out Account? account)
    {
        account = Find(user)?.Chosen;
        return account is not null;
    }

    /// <summary>The account that servers match when Seawall logs in by this name.</summary>
    public Account? Find(string user) => _entries.GetValueOrDefault(user)?.Chosen;

    /// <summary>
    /// Whether the servers have an account of this name for the client's own address as well. Without this question a
    /// front door would open accounts to the world that are meant for one host.
    /// </summary>
    public bool AdmitsFrom(ReadOnlySpan<byte> user, PeerAddress peer)
    {
        if (Find(user) is not { } entry)
            return false;
        var address = peer.ToIPAddress();
        var isLocal = peer.IsLocal;
        foreach (var row in entry.Rows)
        {
            if (row.Source != AccountSource.Server
                || (peer.IsUnix ? HostPattern.Matches(row.Host, "localhost") : HostPattern.Matches(row.Host, address, isLocal)))
                return true;
        }
        return false;
    }

    private Entry? Find(ReadOnlySpan<byte> user)
    {
        // 32 characters is the longest name of MySQL, 128 of MariaDB; each at most 4 bytes.
        if (user.Length > 512)
            return null;
        Span<char> name = stackalloc char[512];
        if (!Encoding.UTF8.TryGetChars(user, name, out var length))
            return null;
        return _entries.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out var entry) ? entry : null;
    }

    // The settings file wins over the servers: it is how an operator says what no table can.
    private static int Rank(Account row) =>
        row.Source == AccountSource.Settings ? -1 : HostPattern.Rank(row.Host);

    private sealed class Entry
    {
        internal Entry(Account[] rows, string? hostOfSeawall)
        {
            Rows = rows;
            Chosen = rows.FirstOrDefault(row => row.Source != AccountSource.Server || hostOfSeawall is null
                || HostPattern.Matches(row.Host, hostOfSeawall));
        }

        internal Account[] Rows { get; }

        internal Account? Chosen { get; }
    }
}
