using System.Net;
using System.Text;
using Seawall.Engine.Flow;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Bench.Stub;

/// <summary>
/// A server that lets everybody in and answers one point select from memory, so that what stands before it is what is
/// measured. One loop.
/// </summary>
internal sealed class StubServer(EpollLoop loop)
{
    private const int CommandMax = 64 * 1024;

    private readonly StubAnswers _answers = new();
    private readonly byte[] _nonce = Encoding.ASCII.GetBytes("01234567890123456789");
    private uint _accepted;

    /// <summary>Serves until its input ends; a line on it asks how many connections were accepted so far.</summary>
    internal static int Serve(int port)
    {
        using var loop = new EpollLoop(0, TimeProvider.System, new Random(1), bug => Console.Error.WriteLine($"stub: {bug}"));
        var stub = new StubServer(loop);
        loop.Start();
        loop.Post(LoopJob.From(_ =>
        {
            loop.Listen(Endpoint.Tcp(IPAddress.Loopback, port), wire => stub.Converse(wire).Forget(loop.Report));
            Console.WriteLine("ready");
        }));
        while (Console.ReadLine() is not null)
            Console.WriteLine(Volatile.Read(ref stub._accepted));
        loop.Stop();
        loop.Join(TimeSpan.FromSeconds(5));
        return 0;
    }

    private async LoopTask Converse(Wire wire)
    {
        var inbox = new Inbox();
        Greet(wire, ++_accepted);
        var isIn = false;
        while (true)
        {
            var arrived = inbox.Take(wire, CommandMax, out var packet);
            if (arrived == InboxResult.Later)
            {
                await wire.Readable();
                continue;
            }
            if (arrived != InboxResult.Packet)
                break;
            wire.Send(isIn ? _answers.To(packet.Payload) : _answers.LoginOk);
            isIn = true;
        }
        inbox.Clear();
        wire.Close();
    }

    private void Greet(Wire wire, uint id)
    {
        var writer = loop.Writer.Clear().Begin(0);
        Greeting.Write(writer, Encoding.ASCII.GetBytes(StubAnswers.Version), id, _nonce, StubAnswers.Spoken, 45,
            ServerStatus.Autocommit, NativePassword.PluginName);
        wire.Send(writer.End().Bytes);
    }
}
