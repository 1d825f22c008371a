using System.Net.Sockets;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;
using Xunit;

namespace Seawall.Tests.Loops;

/// <summary>The file of a listening Unix socket: its rights, and that it goes with its listener and no other.</summary>
public sealed class UnixListenerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("seawall-unix-").FullName;
    private readonly EpollLoop _loop = new(0, TimeProvider.System, new Random(1), _ => { });

    private string SocketPath => Path.Combine(_folder, "s.sock");

    [Theory]
    [InlineData(0x180)] // 0600
    [InlineData(0x1B0)] // 0660
    [InlineData(0x1FF)] // 0777, whatever the process's mask is
    public void The_socket_has_the_mode_that_was_asked_for(int mode)
    {
        if (OperatingSystem.IsWindows())
            return;
        _loop.Listen(Endpoint.Unix(SocketPath)!.WithMode(mode), _ => { });

        Assert.Equal((UnixFileMode)mode, File.GetUnixFileMode(SocketPath));
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
    }

    [Fact]
    public void The_file_goes_with_the_listener()
    {
        var listener = _loop.Listen(Endpoint.Unix(SocketPath)!, _ => { });
        Assert.True(File.Exists(SocketPath));

        listener.Close();

        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void The_file_of_whoever_has_taken_the_place_meanwhile_stays()
    {
        var listener = _loop.Listen(Endpoint.Unix(SocketPath)!, _ => { });
        File.Delete(SocketPath);
        using var next = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        next.Bind(new UnixDomainSocketEndPoint(SocketPath));

        listener.Close();

        Assert.True(File.Exists(SocketPath));
    }

    [Fact]
    public void A_path_that_is_taken_is_refused_and_stays()
    {
        File.WriteAllText(SocketPath, "no socket");

        var refusal = Assert.Throws<SocketException>(() => _loop.Listen(Endpoint.Unix(SocketPath)!, _ => { }));

        Assert.Contains("already in use", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("no socket", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void A_path_with_a_zero_or_too_long_for_the_kernel_is_no_endpoint()
    {
        Assert.Null(Endpoint.Unix("/run/a\0b"));
        Assert.Null(Endpoint.Unix("/" + new string('a', 107)));
        Assert.NotNull(Endpoint.Unix("/" + new string('a', 106)));
    }

    public void Dispose()
    {
        _loop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
