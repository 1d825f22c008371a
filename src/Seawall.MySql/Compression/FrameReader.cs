namespace Seawall.MySql.Compression;

/// <summary>What <see cref="FrameReader.Read"/> has come to.</summary>
public enum FrameEvent : byte
{
    /// <summary>All input is used up, or the output is full: the frame goes on.</summary>
    Open,

    /// <summary>A header is complete: see <see cref="FrameReader.Header"/>. No byte of what follows was read.</summary>
    Begun,

    /// <summary>The frame has ended.</summary>
    Ended,

    /// <summary>What follows the header is not what the header says, or cannot be decompressed.</summary>
    Corrupt,
}

/// <summary>
/// Reads frames out of whatever pieces they arrive in. Holds nothing between two frames but the bytes of half a header; in
/// the middle of a compressed frame an <see cref="Inflater"/>, which goes back to the bench at its end. The last byte of a
/// compressed frame is given when its checksum was right, so that no command runs which came damaged.
/// </summary>
public struct FrameReader
{
    private ulong _headerBytes;
    private int _headerSeen;
    private int _left;
    private int _plainLeft;
    private Inflater? _inflater;
    private bool _isInside;
    private bool _owesLast;
    private byte _last;

    /// <summary>The header of the present frame.</summary>
    public FrameHeader Header { get; private set; }

    /// <summary>Whether not even a header has begun.</summary>
    public readonly bool IsBetween => !_isInside && _headerSeen == 0;

    /// <summary>
    /// Whether the output was too small for what is there: more may come without more input.
    /// </summary>
    public bool IsCut { get; private set; }

    /// <summary>
    /// Reads on, to the next event. <paramref name="taken"/> bytes of the input are used up, <paramref name="given"/> of the
    /// output are filled. There is room for one byte at least.
    /// </summary>
    public FrameEvent Read(
        CompressionKind kind, CompressionBench bench, ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int given)
    {
        taken = given = 0;
        IsCut = false;
        if (!_isInside)
            return ReadHeader(input, out taken);
        if (!Header.IsPacked)
            return Copy(input, output, out taken, out given);
        var result = _owesLast
            ? GiveLast(output, ref given)
            : Inflate(bench, kind, input, output, out taken, out given);
        if (result is FrameEvent.Ended or FrameEvent.Corrupt)
            Drop(bench);
        return result;
    }

    /// <summary>Gives back what a frame that will not end holds.</summary>
    public void Drop(CompressionBench bench)
    {
        if (_inflater is { } inflater)
            bench.Return(inflater);
        _inflater = null;
        _isInside = _owesLast = false;
    }

    private FrameEvent GiveLast(Span<byte> output, ref int given)
    {
        _owesLast = IsCut = given == output.Length;
        if (_owesLast)
            return FrameEvent.Open;
        output[given++] = _last;
        return FrameEvent.Ended;
    }

    private FrameEvent ReadHeader(ReadOnlySpan<byte> input, out int taken)
    {
        taken = 0;
        while (taken < input.Length && _headerSeen < FrameHeader.Size)
            _headerBytes |= (ulong)input[taken++] << (8 * _headerSeen++);
        if (_headerSeen < FrameHeader.Size)
            return FrameEvent.Open;
        Span<byte> bytes = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, _headerBytes);
        Header = FrameHeader.Read(bytes);
        (_headerBytes, _headerSeen, _isInside) = (0, 0, true);
        (_left, _plainLeft) = (Header.Length, Header.PlainLength);
        return FrameEvent.Begun;
    }

    private FrameEvent Copy(ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int given)
    {
        taken = given = Math.Min(Math.Min(input.Length, output.Length), _left);
        input[..taken].CopyTo(output);
        _left -= taken;
        if (_left > 0)
            return FrameEvent.Open;
        _isInside = false;
        return FrameEvent.Ended;
    }

    private FrameEvent Inflate(
        CompressionBench bench, CompressionKind kind, ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int given)
    {
        taken = given = 0;
        if (_inflater is null)
        {
            _inflater = bench.Rent(kind);
            _inflater.Begin(_plainLeft);
        }
        Span<byte> end = stackalloc byte[2]; // Room for the last byte, and for one too many.
        while (true)
        {
            var isEnd = _plainLeft <= 1;
            var into = isEnd ? end : output[given..];
            if (!isEnd && into.Length >= _plainLeft)
                into = into[..(_plainLeft - 1)];
            if (into.IsEmpty)
            {
                IsCut = true;
                return FrameEvent.Open;
            }
            var here = input.Slice(taken, Math.Min(input.Length - taken, _left));
            var state = _inflater.Step(here, into, out var used, out var made);
            taken += used;
            _left -= used;
            if (state == InflaterState.Corrupt || made > _plainLeft)
                return FrameEvent.Corrupt;
            if (isEnd && made > 0)
                _last = end[0];
            else
                given += made;
            _plainLeft -= made;
            if (state == InflaterState.Ended)
                return _left == 0 && _plainLeft == 0 ? GiveLast(output, ref given) : FrameEvent.Corrupt;
            if (used > 0 || made > 0)
                continue;
            // It can do nothing with what there is. When there is no more to come, the end is missing.
            return _left == 0 || here.Length > 0 ? FrameEvent.Corrupt : FrameEvent.Open;
        }
    }
}
