using System.Diagnostics;
using System.Globalization;
using System.Net;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

/// <summary>
/// Measures what TLS costs; never runs by itself. <c>Seawall.Tests -explicit only -method '*TlsFigures.Memory*'</c>, with
/// <c>SEAWALL_TLS_CLIENTS</c> for another number than 2,000 and <c>SEAWALL_TLS_TOGETHER</c> for how many come at once. The
/// clients are another process: this one is measured.
/// </summary>
public sealed class TlsFigures
{
    [Fact(Explicit = true)]
    public async Task Memory_of_idle_clients()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("SEAWALL_TLS_CLIENTS") ?? "2000", CultureInfo.InvariantCulture);
        using var pki = new TestPki();
        using var host = new LoopHost();
        using var workers = new Workers(2, 2 * count);
        var server = pki.ServerContext();
        List<Wire> wires = [];
        var endpoint = await host.Listen(raw => Accept(raw).Forget(raw.Loop.Report));
        var warm = await Clients(endpoint, pki, 100);
        await Reach(100);
        await Leave(warm);
        var before = ResidentBytes();
        var clients = await Clients(endpoint, pki, count);
        await Reach(count);

        var after = ResidentBytes();
        TestContext.Current.SendDiagnosticMessage(
            $"{count} idle TLS clients: {(after - before) / count} bytes each; {before >> 20} MiB before, {after >> 20} after, "
            + $"managed {GC.GetTotalMemory(true) >> 20} MiB");
        await Leave(clients);

        async LoopTask Accept(Wire raw)
        {
            var wire = (await server.Accept(raw, [], workers)).Wire!;
            await wire.Write(await wire.ReadExactly(64));
            wires.Add(wire);
            await wire.ReadSome(new byte[1]);
            wires.Remove(wire);
            wire.Close();
        }

        async Task Reach(int number)
        {
            while (await host.Do(() => wires.Count) < number)
                await Task.Delay(50);
        }

        async Task Leave(Process process)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            while (await host.Do(() => wires.Count) > 0)
                await Task.Delay(50);
        }
    }

    /// <summary>The other process of <see cref="Memory_of_idle_clients"/>.</summary>
    [Fact(Explicit = true)]
    public async Task Play_the_clients()
    {
        var words = (Environment.GetEnvironmentVariable("SEAWALL_TLS_PEER") ?? "").Split('|');
        if (words.Length != 3)
            return;
        var endpoint = Endpoint.Tcp(IPAddress.Loopback, int.Parse(words[0], CultureInfo.InvariantCulture));
        var context = TestPki.Loaded(TlsClientContext.Load(new TlsClientFiles { Ca = words[1] }, TimeProvider.System));
        using var host = new LoopHost();
        using var workers = new Workers(2, 20_000);
        var together = int.Parse(Environment.GetEnvironmentVariable("SEAWALL_TLS_TOGETHER") ?? "100", CultureInfo.InvariantCulture);
        for (var left = int.Parse(words[2], CultureInfo.InvariantCulture); left > 0; left -= together)
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Min(left, together)).Select(_ => host.Run(async LoopTask<int> () =>
            {
                var wire = (await Door.Dial(host.Loop, endpoint, context, workers)).Wire!;
                await wire.Write(new byte[64]);
                return (await wire.ReadExactly(64)).Length;
            })));
        }
        await Console.In.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Without sockets: the cryptography alone, on each side.</summary>
    [Fact(Explicit = true)]
    public void Processor_time_of_handshakes()
    {
        using var pki = new TestPki();
        var rsa = pki.Issue("rsa", "localhost", rsa: true);
        foreach (var certificate in new[] { pki.Server, rsa })
        {
            var server = TestPki.Loaded(TlsServerContext.Load(
                new TlsServerFiles { Certificate = certificate.Certificate, Key = certificate.Key }, TimeProvider.System));
            Say($"TLS 1.3, {(certificate == rsa ? "RSA 2048" : "P-256")}, full", server, pki.ClientContext(), resumes: false);
            Say($"TLS 1.3, {(certificate == rsa ? "RSA 2048" : "P-256")}, resumed", server, pki.ClientContext(), resumes: true);
        }
    }

    /// <summary>Both ends and the kernel together, over a loopback socket.</summary>
    [Theory(Explicit = true)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Processor_time_of_bytes(bool encrypts)
    {
        const int Rounds = 20_000, Large = 1 << 20, LargeRounds = 200;
        using var pki = new TestPki();
        using var pair = await TlsPair.Make(pki.ServerContext(), pki.ClientContext());
        var accepted = new TaskCompletionSource<Wire>(TaskCreationOptions.RunContinuationsAsynchronously);
        var endpoint = await pair.ServerHost.Listen(accepted.SetResult);
        var client = encrypts ? pair.Client : await pair.ClientHost.Do(() => pair.ClientHost.Loop.Connect(endpoint));
        var server = encrypts ? pair.Server : await accepted.Task;
        await RunAsync(2000, 100, 200);
        var small = await RunAsync(Rounds, 100, 200);
        var large = await RunAsync(LargeRounds, 100, Large);
        TestContext.Current.SendDiagnosticMessage(
            $"encrypts={encrypts}: {small.TotalMicroseconds / Rounds:F1} µs for a round of 100 and 200 bytes, "
            + $"{large.TotalMicroseconds / LargeRounds:F0} µs for one with 1 MiB");

        async Task<TimeSpan> RunAsync(int rounds, int question, int answer)
        {
            var before = Environment.CpuUsage.TotalTime;
            var serving = pair.ServerHost.Run(() => Serve(server, rounds, question, answer));
            await pair.ClientHost.Run(() => Ask(client, rounds, question, answer));
            await serving;
            return Environment.CpuUsage.TotalTime - before;
        }
    }

    private static async LoopTask<bool> Serve(Wire wire, int rounds, int question, int answer)
    {
        var bytes = new byte[answer];
        for (var i = 0; i < rounds; i++)
        {
            await wire.ReadExactly(question);
            for (var sent = 0; sent < answer; sent += Loop.BufferBytes)
            {
                wire.Send(bytes.AsSpan(sent, Math.Min(Loop.BufferBytes, answer - sent)));
                await wire.Flushed();
            }
        }
        return true;
    }

    private static async LoopTask<bool> Ask(Wire wire, int rounds, int question, int answer)
    {
        var bytes = new byte[question];
        for (var i = 0; i < rounds; i++)
        {
            wire.Send(bytes);
            for (var have = 0; have < answer;)
                have += await wire.ReadSome(wire.Loop.Buffer);
        }
        return true;
    }

    private static void Say(string what, TlsServerContext server, TlsClientContext client, bool resumes)
    {
        const int Count = 2000;
        var (serverTicks, clientTicks) = (0L, 0L);
        var sessions = new SessionSlot();
        for (var i = -200; i < Count; i++)
        {
            if (i == 0)
                serverTicks = clientTicks = 0;
            if (!resumes)
                sessions = new SessionSlot();
            var (up, down) = (new MemoryStream(), new MemoryStream());
            var below = new Memory(up, down, sessions);
            var above = new Memory(down, up, null);
            SslStep clientStep = default, serverStep = default;
            SslChannel? c = null, s = null;
            do
            {
                clientTicks += Time(() => clientStep = (c ??= client.OpenChannel("localhost", sessions)!).Handshake(below));
                serverTicks += Time(() => serverStep = (s ??= server.OpenChannel()!).Handshake(above));
            }
            while (clientStep != SslStep.Done || serverStep != SslStep.Done);
            serverTicks += Time(() => s!.Write(above, "x"u8));
            clientTicks += Time(() => Assert.Equal(1, c!.Read(below, new byte[1])));
            Assert.True((resumes && i > -200) == c!.IsResumed, $"{what} {i} {c.Version}");
            serverTicks += Time(() => Close(s!, above));
            clientTicks += Time(() => Close(c, below));
        }
        TestContext.Current.SendDiagnosticMessage($"{what}: server "
            + $"{serverTicks * 1_000_000 / Stopwatch.Frequency / Count} µs, client {clientTicks * 1_000_000 / Stopwatch.Frequency / Count} µs");
    }

    // A session whose connection was dropped without goodbye is not resumed any more.
    private static void Close(SslChannel channel, Memory memory)
    {
        channel.SayGoodbye(memory);
        channel.Dispose();
    }

    private static long Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetTimestamp() - start;
    }

    private sealed class Memory(MemoryStream to, MemoryStream from, SessionSlot? sessions) : ICiphertext
    {
        private int _taken;

        public int Pull(Span<byte> into)
        {
            var count = Math.Min(into.Length, (int)from.Length - _taken);
            from.GetBuffer().AsSpan(_taken, count).CopyTo(into);
            _taken += count;
            return count == 0 ? WireResult.Later : count;
        }

        public int Push(ReadOnlySpan<byte> bytes)
        {
            to.Write(bytes);
            return bytes.Length;
        }

        public bool Keep(nint session)
        {
            sessions?.Keep(session);
            return sessions is not null;
        }
    }

    private static async Task<Process> Clients(Endpoint endpoint, TestPki pki, int count)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-explicit", "only", "-method", "*Play_the_clients"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["SEAWALL_TLS_PEER"] = $"{IPEndPoint.Parse(endpoint.Text).Port}|{pki.Ca}|{count}";
        await Task.Yield();
        return Process.Start(start)!;
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
