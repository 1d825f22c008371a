using System.Net.Sockets;
using System.Text;

namespace Seawall;

/// <summary>
/// Tells systemd, or whoever else has started the process and asked for it, how it is: a datagram to
/// <c>$NOTIFY_SOCKET</c> (sd_notify(3)). Does nothing when nobody has asked.
/// </summary>
internal static class Supervisor
{
    /// <summary>Clients can come in.</summary>
    internal static void SayReady(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>The end has begun.</summary>
    internal static void SayStopping() => Send("STOPPING=1");

    private static void Send(string message)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // "@" stands for the zero byte that begins a name without a file.
            socket.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(path[0] == '@' ? $"\0{path[1..]}" : path));
        }
        catch (SocketException)
        {
            // Whoever asked is not there any more. Clients are.
        }
    }
}
