using System.Globalization;
using System.Text;

namespace Seawall.Engine.Facts.Freshness;

/// <summary>One transaction: the number of its source, and its own within that.</summary>
/// <param name="Source">Whose transactions are counted, as <see cref="GtidSources"/> numbers them.</param>
/// <param name="Sequence">Which of them.</param>
public readonly record struct GtidToken(int Source, long Sequence);

/// <summary>
/// Numbers for those who count transactions: servers of MySQL by their UUID and tag, domains of MariaDB. Few of them exist, and none is
/// ever forgotten. Thread-safe; finding one that is known allocates nothing.
/// </summary>
public sealed class GtidSources
{
    /// <summary>More than any server has seen in its life; who makes up more is not followed.</summary>
    public const int CountMax = 256;

    private readonly Lock _lock = new();
    private volatile Entry[] _entries = [];

    /// <summary>The number of a server of MySQL; -1 when there are too many.</summary>
    public int Find(UInt128 uuid, ReadOnlySpan<byte> tag) => FindKnown(uuid, tag) is >= 0 and var known
        ? known : Add(new Entry(uuid, tag.ToArray(), IsDomain: false));

    /// <summary>The number of a server of MySQL; -1 when no server has spoken of it: clients' words make no sources.</summary>
    public int FindKnown(UInt128 uuid, ReadOnlySpan<byte> tag)
    {
        var entries = _entries;
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Id == uuid && !entries[i].IsDomain && entries[i].Tag.AsSpan().SequenceEqual(tag))
                return i;
        }
        return -1;
    }

    /// <summary>The number of a domain of MariaDB; -1 when there are too many.</summary>
    public int Find(uint domain) => FindKnown(domain) is >= 0 and var known ? known : Add(new Entry(domain, [], IsDomain: true));

    /// <summary>The number of a domain of MariaDB; -1 when no server has spoken of it.</summary>
    public int FindKnown(uint domain)
    {
        var entries = _entries;
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].IsDomain && entries[i].Id == domain)
                return i;
        }
        return -1;
    }

    /// <summary>
    /// A transaction as its server writes it. Of MariaDB's the server that it began on is left at 0: only domain and number are compared.
    /// </summary>
    public string Spell(GtidToken token)
    {
        var entry = _entries[token.Source];
        return entry.IsDomain
            ? string.Create(CultureInfo.InvariantCulture, $"{(uint)entry.Id}-0-{token.Sequence}")
            : string.Create(CultureInfo.InvariantCulture, $"{SpellSource(entry)}:{token.Sequence}");
    }

    /// <summary>All transactions of a source up to this one, as its server writes them.</summary>
    public string SpellAllUpTo(GtidToken token)
    {
        var entry = _entries[token.Source];
        return entry.IsDomain
            ? Spell(token)
            : string.Create(CultureInfo.InvariantCulture, $"{SpellSource(entry)}:1-{token.Sequence}");
    }

    private static string SpellSource(Entry entry)
    {
        var digits = entry.Id.ToString("x32", CultureInfo.InvariantCulture);
        var uuid = $"{digits[..8]}-{digits[8..12]}-{digits[12..16]}-{digits[16..20]}-{digits[20..]}";
        return entry.Tag.Length == 0 ? uuid : $"{uuid}:{Encoding.ASCII.GetString(entry.Tag)}";
    }

    private int Add(Entry entry)
    {
        lock (_lock)
        {
            var entries = _entries;
            var known = Array.FindIndex(entries, other => other.Id == entry.Id && other.IsDomain == entry.IsDomain
                && other.Tag.AsSpan().SequenceEqual(entry.Tag));
            if (known >= 0)
                return known;
            if (entries.Length == CountMax)
                return -1;
            _entries = [.. entries, entry];
            return entries.Length;
        }
    }

    private sealed record Entry(UInt128 Id, byte[] Tag, bool IsDomain);
}
