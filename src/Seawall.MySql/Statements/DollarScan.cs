namespace Seawall.MySql.Statements;

/// <summary>Finds the end of a string of MySQL 9 that has a word between dollar signs for a quote.</summary>
internal struct DollarScan
{
    private int _matched;

    /// <summary>Whether its end has been found.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Goes on at a place in a piece of text and returns the place after what was read.</summary>
    internal int Skip(ReadOnlySpan<byte> chunk, int at, ReadOnlySpan<byte> tag)
    {
        for (; at < chunk.Length && !IsOver; at++)
        {
            // A tag has dollar signs at its ends only: a mismatch begins anew, with this very byte at most.
            if (chunk[at] == tag[_matched])
                _matched++;
            else
                _matched = chunk[at] == (byte)'$' ? 1 : 0;
            IsOver = _matched == tag.Length;
        }
        return at;
    }
}
