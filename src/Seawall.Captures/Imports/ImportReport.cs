namespace Seawall.Captures.Imports;

/// <summary>What an import has come to.</summary>
public sealed class ImportReport
{
    private readonly Dictionary<string, long> _unread = [];

    /// <summary>Connections that were written.</summary>
    public long Connections { get; internal set; }

    /// <summary>Commands that were written.</summary>
    public long Commands { get; internal set; }

    /// <summary>Of these, those whose text was left out: passwords, or values that could not be told from the rest.</summary>
    public long Withheld { get; internal set; }

    /// <summary>What was not read, by reason, and how often.</summary>
    public IReadOnlyDictionary<string, long> Unread => _unread;

    /// <summary>What the file does not have, and the capture therefore has not.</summary>
    public IReadOnlyList<string> Missing { get; internal init; } = [];

    internal void Miss(string reason, long count = 1) => _unread[reason] = _unread.GetValueOrDefault(reason) + count;
}
