using System.Net;
using System.Net.Sockets;

namespace Seawall.LabTests.Lab;

/// <summary>
/// Three ports in a row, for the demo takes the two above the one that it is told. They are below those that the system gives away
/// by itself, to servers of other tests and to clients: what is free a moment before is free then.
/// </summary>
internal sealed class DemoPorts
{
    internal DemoPorts()
    {
        do
            First = Random.Shared.Next(10_000, 30_000);
        while (!Enumerable.Range(First, 3).All(IsFree));
    }

    internal int First { get; }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
