using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Seawall.MySql.Passwords;

/// <summary>
/// Native memory in slots of one size, for <see cref="Secret"/>. It is taken from the system in regions that are kept
/// out of core dumps and, as far as the system allows, of swap; a region per secret would cost a page, a system call
/// and a memory mapping for each of tens of thousands of accounts. Regions are never given back, only their slots, so
/// that a slot's address stays memory of ours.
/// </summary>
internal sealed unsafe class SecretSlots(int slotLength)
{
    // Sixteen pages hold 2,048 keys; whole pages, because the system is asked about pages.
    private const int RegionLength = 64 * 1024;

    // No supported system has larger pages by default.
    private const int RegionAlignment = RegionLength;

    private readonly Lock _lock = new();
    private readonly Stack<nint> _free = new();

    /// <summary>A slot of zeros.</summary>
    public byte* Take()
    {
        lock (_lock)
        {
            if (_free.Count == 0)
                AddRegion();
            return (byte*)_free.Pop();
        }
    }

    /// <summary>Zeroes a slot and takes it back.</summary>
    public void GiveBack(byte* slot)
    {
        CryptographicOperations.ZeroMemory(new Span<byte>(slot, slotLength));
        lock (_lock)
            _free.Push((nint)slot);
    }

    private void AddRegion()
    {
        var region = (byte*)NativeMemory.AlignedAlloc(RegionLength, RegionAlignment);
        new Span<byte>(region, RegionLength).Clear();
        Sodium.KeepPagesPrivate(region, RegionLength);
        for (var at = 0; at < RegionLength; at += slotLength)
            _free.Push((nint)(region + at));
    }
}
