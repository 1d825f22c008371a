using System.Runtime.CompilerServices;

namespace Seawall.MySql.Compression;

/// <summary>
/// The numbers of a compressed connection. There are two sorts, and neither is what a plain connection has: frames are
/// counted from 0 with each command, and servers and clients let packets go on from the frame's number whenever the other
/// side has spoken. Above, everybody sees the numbers of a plain connection; this turns one into the other.
/// </summary>
/// <remarks>
/// Servers check the numbers of frames only, and so does this. Seen with MariaDB 10.11, MySQL 5.6 and 9.7: an answer begins
/// with the number after that of the command's last frame; of commands that are sent ahead each is counted by itself; a
/// second command in the same frame does not begin the count anew.
/// </remarks>
public struct FrameNumbers
{
    private readonly bool _isServer;
    private PacketWalk _in;
    private PacketWalk _out;
    private byte _plain;
    private byte _frame;
    private byte _packet;
    private byte _frameRead;
    private byte _sent;
    private int _framesOfAnswer;
    private PendingAnswers _pending;
    private bool _isFile;
    private bool _hasSent;
    private bool _hasRead;

    /// <summary>The numbers of a connection after its login, of the server's end or of the client's.</summary>
    public FrameNumbers(bool isServer)
    {
        _isServer = isServer;
        _hasRead = true;
    }

    /// <summary>Whether what comes next is a packet of its own.</summary>
    public readonly bool IsBetween => _in.IsBetween;

    /// <summary>
    /// Whether a command has ended, as far as can be seen: what follows is another, which is counted from 0. Never in the
    /// middle of a file.
    /// </summary>
    public readonly bool IsBetweenCommands => _in.IsBetween && !_isFile;

    /// <summary>What the client sends until the server speaks again is a file, and not its next command.</summary>
    public void BeginFile() => _isFile = true;

    /// <summary>A frame begins that has this number: whether it may have it.</summary>
    public bool Begin(byte sequence)
    {
        if (_isServer ? !BeginsFromClient(sequence) : !BeginsFromServer(sequence))
            return false;
        _frameRead = sequence;
        _frame = (byte)(sequence + 1);
        _hasRead = true;
        if (!_isServer)
            _isFile = false;
        return true;
    }

    /// <summary>Gives packets that came the numbers that they would have on a plain connection.</summary>
    public void Receive(Span<byte> bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            _in.SkipPayload(bytes.Length, ref at);
            if (at == bytes.Length)
                break;
            if (_in.IsAtHeader)
                BeginReceived();
            if (_in.Header(bytes, ref at) is >= 0 and var number)
                bytes[number] = _plain;
        }
    }

    /// <summary>
    /// Gives packets that are to be sent the numbers that they have on the wire: how many of the bytes may go into one frame. A
    /// command begins a frame of its own.
    /// </summary>
    public int Send(Span<byte> bytes)
    {
        if (_isServer)
            _isFile = false;
        for (var at = 0; at < bytes.Length;)
        {
            _out.SkipPayload(bytes.Length, ref at);
            if (at == bytes.Length)
                break;
            if (_out.IsAtHeader)
            {
                var isCommand = BeginsCommand(bytes[at..]);
                if (isCommand && at > 0)
                    return at;
                BeginSent(isCommand);
            }
            if (_out.Header(bytes, ref at) is not (>= 0 and var number))
                break;
            _sent = _plain = bytes[number];
            bytes[number] = _packet++;
        }
        _hasSent = true;
        return bytes.Length;
    }

    /// <summary>The number of the frame that is sent now.</summary>
    public byte NextFrame()
    {
        _pending.SetLast(++_frame);
        return (byte)(_frame - 1);
    }

    private readonly bool BeginsFromClient(byte sequence) => (sequence == 0 && IsBetweenCommands) || sequence == _frame;

    private bool BeginsFromServer(byte sequence)
    {
        // Of several commands that were sent ahead each is answered by itself; all but the last of them in one frame.
        if (_in.IsBetween && (!_hasRead || _framesOfAnswer == 1) && _pending.TryTake(sequence, out var isLast))
        {
            _plain = isLast ? _sent : (byte)0;
            _framesOfAnswer = 1;
            return true;
        }
        _framesOfAnswer++;
        return sequence == _frame;
    }

    // The first that comes behind something that was sent, in a frame that goes on counting, belongs to what is under way: an
    // answer about a password. Everything else that a client says is a command.
    private void BeginReceived()
    {
        var goesOn = !_isServer || _isFile || !_in.IsBetween || (_hasSent && _frameRead != 0);
        _plain = goesOn ? (byte)(_plain + 1) : (byte)0;
        _hasSent = false;
    }

    private readonly bool BeginsCommand(ReadOnlySpan<byte> packet) =>
        !_isServer && !_isFile && _out.IsBetween && packet.Length > 3 && packet[3] == 0;

    private void BeginSent(bool isCommand)
    {
        if (isCommand)
        {
            if (_hasRead)
                _pending = default; // What was sent before has been answered, or never is.
            _pending.Add();
            _frame = _packet = 0;
        }
        else if (_hasRead)
        {
            _packet = _frame;
        }
        _hasRead = false;
    }

    /// <summary>
    /// Commands whose answers are due, in order, each by the number that the first frame of its answer has. Some of them are
    /// answered never, as closing a statement is. Seawall sends five commands ahead at most, besides such ones.
    /// </summary>
    private struct PendingAnswers
    {
        private Numbers _numbers;
        private int _count;

        internal void Add()
        {
            if (_count == Numbers.Length)
                ((Span<byte>)_numbers)[1..].CopyTo(_numbers);
            else
                _count++;
            _numbers[_count - 1] = 0;
        }

        internal void SetLast(byte number)
        {
            if (_count > 0)
                _numbers[_count - 1] = number;
        }

        // Whoever is passed over has no answer.
        internal bool TryTake(byte number, out bool isLast)
        {
            var at = ((ReadOnlySpan<byte>)_numbers)[.._count].IndexOf(number);
            isLast = at == _count - 1;
            if (at < 0)
                return false;
            _count -= at + 1;
            ((Span<byte>)_numbers).Slice(at + 1, _count).CopyTo(_numbers);
            return true;
        }

        [InlineArray(Length)]
        private struct Numbers
        {
            internal const int Length = 16;
            private byte _first;
        }
    }
}
