namespace Seawall.MySql.Gtids;

/// <summary>Transactions of one source that follow one another.</summary>
/// <param name="uuid">The server that they began on, as a number.</param>
/// <param name="tag">Their tag (MySQL from 8.3); nothing when they have none.</param>
/// <param name="first">The number of the first.</param>
/// <param name="last">The number of the last.</param>
public readonly ref struct GtidInterval(UInt128 uuid, ReadOnlySpan<byte> tag, long first, long last)
{
    /// <summary>The server that they began on, as a number.</summary>
    public UInt128 Uuid { get; } = uuid;

    /// <summary>Their tag; nothing when they have none.</summary>
    public ReadOnlySpan<byte> Tag { get; } = tag;

    /// <summary>The number of the first.</summary>
    public long First { get; } = first;

    /// <summary>The number of the last.</summary>
    public long Last { get; } = last;
}
