namespace Seawall.Engine.Flow;

/// <summary>What a client gets of an answer, to be kept. Up to a length; used again.</summary>
internal sealed class AnswerRecord(int max)
{
    private byte[] _bytes = [];
    private int _length;
    private bool _isWhole;

    /// <summary>What was written; empty when that was not all.</summary>
    internal ReadOnlySpan<byte> Bytes => _isWhole ? _bytes.AsSpan(0, _length) : default;

    /// <summary>When the statement began, in the loops' milliseconds.</summary>
    internal long BegunMs { get; set; }

    /// <summary>Begins anew.</summary>
    internal void Begin() => (_length, _isWhole) = (0, true);

    /// <summary>Somebody else gets the rest, or nobody.</summary>
    internal void Spoil() => _isWhole = false;

    /// <summary>More of it.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (!_isWhole)
            return;
        if (_length + bytes.Length > max)
        {
            Spoil();
            return;
        }
        if (_length + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Min(max, Math.Max(1024, 2 * (_length + bytes.Length))));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Forgets what it has: it is people's data.</summary>
    internal void Clear()
    {
        _bytes.AsSpan(0, _length).Clear();
        (_length, _isWhole) = (0, false);
    }
}
