using System.Net.Sockets;
using System.Text;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Control.Handovers;

/// <summary>
/// What two processes say to one another over a Unix socket when the one takes over from the other. Blocks, with a limit; throws
/// <see cref="IOException"/> when the other side says something else, or nothing.
/// </summary>
/// <remarks>
/// New: <c>SEAWALL HANDOVER 1</c>. Old: its listening sockets, an address a line. New, when it can serve: <c>READY</c>. Old, when its
/// admin port and metrics are closed: <c>YOURS</c>. New, when it accepts clients: <c>TOOK</c>. Old, when it
/// listens nowhere any more, not for this either: <c>BYE</c>. Until <c>TOOK</c> the old process goes on as if nothing had been said.
/// </remarks>
internal sealed class HandoverTalk : IDisposable
{
    internal const string Hello = "SEAWALL HANDOVER 1";
    internal const string Ready = "READY";
    internal const string Yours = "YOURS";
    internal const string Took = "TOOK";
    internal const string Bye = "BYE";

    /// <summary>How long one side waits for a word of the other: the new one has servers to reach in between.</summary>
    private const int WaitMsMax = 30_000;

    /// <summary>Addresses of all listeners together are far shorter.</summary>
    private const int LetterMax = 64 * 1024;

    private readonly Socket _socket;

    internal HandoverTalk(Socket socket)
    {
        _socket = socket;
        socket.ReceiveTimeout = WaitMsMax;
        socket.SendTimeout = WaitMsMax;
    }

    /// <summary>The user of the other process.</summary>
    internal uint User => DescriptorMail.UserOf(_socket);

    internal void Say(string word) => Guarded(() => _socket.Send(Encoding.UTF8.GetBytes($"{word}\n")));

    internal void Expect(string word)
    {
        Span<byte> said = stackalloc byte[64];
        var wanted = Encoding.UTF8.GetBytes($"{word}\n");
        var length = 0;
        while (length < wanted.Length)
        {
            int read;
            try
            {
                read = _socket.Receive(said[length..wanted.Length]);
            }
            catch (SocketException failure)
            {
                throw new IOException($"no \"{word}\" from the other process: {failure.Message}", failure);
            }
            if (read == 0)
                throw new IOException($"the other process has gone before it said \"{word}\"");
            length += read;
        }
        if (!said[..length].SequenceEqual(wanted))
            throw new IOException($"the other process did not say \"{word}\"");
    }

    internal void SendListeners(IReadOnlyList<InheritedListener> listeners) => Guarded(() => DescriptorMail.Send(
        _socket, Encoding.UTF8.GetBytes(string.Concat(listeners.Select(listener => $"{listener.Endpoint}\n"))),
        [.. listeners.Select(listener => listener.Descriptor)]));

    internal IReadOnlyList<InheritedListener> ReceiveListeners()
    {
        var text = new byte[LetterMax];
        var descriptors = new List<int>();
        var length = 0;
        Guarded(() => length = DescriptorMail.Receive(_socket, text, descriptors));
        var endpoints = Encoding.UTF8.GetString(text, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (endpoints.Length != descriptors.Count || endpoints.Length == 0)
        {
            foreach (var descriptor in descriptors)
                _ = Libc.close(descriptor);
            throw new IOException("the other process sent no listening sockets that make sense");
        }
        return [.. endpoints.Zip(descriptors, (endpoint, descriptor) => new InheritedListener(endpoint, descriptor))];
    }

    public void Dispose() => _socket.Dispose();

    private static void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (SocketException failure)
        {
            throw new IOException($"the other process: {failure.Message}", failure);
        }
    }
}
