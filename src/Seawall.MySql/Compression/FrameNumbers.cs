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
    private int _ahead;
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
            _plain = bytes[number];
            bytes[number] = _packet++;
        }
        _hasSent = true;
        return bytes.Length;
    }

    /// <summary>The number of the frame that is sent now.</summary>
    public byte NextFrame() => _frame++;

    private readonly bool BeginsFromClient(byte sequence) => (sequence == 0 && IsBetweenCommands) || sequence == _frame;

    private bool BeginsFromServer(byte sequence)
    {
        if (sequence == _frame)
            return true;
        // The answer to the next of several commands that were sent ahead, each in one frame.
        if (sequence != 1 || _ahead == 0 || !_in.IsBetween)
            return false;
        _ahead--;
        _plain = 0;
        return true;
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
            _ahead = _hasRead ? 0 : _ahead + 1;
            _frame = _packet = 0;
        }
        else if (_hasRead)
        {
            _packet = _frame;
        }
        _hasRead = false;
    }
}
