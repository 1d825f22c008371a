using System.Buffers.Text;

namespace Seawall.MySql.Gtids;

/// <summary>One of MariaDB's GTIDs: the last transaction of its domain, when it is part of a position.</summary>
/// <param name="Domain">The stream that it belongs to.</param>
/// <param name="Server">The server that it began on.</param>
/// <param name="Sequence">Its number within the domain.</param>
public readonly record struct MariaDbGtid(uint Domain, uint Server, ulong Sequence);

/// <summary>
/// Walks over a position of MariaDB's: <c>0-1-42,7-2-9</c>. Bytes come from strangers: nothing throws and nothing is kept. Ask
/// <see cref="IsValid"/> at the end.
/// </summary>
/// <remarks>https://mariadb.com/docs/server/ha-and-performance/standard-replication/gtid</remarks>
public ref struct MariaDbGtidReader(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = text.Trim(" \t\r\n"u8);

    /// <summary>Whether everything so far was well formed.</summary>
    public bool IsValid { get; private set; } = true;

    /// <summary>What <see cref="MoveNext"/> came to.</summary>
    public MariaDbGtid Current { get; private set; }

    /// <summary>Goes on to the next; false at the end, or when the text makes no sense.</summary>
    public bool MoveNext()
    {
        if (!IsValid || _rest.IsEmpty)
            return false;
        IsValid = Number(out var domain) && Take((byte)'-') && Number(out var server) && Take((byte)'-') && Number(out var sequence)
            && Note(domain, server, sequence);
        if (!IsValid)
            return false;
        _rest = _rest.TrimStart(" \t\r\n"u8);
        if (_rest.IsEmpty)
            return true;
        IsValid = Take((byte)',');
        _rest = _rest.TrimStart(" \t\r\n"u8);
        IsValid &= !_rest.IsEmpty;
        return IsValid;
    }

    private bool Note(ulong domain, ulong server, ulong sequence)
    {
        Current = new MariaDbGtid((uint)domain, (uint)server, sequence);
        return domain <= uint.MaxValue && server <= uint.MaxValue;
    }

    private bool Number(out ulong number)
    {
        if (!Utf8Parser.TryParse(_rest, out number, out var length) || _rest[0] is < (byte)'0' or > (byte)'9')
            return false;
        _rest = _rest[length..];
        return true;
    }

    private bool Take(byte sign)
    {
        if (_rest.IsEmpty || _rest[0] != sign)
            return false;
        _rest = _rest[1..];
        return true;
    }
}
