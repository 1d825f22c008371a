namespace Seawall.Engine.Loops.Linux;

/// <summary>
/// The file of a Unix socket that this process listens on. It is removed with the listener, unless another process has put
/// its own there meanwhile: one that starts while this one lets its last clients finish. Thread-safe.
/// </summary>
internal sealed unsafe class SocketFile
{
    private const int AtCurrentFolder = -100;
    private const int DoNotFollow = 0x100;
    private const uint BasicStatus = 0x7FF;

    // statx(2): the same on every architecture.
    private const int StatxSize = 256;
    private const int InodeOffset = 32;
    private const int DeviceOffset = 136;

    private readonly string _path;
    private readonly (ulong Inode, ulong Device)? _identity;
    private int _isRemoved;

    /// <summary>The socket that was just bound to a path.</summary>
    internal SocketFile(string path)
    {
        _path = path;
        _identity = IdentityOf(path);
    }

    /// <summary>Does not remove it: it belongs to another process now.</summary>
    internal void Keep() => Interlocked.Exchange(ref _isRemoved, 1);

    /// <summary>Removes it, once.</summary>
    internal void Remove()
    {
        if (Interlocked.Exchange(ref _isRemoved, 1) == 0 && _identity is not null && IdentityOf(_path) == _identity)
            _ = Libc.unlink(_path);
    }

    private static (ulong Inode, ulong Device)? IdentityOf(string path)
    {
        var answer = stackalloc byte[StatxSize];
        return Libc.statx(AtCurrentFolder, path, DoNotFollow, BasicStatus, answer) == 0
            ? (*(ulong*)(answer + InodeOffset), *(ulong*)(answer + DeviceOffset))
            : null;
    }
}
