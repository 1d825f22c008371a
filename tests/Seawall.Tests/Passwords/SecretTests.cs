using System.Globalization;
using System.Text.Json;
using Seawall.MySql.Passwords;
using Xunit;

namespace Seawall.Tests.Passwords;

public sealed class SecretTests
{
    [Fact]
    public void A_secret_shows_its_bytes_to_a_visitor_and_compares_them()
    {
        using var secret = new Secret("tide"u8);

        Assert.Equal("tide"u8.ToArray(), Read(secret));
        Assert.True(secret.Matches("tide"u8));
        Assert.False(secret.Matches("tidf"u8));
        Assert.False(secret.Matches("tid"u8));
        Assert.False(secret.Matches([]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(512)]
    public void A_secret_has_any_length_up_to_its_limit(int length)
    {
        var bytes = Enumerable.Range(0, length).Select(i => (byte)(i + 1)).ToArray();
        using var secret = new Secret(bytes);
        Assert.Equal(bytes, Read(secret));
    }

    [Fact]
    public void A_secret_beyond_the_limit_is_a_bug_of_the_caller() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Secret(new byte[513]).Dispose());

    [Fact]
    public unsafe void A_secret_is_gone_once_disposed_of_and_its_bytes_are_zeros()
    {
        // The region of a slot is never given back to the system, so its address can still be read.
        var secret = new Secret("sea water in the cellar"u8);
        var address = AddressOf(secret);
        secret.Dispose();
        secret.Dispose();

        Assert.Null(Read(secret));
        Assert.False(secret.Matches("sea water in the cellar"u8));
        Assert.False(secret.Matches([]));
        Assert.Equal(new byte[32], new ReadOnlySpan<byte>((void*)address, 32));
    }

    [Fact]
    public void A_secret_is_neither_printed_nor_serialised()
    {
        using var secret = new Secret("tide"u8);
        Assert.Equal("(secret)", secret.ToString());
        Assert.Throws<InvalidOperationException>(() => JsonSerializer.Serialize(secret));
    }

    [Fact]
    public unsafe void The_system_keeps_a_secret_out_of_core_dumps()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("only Linux says so, in /proc/self/smaps");

        using var key = new Secret(new byte[32]);
        using var password = new Secret(new byte[512]);
        Assert.Contains(" dd", FlagsOf(AddressOf(key)), StringComparison.Ordinal);
        Assert.Contains(" dd", FlagsOf(AddressOf(password)), StringComparison.Ordinal);

        // The control: an array of the managed heap is dumped.
        var array = GC.AllocateArray<byte>(32, pinned: true);
        fixed (byte* heap = array)
            Assert.DoesNotContain(" dd", FlagsOf((nint)heap), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_never_shows_the_bytes_of_another_while_others_come_and_go()
    {
        // Each worker makes, reads and disposes of secrets filled with its own number, and reads another's shared one
        // that its owner keeps replacing; slots are reused all the time. A secret holds one number throughout, or is
        // gone.
        const int Workers = 4;
        var shared = new Secret[Workers];
        for (var i = 0; i < Workers; i++)
            shared[i] = Filled(i);

        var cancel = TestContext.Current.CancellationToken;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(
            () =>
            {
                for (var i = 0; i < 20_000; i++)
                {
                    var old = Interlocked.Exchange(ref shared[worker], Filled(worker));
                    old.Dispose();
                    var other = (worker + i) % Workers;
                    var seen = Read(Volatile.Read(ref shared[other]));
                    Assert.True(seen is null || !seen.AsSpan().ContainsAnyExcept((byte)(other + 1)));
                }
            },
            cancel)));
        foreach (var secret in shared)
            secret.Dispose();
    }

    private static Secret Filled(int number)
    {
        Span<byte> bytes = stackalloc byte[20];
        bytes.Fill((byte)(number + 1));
        return new Secret(bytes);
    }

    private static byte[]? Read(Secret secret)
    {
        var seen = new List<byte[]>();
        return secret.TryVisit(seen, static (bytes, to) => to.Add(bytes.ToArray())) ? seen[0] : null;
    }

    private static unsafe nint AddressOf(Secret secret)
    {
        var seen = new List<nint>();
        secret.TryVisit(seen, static (bytes, to) =>
        {
            fixed (byte* address = bytes)
                to.Add((nint)address);
        });
        return seen[0];
    }

    // Each mapping starts with a line like "7f12-7f34 rw-p …" and ends with one like "VmFlags: rd wr mr mw me ac dd".
    private static string FlagsOf(nint address)
    {
        var inside = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var range = line.Split(' ')[0].Split('-');
            if (range.Length == 2)
                inside = address >= Number(range[0]) && address < Number(range[1]);
            else if (inside && line.StartsWith("VmFlags:", StringComparison.Ordinal))
                return line;
        }

        return "";
    }

    private static long Number(string hex) =>
        long.TryParse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number)
            ? number
            : long.MaxValue;
}
