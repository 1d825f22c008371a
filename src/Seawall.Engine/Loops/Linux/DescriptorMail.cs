using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Seawall.Engine.Loops.Linux;

/// <summary>Descriptors that go from one process to another over a Unix socket (unix(7), <c>SCM_RIGHTS</c>). Blocks; not for loops.</summary>
internal static unsafe partial class DescriptorMail
{
    /// <summary>What the kernel takes in one letter (<c>SCM_MAX_FD</c>).</summary>
    internal const int Max = 253;

    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int SO_PEERCRED = 17;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int HeaderSize = 16;

    /// <summary>Sends a text with descriptors, which stay open here as well.</summary>
    internal static void Send(Socket socket, ReadOnlySpan<byte> text, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, Max);
        Span<byte> control = stackalloc byte[HeaderSize + (Max * sizeof(int))];
        var length = HeaderSize + (descriptors.Length * sizeof(int));
        BinaryPrimitives.WriteInt64LittleEndian(control, length);
        BinaryPrimitives.WriteInt32LittleEndian(control[8..], SOL_SOCKET);
        BinaryPrimitives.WriteInt32LittleEndian(control[12..], SCM_RIGHTS);
        MemoryMarshal.AsBytes(descriptors).CopyTo(control[HeaderSize..]);
        fixed (byte* bytes = text, controlBytes = control)
        {
            var vector = new Vector { Base = bytes, Length = (nuint)text.Length };
            var message = new Message { Vectors = &vector, VectorCount = 1 };
            if (descriptors.Length > 0)
            {
                message.Control = controlBytes;
                message.ControlLength = (nuint)length;
            }
            if (sendmsg((int)socket.Handle, &message, MSG_NOSIGNAL) != text.Length)
                throw new SocketException(Libc.Errno, Libc.Describe(Libc.Errno));
        }
    }

    /// <summary>
    /// Waits for a text, and the descriptors that come with it, which are closed when another program is started. Returns the text's
    /// length: 0 when the other side has closed.
    /// </summary>
    internal static int Receive(Socket socket, Span<byte> text, List<int> descriptors)
    {
        Span<byte> control = stackalloc byte[HeaderSize + (Max * sizeof(int))];
        fixed (byte* bytes = text, controlBytes = control)
        {
            var vector = new Vector { Base = bytes, Length = (nuint)text.Length };
            var message = new Message
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = controlBytes,
                ControlLength = (nuint)control.Length,
            };
            var length = recvmsg((int)socket.Handle, &message, MSG_CMSG_CLOEXEC);
            if (length < 0)
                throw new SocketException(Libc.Errno, Libc.Describe(Libc.Errno));
            if (message.ControlLength >= HeaderSize && BinaryPrimitives.ReadInt32LittleEndian(control[8..]) == SOL_SOCKET
                && BinaryPrimitives.ReadInt32LittleEndian(control[12..]) == SCM_RIGHTS)
            {
                var end = (int)Math.Min((nuint)BinaryPrimitives.ReadInt64LittleEndian(control), message.ControlLength);
                for (var at = HeaderSize; at + sizeof(int) <= end; at += sizeof(int))
                    descriptors.Add(BinaryPrimitives.ReadInt32LittleEndian(control[at..]));
            }
            return (int)length;
        }
    }

    /// <summary>The user of the process at the other end.</summary>
    internal static uint UserOf(Socket socket)
    {
        var credentials = stackalloc uint[3]; // Process, user, group.
        var length = 3 * sizeof(uint);
        EpollLoop.Checked(Libc.getsockopt((int)socket.Handle, SOL_SOCKET, SO_PEERCRED, credentials, &length));
        return credentials[1];
    }

    // As glibc and the kernel have them on machines of 64 bits.
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        internal byte* Base;
        internal nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        internal void* Name;
        internal nuint NameLength;
        internal Vector* Vectors;
        internal nuint VectorCount;
        internal byte* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int fd, Message* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int fd, Message* message, int flags);
}
