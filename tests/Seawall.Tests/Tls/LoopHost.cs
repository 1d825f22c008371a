using System.Net;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;
using Xunit;

namespace Seawall.Tests.Tls;

/// <summary>A real loop on a thread of its own, for tests that need real sockets; fails the test when the loop met a bug.</summary>
internal sealed class LoopHost : IDisposable
{
    private readonly List<Exception> _bugs = [];

    internal LoopHost(int index = 0)
    {
        Loop = new EpollLoop(index, TimeProvider.System, new Random(index), Note);
        Loop.Start();
    }

    internal EpollLoop Loop { get; }

    /// <summary>Runs something on the loop's thread.</summary>
    internal Task<T> Run<T>(Func<LoopTask<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(LoopJob.From(loop => Complete(work, done).Forget(loop.Report)));
        return done.Task;
    }

    /// <summary>Runs something on the loop's thread that does not wait.</summary>
    internal Task<T> Do<T>(Func<T> work) => Run(() => new LoopTask<T>(work()));

    /// <summary>Listens on loopback; what is accepted is given to <paramref name="serve"/>.</summary>
    internal Task<Endpoint> Listen(Action<Wire> serve) =>
        Do(() => Loop.Listen(Endpoint.Tcp(IPAddress.Loopback, 0), serve).Endpoint);

    public void Dispose()
    {
        Loop.Stop();
        Assert.True(Loop.Join(TimeSpan.FromSeconds(30)), "the loop hangs");
        Loop.Dispose();
        lock (_bugs)
            Assert.Empty(_bugs);
    }

    private static async LoopTask Complete<T>(Func<LoopTask<T>> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(await work());
        }
        catch (Exception failure)
        {
            done.SetException(failure);
        }
    }

    private void Note(Exception bug)
    {
        lock (_bugs)
            _bugs.Add(bug);
    }
}

/// <summary>What tests do with wires, waiting as the data path does.</summary>
internal static class WireTalk
{
    internal static async LoopTask<byte[]> ReadExactly(this Wire wire, int count)
    {
        var all = new byte[count];
        for (var have = 0; have < count;)
        {
            var got = wire.ReadReady ? wire.Receive(all.AsSpan(have)) : WireResult.Later;
            if (got > 0)
                have += got;
            else if (got == WireResult.Later)
                await wire.Readable();
            else
                return all[..have];
        }
        return all;
    }

    /// <summary>The first result of reading that is not "later".</summary>
    internal static async LoopTask<int> ReadSome(this Wire wire, byte[] into)
    {
        while (true)
        {
            var got = wire.ReadReady ? wire.Receive(into) : WireResult.Later;
            if (got != WireResult.Later)
                return got;
            await wire.Readable();
        }
    }

    internal static async LoopTask<bool> Write(this Wire wire, byte[] bytes) => wire.Send(bytes) && await wire.Flushed();

    internal static async LoopTask<bool> Connected(this Wire wire)
    {
        await wire.Writable();
        return !wire.PeerGone;
    }

    internal static async LoopTask<bool> SendPattern(this Wire wire, int length, int chunk, Progress progress)
    {
        var bytes = new byte[chunk];
        for (var sent = 0; sent < length;)
        {
            var count = Math.Min(chunk, length - sent);
            for (var i = 0; i < count; i++)
                bytes[i] = Pattern(sent + i);
            sent += count;
            Volatile.Write(ref progress.Sent, sent);
            if (!wire.Send(bytes.AsSpan(0, count)) || !await wire.Flushed())
                return false;
        }
        return true;
    }

    /// <summary>How many bytes came before the first that is wrong, or the end.</summary>
    internal static async LoopTask<int> ReadPattern(this Wire wire, int length, int chunk)
    {
        var buffer = new byte[chunk];
        for (var have = 0; have < length;)
        {
            var count = await wire.ReadSome(buffer);
            if (count <= 0)
                return have;
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] != Pattern(have + i))
                    return have + i;
            }
            have += count;
        }
        return length;
    }

    private static byte Pattern(int index) => (byte)((index * 7) + (index >> 11));
}

/// <summary>How far a sender has come.</summary>
internal sealed class Progress
{
    internal long Sent;
}
