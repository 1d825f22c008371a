using System.Runtime.InteropServices;

namespace Seawall.Engine.Loops.Linux;

/// <summary>The few system calls that the loop makes, named and numbered as in section 2 of the Linux manual.</summary>
internal static unsafe partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_ERROR = 4;
    internal const int SO_KEEPALIVE = 9;
    internal const int SO_REUSEPORT = 15;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const int TCP_KEEPIDLE = 4;
    internal const int TCP_KEEPINTVL = 5;
    internal const int TCP_KEEPCNT = 6;
    internal const int TCP_USER_TIMEOUT = 18;
    internal const int MSG_PEEK = 0x2;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;

    // The first is another number on arm64.
    internal static int O_DIRECTORY => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 0x10000 : 0x4000;

    internal const int O_CLOEXEC = 0x80000;

    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const uint EPOLLIN = 0x1;
    internal const uint EPOLLOUT = 0x4;
    internal const uint EPOLLERR = 0x8;
    internal const uint EPOLLHUP = 0x10;
    internal const uint EPOLLRDHUP = 0x2000;
    internal const uint EPOLLET = 1u << 31;

    internal const nuint SIOCOUTQ = 0x5411;

    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int RLIMIT_NOFILE = 7;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int X_OK = 1;
    internal const int W_OK = 2;

    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int ENFILE = 23;
    internal const int EMFILE = 24;
    internal const int ECONNABORTED = 103;
    internal const int EINPROGRESS = 115;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(int fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(int fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(int fd, byte* address, int* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int connect(int fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockname(int fd, byte* address, int* length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsockopt(int fd, int level, int name, void* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockopt(int fd, int level, int name, void* value, int* length);

    /// <summary>
    /// The kernel's <c>recvfrom</c>, which is most of what a statement calls, as <see cref="send"/>. It goes past libc's own
    /// function, which makes each call a point where a thread can be cancelled, and keeps no error number, which takes two
    /// calls more. After -1, <see cref="ErrnoNow"/> must be the very next call, as in the code that is made for others.
    /// </summary>
    internal static nint recv(int fd, byte* buffer, nint length, int flags) => syscall(s_recvfrom, fd, buffer, length, flags, 0, 0);

    /// <inheritdoc cref="recv"/>
    internal static nint send(int fd, byte* buffer, nint length, int flags) => syscall(s_sendto, fd, buffer, length, flags, 0, 0);

    // The numbers of arch/x86/entry/syscalls/syscall_64.tbl, and of include/uapi/asm-generic/unistd.h for arm64.
    private static readonly nint s_sendto = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 44 : 206;
    private static readonly nint s_recvfrom = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 45 : 207;

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint fd, byte* buffer, nint length, nint flags, nint address, nint addressLength);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(int fd, void* buffer, nint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int fd, void* buffer, nint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(int fd, nuint request, int* value);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int fd, int command, int value);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int folder, string path, int flags, uint mask, byte* answer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fdatasync(Microsoft.Win32.SafeHandles.SafeFileHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_ctl(int epoll, int operation, int fd, void* @event);

    /// <summary>Keeps no error number: the only one that it meets is that of an interruption, after which it is called again.</summary>
    [LibraryImport("libc")]
    internal static partial int epoll_wait(int epoll, void* events, int count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getrlimit(int resource, ulong* softAndHard);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setrlimit(int resource, ulong* softAndHard);

    /// <summary>
    /// Whether fewer than so many descriptors are left behind this one: new ones have the lowest number that is free. One
    /// system call, so that a limit which somebody changes from outside is known at once.
    /// </summary>
    internal static bool IsNearLimit(int fd, int headroom) => (ulong)fd + (ulong)headroom >= OpenFileLimits().Soft;

    /// <summary>How many descriptors the process may have open now, and how many it could allow itself.</summary>
    internal static (ulong Soft, ulong Hard) OpenFileLimits()
    {
        var limits = stackalloc ulong[2];
        return getrlimit(RLIMIT_NOFILE, limits) == 0 ? (limits[0], limits[1]) : (ulong.MaxValue, ulong.MaxValue);
    }

    /// <summary>The <c>errno</c> of the call before.</summary>
    internal static int Errno => Marshal.GetLastPInvokeError();

    /// <summary>The <c>errno</c> of this moment.</summary>
    internal static int ErrnoNow => Marshal.GetLastSystemError();

    /// <summary>The operating system's words for an <c>errno</c>.</summary>
    internal static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
