namespace Seawall.Captures.Imports;

/// <summary>One direction of a TCP connection, put together again: doubled segments are dropped, those out of order wait, and what is lost is said.</summary>
internal sealed class TcpStream(Action<ReadOnlyMemory<byte>, long> deliver, Action lost)
{
    /// <summary>So much may wait for a segment that is missing; then it is taken for lost. A window is seldom larger.</summary>
    private const int WaitingBytesMax = 1024 * 1024;

    private const int WaitingMax = 256;

    private readonly SortedList<uint, (byte[] Data, long AtUs)> _waiting = new(Comparer<uint>.Create((a, b) => ((int)(a - b)).CompareTo(0)));
    private uint _next;
    private bool _isKnown;
    private int _waitingBytes;

    /// <summary>Begins at this number: behind a SYN.</summary>
    internal void Begin(uint next) => (_next, _isKnown) = (next, true);

    /// <summary>A segment has come.</summary>
    internal void Take(uint sequence, ReadOnlyMemory<byte> data, long atUs)
    {
        if (data.IsEmpty)
            return;
        if (!_isKnown)
            Begin(sequence); // In the middle: the capture began later than the connection, and nobody believes its bytes yet.
        var ahead = (int)(sequence - _next);
        if (ahead > 0)
        {
            if (_waiting.TryAdd(sequence, (data.ToArray(), atUs)))
                _waitingBytes += data.Length;
            if (_waitingBytes > WaitingBytesMax || _waiting.Count > WaitingMax)
                GiveUp();
            return;
        }
        Deliver(sequence, data, atUs);
        Drain();
    }

    /// <summary>Nothing more comes: what waits is behind something that was lost.</summary>
    internal void End()
    {
        while (_waiting.Count > 0)
            GiveUp();
    }

    private void GiveUp()
    {
        lost();
        _next = _waiting.GetKeyAtIndex(0);
        Drain();
    }

    private void Drain()
    {
        while (_waiting.Count > 0 && (int)(_waiting.GetKeyAtIndex(0) - _next) <= 0)
        {
            var sequence = _waiting.GetKeyAtIndex(0);
            var (data, atUs) = _waiting.GetValueAtIndex(0);
            _waiting.RemoveAt(0);
            _waitingBytes -= data.Length;
            Deliver(sequence, data, atUs);
        }
    }

    private void Deliver(uint sequence, ReadOnlyMemory<byte> data, long atUs)
    {
        // Half of all numbers away it is neither before nor behind, and less than 0 as well: nothing of this conversation.
        var old = (int)(_next - sequence);
        if ((uint)old >= (uint)data.Length)
            return; // All of it was here before.
        _next = sequence + (uint)data.Length;
        deliver(data[old..], atUs);
    }
}
