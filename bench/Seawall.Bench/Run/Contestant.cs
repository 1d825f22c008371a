using System.Net;
using System.Net.Sockets;

namespace Seawall.Bench.Run;

/// <summary>A way from the clients to the server; <see cref="Pid"/> is 0 when nothing stands between.</summary>
internal sealed record Contestant(string Name, int Port, Child? Process) : IDisposable
{
    internal const string Direct = "direct";

    internal int Pid => Process?.Pid ?? 0;

    /// <summary>What was started elsewhere, once it listens.</summary>
    internal static Contestant Of(string name, int port, Child process)
    {
        WaitForPort(port);
        return new(name, port, process);
    }

    internal static Contestant Directly(int serverPort) => new(Direct, serverPort, null);

    /// <summary>The program as it is shipped, with its metrics and its admin port; only what must differ is set.</summary>
    internal static Contestant Seawall(int loops, int serverPort, string user, string password, string folder, string more = "")
    {
        var port = FreePort();
        var file = Path.Combine(folder, $"seawall-{loops}-{port}.toml");
        File.WriteAllText(file, $"""
            [clients]
            listen = ["127.0.0.1:{port}"]
            max = 20000

            [[servers]]
            name = "one"
            address = "127.0.0.1:{serverPort}"
            tls = "off"
            {more}

            [monitor]
            user = "{user}"
            password = "{password}"

            [admin]
            listen = "127.0.0.1:{FreePort()}"

            [metrics]
            listen = "127.0.0.1:{FreePort()}"

            [log]
            level = "error"

            [process]
            loops = {loops}

            """);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var process = Child.Start(Beside("Seawall"), "run", "-c", file);
        WaitForPort(port);
        return new($"seawall-{loops}", port, process);
    }

    /// <summary>The engine alone, which also tells what it allocates; with TLS for clients if it is wanted.</summary>
    internal static Contestant Engine(int loops, int serverPort, string user, string password, bool tls)
    {
        var port = FreePort();
        return new(tls ? "seawall-tls" : "seawall-engine", port,
            Child.Own("proxy", $"{port}", $"{serverPort}", $"{loops}", user, password, tls ? "tls" : "plain"));
    }

    /// <summary>The engine alone, while everything that its clients do is captured into a folder.</summary>
    internal static Contestant Capturing(int loops, int serverPort, string user, string password, string folder)
    {
        var port = FreePort();
        return new("seawall-capturing", port, Child.Own("proxy", $"{port}", $"{serverPort}", $"{loops}", user, password, folder));
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

    // Programs of this repository lie next to each other.
    internal static string Beside(string project) => Path.GetFullPath(
        Path.Combine(Path.GetDirectoryName(Environment.ProcessPath)!, "..", "..", project, "release", project));

    private static void WaitForPort(int port)
    {
        // A program that starts beside others may take its time.
        for (var left = 600; ; left--)
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
