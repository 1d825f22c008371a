namespace Seawall.MySql.Statements;

/// <summary>
/// Finds the end of a word byte by byte: one that was cut, or has characters of two bytes, of which the second may
/// look like anything.
/// </summary>
internal struct WordScan(ClientCharset charset, byte nameKinds, bool isBytewise)
{
    private byte _lead;

    /// <summary>Whether it has bytes that no server reads, or each in its own way.</summary>
    internal bool IsDoubtful { get; private set; }

    /// <summary>Whether it ends in the middle of a character.</summary>
    internal readonly bool IsCut => _lead != 0;

    /// <summary>Takes a byte; false when it comes after the word.</summary>
    internal bool Take(byte value)
    {
        var isTrail = _lead != 0 && Bytes.IsTrail(value, charset);
        IsDoubtful |= _lead != 0 && !isTrail;
        _lead = 0;
        if (isTrail || Bytes.IsName(value, nameKinds))
            return true;
        if (!Bytes.HasLeads(charset) || value < 0x80)
            return false;
        if (Bytes.IsLead(value, charset) && !isBytewise)
            _lead = value;
        else
            IsDoubtful |= !Bytes.IsKana(value, charset);
        return true;
    }
}
