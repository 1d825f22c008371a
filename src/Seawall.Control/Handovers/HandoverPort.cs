using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Seawall.Control.Processes;
using Seawall.Engine;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Control.Handovers;

/// <summary>What a process does at the steps of handing over; see <see cref="HandoverTalk"/>.</summary>
internal interface ITestator
{
    /// <summary>Closes the admin port and the metrics, for the other to open them.</summary>
    Task CloseServices();

    /// <summary>Opens them again: the other one has failed.</summary>
    Task ReopenServices();

    /// <summary>The other one has the clients that come from now on.</summary>
    Task GoAfterHandover();
}

/// <summary>
/// A Unix socket at which another process of the same user may ask for the listening sockets. One at a time; whatever goes wrong
/// before the last word, this process goes on.
/// </summary>
internal sealed class HandoverPort : IDisposable
{
    private readonly SeawallEngine _engine;
    private readonly ITestator _process;
    private readonly ILogger _logger;
    private readonly Socket _listener;
    private readonly SocketFile _file;
    private readonly CancellationTokenSource _end = new();

    private HandoverPort(Socket listener, SocketFile file, SeawallEngine engine, ITestator process, ILogger logger)
    {
        (_listener, _file, _engine, _process, _logger) = (listener, file, engine, process, logger);
    }

    /// <summary>Opens it. Throws <see cref="ControlServiceException"/> when the path cannot be had.</summary>
    internal static HandoverPort Open(string path, SeawallEngine engine, ITestator process, ILogger logger)
    {
        if (Endpoint.Unix(path) is not { } endpoint)
            throw new ControlServiceException($"process.handover = \"{path}\": too long for the path of a socket");
        if (Listeners.ProblemOf(endpoint, "process.handover") is { } problem)
            throw new ControlServiceException(problem);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            // Before anybody listens nobody can connect.
            EpollLoop.Checked(Libc.chmod(path, Convert.ToUInt32("600", 8)));
            listener.Listen(4);
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            throw new ControlServiceException(Listeners.Describe(failure, endpoint, "process.handover"));
        }
        var port = new HandoverPort(listener, new SocketFile(path), engine, process, logger);
        _ = Task.Run(port.Accept);
        return port;
    }

    public void Dispose()
    {
        if (_end.IsCancellationRequested)
            return;
        _end.Cancel();
        _file.Remove();
        _listener.Dispose();
    }

    private async Task Accept()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var talk = new HandoverTalk(await _listener.AcceptAsync(_end.Token));
                if (await HandOver(talk))
                    return;
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception failure) when (failure is SocketException or IOException)
            {
                ControlLog.NotHandedOver(_logger, failure.Message);
            }
        }
    }

    private async Task<bool> HandOver(HandoverTalk talk)
    {
        using var closes = talk;
        if (talk.User != FileStatus.UserId && talk.User != 0)
            throw new IOException($"the process that asked belongs to user {talk.User}, not {FileStatus.UserId}");
        talk.Expect(HandoverTalk.Hello);
        await SendListeners(talk);
        talk.Expect(HandoverTalk.Ready);
        await _process.CloseServices();
        try
        {
            talk.Say(HandoverTalk.Yours);
            talk.Expect(HandoverTalk.Took);
        }
        catch (IOException)
        {
            await _process.ReopenServices();
            throw;
        }
        Dispose();
        try
        {
            talk.Say(HandoverTalk.Bye);
        }
        catch (IOException)
        {
            // The other one has the clients, whether it still listens to this one or not.
        }
        await _process.GoAfterHandover();
        return true;
    }

    private async Task SendListeners(HandoverTalk talk)
    {
        var shared = await _engine.ShareListeners();
        try
        {
            // More cannot go along; the rest the other process opens anew, and those in their queues are lost.
            talk.SendListeners([.. shared.Take(DescriptorMail.Max)]);
        }
        finally
        {
            foreach (var listener in shared)
                _ = Libc.close(listener.Descriptor);
        }
    }
}
