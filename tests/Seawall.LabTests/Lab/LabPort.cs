using System.Net;
using System.Net.Sockets;

namespace Seawall.LabTests.Lab;

/// <summary>
/// A port of the loopback interface that stays ours. A port that is looked for, closed and then used may be taken in
/// between, and one that is free during a restart may be given away. This one is bound and never listens: the kernel
/// gives it to nobody else, and lets a server that sets SO_REUSEADDR, as every server does, listen on it all the same.
/// </summary>
public sealed class LabPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public LabPort()
    {
        // The plain option of the system: .NET's own ReuseAddress is SO_REUSEPORT as well, which would share
        // connections.
        const int socketLevel = 1, reuseAddress = 2;
        _socket.SetRawSocketOption(socketLevel, reuseAddress, BitConverter.GetBytes(1));
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Number = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public int Number { get; }

    public void Dispose() => _socket.Dispose();
}
