using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Seawall.Engine.Loops.Linux;

/// <summary>
/// The kernel's array of <c>struct epoll_event</c>, by hand because its layout depends on the processor: packed to
/// 12 bytes on x86-64, 16 bytes with the data at offset 8 elsewhere (<c>EPOLL_PACKED</c> in the kernel's
/// <c>uapi/linux/eventpoll.h</c>).
/// </summary>
internal sealed unsafe class EpollEvents : IDisposable
{
    private readonly int _stride;
    private readonly int _dataAt;
    private byte* _memory;

    internal EpollEvents(int capacity, Architecture processor)
    {
        (_stride, _dataAt) = LayoutOn(processor);
        Capacity = capacity;
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)(capacity * _stride));
    }

    internal int Capacity { get; }

    internal byte* Pointer => _memory;

    /// <summary>The size of one event and where its data lies.</summary>
    internal static (int Stride, int DataAt) LayoutOn(Architecture processor) =>
        processor == Architecture.X64 ? (12, 4) : (16, 8);

    internal uint FlagsOf(int index) => BinaryPrimitives.ReadUInt32LittleEndian(At(index, 0, 4));

    internal ulong DataOf(int index) => BinaryPrimitives.ReadUInt64LittleEndian(At(index, _dataAt, 8));

    /// <summary>Writes one event, as <c>epoll_ctl</c> takes it.</summary>
    internal void Set(int index, uint flags, ulong data)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(At(index, 0, 4), flags);
        BinaryPrimitives.WriteUInt64LittleEndian(At(index, _dataAt, 8), data);
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }

    private Span<byte> At(int index, int offset, int length) => new(_memory + (index * _stride) + offset, length);
}
