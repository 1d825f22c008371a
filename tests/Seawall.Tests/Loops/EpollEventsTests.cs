using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Seawall.Engine.Loops.Linux;
using Xunit;

namespace Seawall.Tests.Loops;

/// <summary>
/// The kernel's <c>struct epoll_event</c>, whose layout depends on the processor; a test machine is of one kind only, so the
/// bytes themselves are looked at.
/// </summary>
public sealed unsafe class EpollEventsTests
{
    private const uint Flags = 0x8000_2005;
    private const ulong Data = 0x0123_4567_89AB_CDEF;

    [Theory]
    [InlineData(Architecture.X64, 12, 4)]
    [InlineData(Architecture.Arm64, 16, 8)]
    public void An_event_lies_where_the_kernel_of_the_processor_looks_for_it(Architecture processor, int stride, int dataAt)
    {
        using var events = new EpollEvents(3, processor);
        events.Set(1, Flags, Data);
        var bytes = new ReadOnlySpan<byte>(events.Pointer, 3 * stride);

        Assert.Equal(Flags, BinaryPrimitives.ReadUInt32LittleEndian(bytes[stride..]));
        Assert.Equal(Data, BinaryPrimitives.ReadUInt64LittleEndian(bytes[(stride + dataAt)..]));
        Assert.Equal(-1, bytes[..stride].IndexOfAnyExcept((byte)0)); // The neighbours are untouched.
        Assert.Equal(-1, bytes[(2 * stride)..].IndexOfAnyExcept((byte)0));
        Assert.Equal((Flags, Data), (events.FlagsOf(1), events.DataOf(1)));
    }

    [Fact]
    public void What_one_layout_writes_the_other_does_not_read()
    {
        using var x64 = new EpollEvents(2, Architecture.X64);
        using var arm64 = new EpollEvents(2, Architecture.Arm64);
        x64.Set(0, Flags, Data);
        Buffer.MemoryCopy(x64.Pointer, arm64.Pointer, 32, 12);

        Assert.NotEqual(Data, arm64.DataOf(0)); // The control: the layouts differ where it matters.
    }
}
