using System.Net;
using System.Net.Sockets;

namespace Seawall.Bench.Run;

/// <summary>A way from the clients to the server; <see cref="Pid"/> is 0 when nothing stands between.</summary>
internal sealed record Contestant(string Name, int Port, Child? Process) : IDisposable
{
    internal const string Direct = "direct";

    internal int Pid => Process?.Pid ?? 0;

    internal static Contestant Directly(int serverPort) => new(Direct, serverPort, null);

    internal static Contestant Seawall(int loops, int serverPort, string user, string password)
    {
        var port = FreePort();
        return new($"seawall-{loops}", port, Child.Own("proxy", $"{port}", $"{serverPort}", $"{loops}", user, password));
    }

    /// <summary>HAProxy as its manual has it for TCP: no checks, no logs, as many threads as Seawall has loops.</summary>
    internal static Contestant HaProxy(int threads, int serverPort, string folder)
    {
        var port = FreePort();
        var file = Path.Combine(folder, $"haproxy-{threads}-{port}.cfg");
        File.WriteAllText(file, $"""
            global
              nbthread {threads}
              maxconn 9500
            defaults
              mode tcp
              timeout connect 10s
              timeout client 1h
              timeout server 1h
            listen mysql
              bind 127.0.0.1:{port} backlog 4096
              server one 127.0.0.1:{serverPort}

            """);
        var process = Child.Start("haproxy", "-db", "-q", "-f", file);
        WaitForPort(port);
        return new($"haproxy-{threads}", port, process);
    }

    public void Dispose() => Process?.Dispose();

    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static void WaitForPort(int port)
    {
        for (var left = 100; ; left--)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (left > 0)
            {
                Thread.Sleep(50);
            }
        }
    }
}
