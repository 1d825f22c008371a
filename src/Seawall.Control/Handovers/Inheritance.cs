using System.Net.Sockets;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Control.Handovers;

/// <summary>What a process that takes over gets from the one before it. Dispose of it: what was not used is closed.</summary>
internal sealed class Inheritance : IDisposable
{
    private readonly HandoverTalk _talk;
    private readonly List<InheritedListener> _listeners;

    private Inheritance(HandoverTalk talk, IReadOnlyList<InheritedListener> listeners)
    {
        _talk = talk;
        _listeners = [.. listeners];
    }

    /// <summary>The sockets, with where they listen. Whoever goes on with one says so by <see cref="Use"/>.</summary>
    internal IReadOnlyList<InheritedListener> Listeners => _listeners;

    /// <summary>
    /// Asks the process at a path; null when nobody is there. Throws <see cref="ControlServiceException"/> when somebody is, and
    /// does not hand over.
    /// </summary>
    internal static Inheritance? Ask(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        var talk = new HandoverTalk(socket);
        try
        {
            talk.Say(HandoverTalk.Hello);
            return new Inheritance(talk, talk.ReceiveListeners());
        }
        catch (IOException failure)
        {
            talk.Dispose();
            throw Refused(path, failure);
        }
    }

    /// <summary>This process can serve; returns when the other one has closed its admin port and its metrics.</summary>
    internal void Prepare(string path)
    {
        try
        {
            _talk.Say(HandoverTalk.Ready);
            _talk.Expect(HandoverTalk.Yours);
        }
        catch (IOException failure)
        {
            throw Refused(path, failure);
        }
    }

    /// <summary>These belong to this process's engine from now on.</summary>
    internal void Use(IReadOnlyCollection<InheritedListener> listeners) => _listeners.RemoveAll(listeners.Contains);

    /// <summary>Clients come in here, and the other one may go; returns when it listens for nobody any more.</summary>
    internal void SayTook()
    {
        try
        {
            _talk.Say(HandoverTalk.Took);
            _talk.Expect(HandoverTalk.Bye);
        }
        catch (IOException)
        {
            // It has gone already.
        }
    }

    public void Dispose()
    {
        foreach (var listener in _listeners)
            _ = Libc.close(listener.Descriptor);
        _listeners.Clear();
        _talk.Dispose();
    }

    private static ControlServiceException Refused(string path, IOException failure) =>
        new($"process.handover = \"{path}\": the running Seawall does not hand over, and goes on: {failure.Message}");
}
