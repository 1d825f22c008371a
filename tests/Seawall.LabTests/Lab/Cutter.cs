using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Seawall.LabTests.Lab;

/// <summary>
/// A port that hands connections on to another one, and cuts the connections of one account at a chosen byte of what they say
/// in one direction, in the middle of a packet as well.
/// </summary>
public sealed class Cutter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();
    private readonly HashSet<Line> _lines = [];
    private readonly byte[] _user;
    private readonly Task _accepting;
    private readonly int _port;
    private long[] _passed = new long[2];
    private long _left = long.MaxValue;
    private bool _cutsAnswers;
    private bool _resets;

    /// <summary>Before a port; whoever logs in with another name is left alone.</summary>
    public Cutter(int port, string user)
    {
        _port = port;
        _user = Encoding.ASCII.GetBytes(user);
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether each byte of an answer, whosever it is, goes on by itself.</summary>
    public bool Drips { get; init; }

    /// <summary>Bytes of the account's connections since the last <see cref="Begin"/>.</summary>
    public (long Towards, long Back) Passed
    {
        get
        {
            lock (_lock)
                return (_passed[0], _passed[1]);
        }
    }

    /// <summary>What is open.</summary>
    public override string ToString()
    {
        lock (_lock)
            return $"{_lines.Count} connections, {_lines.Count(line => line.IsTheirs)} of the account; {_left} bytes to the cut";
    }

    /// <summary>Cuts all connections of the account.</summary>
    public void CutAll()
    {
        lock (_lock)
        {
            foreach (var line in _lines.Where(line => line.IsTheirs).ToArray())
                line.Cut(reset: false);
        }
    }

    /// <summary>
    /// From here on so many bytes pass in one direction; then the connection that carries the next one is cut, with a reset or
    /// without. What belongs to nobody yet, a greeting, is not counted.
    /// </summary>
    public void Begin(long bytes = long.MaxValue, bool answers = false, bool resets = false)
    {
        lock (_lock)
        {
            _passed = new long[2];
            (_left, _cutsAnswers, _resets) = (bytes, answers, resets);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Line[] lines;
        lock (_lock)
            lines = [.. _lines];
        foreach (var line in lines)
            line.Cut(reset: false);
        await Task.WhenAll(lines.Select(line => line.Ends));
        _listener.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var line = new Line(this, await _listener.AcceptSocketAsync());
                lock (_lock)
                    _lines.Add(line);
                line.Begin();
            }
        }
        catch (SocketException)
        {
            // Stopped.
        }
    }

    // How many of these bytes may pass; fewer: then the line is cut.
    private int Admit(Line line, ReadOnlySpan<byte> bytes, bool isAnswer)
    {
        lock (_lock)
        {
            if (!isAnswer && !line.IsTheirs && bytes.IndexOf(_user) >= 0)
                line.IsTheirs = true;
            if (!line.IsTheirs)
                return bytes.Length;
            var count = isAnswer == _cutsAnswers ? (int)Math.Min(bytes.Length, _left) : bytes.Length;
            if (isAnswer == _cutsAnswers && _left != long.MaxValue)
                _left = count < bytes.Length ? long.MaxValue : _left - count; // One is cut, not all that come after it.
            _passed[isAnswer ? 1 : 0] += count;
            return count;
        }
    }

    private sealed class Line(Cutter cutter, Socket client) : IDisposable
    {
        private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        internal bool IsTheirs { get; set; }

        internal Task Ends { get; private set; } = Task.CompletedTask;

        internal void Begin() => Ends = Task.Run(Serve);

        internal void Cut(bool reset)
        {
            try
            {
                if (reset)
                    client.LingerState = _server.LingerState = new LingerOption(true, 0);
            }
            catch (ObjectDisposedException)
            {
                // It was cut at the same time from the other end.
            }
            Dispose();
        }

        public void Dispose()
        {
            client.Dispose();
            _server.Dispose();
        }

        private async Task Serve()
        {
            client.NoDelay = true;
            try
            {
                await _server.ConnectAsync(IPAddress.Loopback, cutter._port);
                await Task.WhenAny(Copy(client, _server, isAnswer: false), Copy(_server, client, isAnswer: true));
            }
            catch (SocketException)
            {
                // Nobody is there.
            }
            Cut(reset: false);
            lock (cutter._lock)
                cutter._lines.Remove(this);
        }

        private async Task Copy(Socket from, Socket to, bool isAnswer)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                while (await from.ReceiveAsync(buffer) is > 0 and var count)
                {
                    var admitted = cutter.Admit(this, buffer.AsSpan(0, count), isAnswer);
                    var piece = isAnswer && cutter.Drips ? 1 : admitted;
                    for (var sent = 0; sent < admitted;)
                        sent += await to.SendAsync(buffer.AsMemory(sent, Math.Min(piece, admitted - sent)));
                    if (admitted < count)
                    {
                        Cut(cutter._resets);
                        return;
                    }
                }
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // Either side has gone.
            }
        }
    }
}
