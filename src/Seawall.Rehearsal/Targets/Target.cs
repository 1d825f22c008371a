using System.Net.Sockets;
using System.Text;
using Seawall.MySql.Handshakes;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Targets;

/// <summary>One of the two servers that are compared.</summary>
/// <param name="Name"><c>old</c> or <c>new</c>.</param>
/// <param name="Dsn">Where it is.</param>
internal sealed record Target(string Name, Dsn Dsn)
{
    // What Seawall's own sessions log in as: it knows every plugin, and may ask for the server's key.
    private static readonly DriverProfile s_own = DriverProfiles.Find("mysqlconnector")! with { Name = "seawall", ClientName = "seawall" };

    // A server that has just begun to listen greets when it is ready; asked again after that, it may be.
    private static readonly TimeSpan s_greetingMax = TimeSpan.FromSeconds(2);

    /// <summary>The number of the server's process, where somebody said it.</summary>
    public int? Pid { get; init; }

    /// <summary>The server's process, if it is here and may be seen.</summary>
    public ServerProcess? Process => Pid is { } pid ? new ServerProcess(pid) : ServerProcess.Find(Dsn).Process;

    /// <summary>Why what it takes of its machine is not known; empty when it is.</summary>
    public string ProcessMissing => Process is { Cpu: not null } ? ""
        : $"processor time and memory of the {Name} server: {(Pid is { } pid ? $"there is no process {pid}" : ServerProcess.Find(Dsn).Missing)}";

    /// <summary>A session of Seawall's own. Throws <see cref="RehearsalException"/> when there is none.</summary>
    public async Task<ProbeSession> Open(TimeProvider time, CancellationToken cancel)
    {
        var plan = await Dsn.Plan(s_own, cancel) with { MayAskForKey = true };
        var probe = await LoginProbe.Run(plan, time, cancel);
        if (probe.Trace.Outcome.IsIn)
            return new ProbeSession(probe, time);
        probe.Dispose();
        throw new RehearsalException(LoginProblem.Words(this, probe.Trace.Outcome));
    }

    /// <summary>Whether a server answers at all, and be it that it refuses: asked again once, as one may be refused while it has too much to do.</summary>
    public async Task<bool> IsThere(TimeProvider time, CancellationToken cancel)
    {
        var plan = await Dsn.Plan(s_own, cancel) with { MayAskForKey = true };
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var probe = await LoginProbe.Run(plan, time, cancel);
            await probe.Leave(cancel);
            if (!probe.Trace.Outcome.IsSilent)
                return true;
        }
        return false;
    }

    /// <summary>Whether it greets: without a login, from which its cache would know a password.</summary>
    public async Task<bool> Greets(TimeProvider time, CancellationToken cancel)
    {
        const int lengthMax = 8 * 1024;
        var plan = await Dsn.Plan(s_own, cancel);
        using var late = new CancellationTokenSource(s_greetingMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        using var socket = new Socket(
            plan.Address.AddressFamily, SocketType.Stream, plan.Address is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(plan.Address, either.Token);
            await using var stream = new CountingStream(socket);
            return await new PacketPipe(stream).Read(lengthMax, either.Token) is { Span: [Greeting.ProtocolVersion, ..] };
        }
        catch (Exception gone) when (gone is SocketException or IOException || (gone is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>A text without the password of the DSN, should that be in it.</summary>
    public string Hide(string text) => Dsn.Password is { Bytes.Length: > 0 } password
        ? text.Replace(Encoding.UTF8.GetString(password.Bytes), "…", StringComparison.Ordinal) : text;

    /// <summary>Empties its cache of passwords; says why not, where it refuses. Throws <see cref="RehearsalException"/> when there is no session.</summary>
    public async Task<string?> Forget(TimeProvider time, CancellationToken cancel)
    {
        await using var session = await Open(time, cancel);
        return await session.Ask("FLUSH PRIVILEGES", cancel) is { IsOk: false } refused
            ? $"the {Name} server refuses '{Dsn.User}' to empty it (FLUSH PRIVILEGES): {refused.Code} {refused.Words}" : null;
    }

    /// <summary>What a TLS handshake takes there; nothing when the server offers none or none that is spoken here.</summary>
    public async Task<(bool IsOffered, TlsFacts? Facts, string Problem)> TryTls(TimeProvider time, CancellationToken cancel)
    {
        var plan = await Dsn.Plan(s_own, cancel) with { Tls = LoginTls.Full, Authority = null, MayAskForKey = true };
        var probe = await LoginProbe.Run(plan, time, cancel);
        await probe.Leave(cancel);
        return (probe.Offered.HasFlag(Capabilities.Tls), probe.Trace.Tls,
            probe.Trace.Outcome.End == LoginEnd.NoTls ? probe.Trace.Outcome.Words : "");
    }
}
