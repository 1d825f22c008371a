using System.Net;
using System.Net.Sockets;
using System.Text;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Sessions;

namespace Seawall.Demos;

/// <summary>Sessions with servers on loopback, and with Seawall in front of them.</summary>
internal sealed class DemoSessions(TimeProvider time)
{
    /// <summary>An account whose password is its name, as those of the lab's servers and of the demos are.</summary>
    internal static Account AccountOf(string user)
    {
        var account = new Account(user, "%", [], AccountSource.Settings);
        account.Secrets.LearnPassword(Encoding.UTF8.GetBytes(user));
        return account;
    }

    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    internal Task<ServerSession> Open(int port, string user) =>
        ServerSession.Open(Endpoint.Tcp(IPAddress.Loopback, port), AccountOf(user), time);

    /// <summary>
    /// The same through Seawall, whose front door lets nobody in before it has read the server's accounts, which takes a moment.
    /// </summary>
    internal async Task<ServerSession> OpenWhenReady(int port, string user, CancellationToken cancel)
    {
        const int triesMax = 100, pauseMs = 100;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await Open(port, user);
            }
            catch (InvalidOperationException) when (tries < triesMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), time, cancel);
            }
            catch (InvalidOperationException problem)
            {
                throw new DemoException($"Seawall did not open its door: {problem.Message}");
            }
        }
    }
}
