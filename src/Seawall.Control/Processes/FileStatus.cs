using System.Runtime.InteropServices;

namespace Seawall.Control.Processes;

/// <summary>
/// What a path is and whose, without following a last symbolic link. By <c>statx(2)</c>, whose answer has the same
/// layout on every architecture.
/// </summary>
internal readonly partial record struct FileStatus(uint Owner, int Mode)
{
    private const int AtCurrentFolder = -100;
    private const int DoNotFollow = 0x100;
    private const uint BasicStatus = 0x7FF;
    private const int StatxSize = 256;
    private const int OwnerOffset = 20;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int FolderType = 0x4000;
    private const int SocketType = 0xC000;
    private const int OthersMask = 0x3F; // Group and others.

    /// <summary>Whether it is a folder.</summary>
    internal bool IsFolder => (Mode & TypeMask) == FolderType;

    /// <summary>Whether it is a socket.</summary>
    internal bool IsSocket => (Mode & TypeMask) == SocketType;

    /// <summary>Whether it belongs to the process's user, and nobody else may do anything with it.</summary>
    internal bool IsPrivate => Owner == geteuid() && (Mode & OthersMask) == 0;

    /// <summary>The user that the process acts as.</summary>
    internal static uint UserId => geteuid();

    /// <summary>Looks; null when there is nothing, or nobody can tell.</summary>
    internal static unsafe FileStatus? Of(string path)
    {
        var answer = stackalloc byte[StatxSize];
        return statx(AtCurrentFolder, path, DoNotFollow, BasicStatus, answer) == 0
            ? new FileStatus(*(uint*)(answer + OwnerOffset), *(ushort*)(answer + ModeOffset))
            : null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* answer);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
