using Seawall.Captures;
using Seawall.Captures.Records;
using Seawall.MySql.Results;

namespace Seawall.Engine.Captures;

/// <summary>
/// One command that is being captured: its bytes as the client sent them, and what its answer comes to. Kept by the loop and used again.
/// </summary>
internal sealed class CommandDraft
{
    /// <summary>Most commands are shorter; what is longer grows the draft, up to the loop's buffer.</summary>
    private const int UsualBytes = 1024;

    private byte[] _bytes = new byte[UsualBytes];
    private int _length;

    /// <summary>What the answer comes to.</summary>
    internal AnswerTally Tally { get; } = new();

    /// <summary>The numbers, as far as they are known.</summary>
    internal CommandFigures Figures;

    /// <summary>Where the text begins in the payload.</summary>
    internal int TextAt { get; set; }

    /// <summary>Whether all of the command is here.</summary>
    internal bool IsWhole { get; set; }

    /// <summary>The schema that it runs in.</summary>
    internal string? Schema { get; set; }

    /// <summary>The payload as it came.</summary>
    internal ReadOnlySpan<byte> Payload => _bytes.AsSpan(0, _length);

    /// <summary>Begins with a command.</summary>
    internal void Begin(ReadOnlySpan<byte> payload, bool isWhole)
    {
        if (payload.Length > _bytes.Length)
            _bytes = new byte[Math.Max(payload.Length, _bytes.Length * 2)];
        payload.CopyTo(_bytes);
        _length = payload.Length;
        IsWhole = isWhole;
        Figures = default;
        TextAt = 1;
        Tally.Clear();
    }

    /// <summary>Commands carry people's data.</summary>
    internal void Forget()
    {
        _bytes.AsSpan(0, _length).Clear();
        _length = 0;
        Schema = null;
    }
}

/// <summary>What the answer to one command comes to, while it goes by.</summary>
internal sealed class AnswerTally : RowListener
{
    private readonly RowHasher _hasher = new();
    private readonly byte[] _state = new byte[5];
    private readonly byte[] _gtid = new byte[CaptureLimits.WordBytes];
    private int _stateLength;
    private int _gtidLength;

    internal ushort Results { get; private set; }

    internal ulong Rows { get; private set; }

    internal ulong Affected { get; private set; }

    internal ulong Bytes { get; set; }

    internal uint Packets { get; set; }

    /// <summary>When the first bytes came; 0: none have.</summary>
    internal long FirstAt { get; set; }

    /// <summary>When it was complete; 0: it is not.</summary>
    internal long CompleteAt { get; set; }

    /// <summary>Whether a server has been asked.</summary>
    internal bool IsBegun { get; set; }

    internal RowHasher Hasher => _hasher;

    internal ReadOnlySpan<byte> SqlState => _state.AsSpan(0, _stateLength);

    internal ReadOnlySpan<byte> Gtid => _gtid.AsSpan(0, _gtidLength);

    internal void Clear()
    {
        _hasher.Clear();
        Results = 0;
        Rows = Affected = Bytes = 0;
        FirstAt = CompleteAt = 0;
        IsBegun = false;
        Packets = 0;
        _stateLength = _gtidLength = 0;
    }

    public override void Piece(ReadOnlySpan<byte> piece, bool isLast) => _hasher.Piece(piece, isLast);

    public override void ColumnPiece(ReadOnlySpan<byte> piece, bool isLast) => _hasher.ColumnPiece(piece, isLast);

    /// <summary>A result has ended.</summary>
    internal void End(ulong rows, long affected)
    {
        Results = (ushort)Math.Min(Results + 1, ushort.MaxValue);
        Rows += rows;
        if (affected > 0)
            Affected += (ulong)affected;
        _hasher.EndResult();
    }

    /// <summary>The server has said what changed.</summary>
    internal void Note(ReadOnlySpan<byte> changes)
    {
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
        {
            if (reader.Current.Kind == SessionChangeKind.Gtids && reader.Current.Value.Length <= _gtid.Length)
            {
                reader.Current.Value.CopyTo(_gtid);
                _gtidLength = reader.Current.Value.Length;
            }
        }
    }

    /// <summary>It has ended with an error.</summary>
    internal void Fail(ReadOnlySpan<byte> sqlState)
    {
        Results = (ushort)Math.Min(Results + 1, ushort.MaxValue);
        _stateLength = Math.Min(sqlState.Length, _state.Length);
        sqlState[.._stateLength].CopyTo(_state);
    }
}
