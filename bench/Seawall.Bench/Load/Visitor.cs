using System.Net;
using System.Text;
using Seawall.Bench.Stub;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Seawall.MySql.Commands;

namespace Seawall.Bench.Load;

/// <summary>Logs in as a client would, with the client's half of the protocol that Seawall itself uses towards servers.</summary>
internal sealed class Visitor : IDisposable
{
    private static readonly byte[] s_quit = [1, 0, 0, 0, (byte)CommandKind.Quit];

    private readonly Account _account = new(StubAnswers.User, "%", [], AccountSource.Settings);
    private readonly ServerKeyCache _keys = new();
    private readonly Lazy<TlsClientContext> _tls = new(NewTls);
    private readonly Workers _workers = new(threads: 1, queueMax: 1024);

    internal Visitor(Loop loop)
    {
        Loop = loop;
        _account.Secrets.LearnPassword(Encoding.UTF8.GetBytes(StubAnswers.Password));
    }

    internal Loop Loop { get; }

    /// <summary>A wire that is logged in, or why there is none.</summary>
    internal async LoopTask<(Wire? Wire, string? Problem)> LogIn(LoadRequest request)
    {
        var server = new ServerFacts
        {
            Id = new ServerId("target"),
            Endpoint = Endpoint.Tcp(IPAddress.Loopback, request.Port),
            Role = ServerRole.Primary,
        };
        var options = new ServerLoginOptions
        {
            Tls = request.Tls == "off" ? ServerTls.Off : ServerTls.Required,
            TlsContext = request.Tls switch { "off" => null, "full" => NewTls(), _ => _tls.Value },
            ConnectMsMax = 10_000,
            LoginMsMax = 10_000,
            Workers = _workers,
        };
        var (login, failure) = await ServerLogin.Run(Loop, server, options, _account, _keys, form: default, attributes: []);
        return (failure is null ? login.Wire : null, failure?.Text);
    }

    /// <summary>Says goodbye and closes, as drivers do.</summary>
    internal static void Leave(Wire wire)
    {
        wire.Send(s_quit);
        wire.Close();
    }

    public void Dispose() => _workers.Dispose();

    // A new one remembers no session. Nobody's identity is verified: the proxy's certificate is self-made.
    private static TlsClientContext NewTls() =>
        TlsClientContext.Load(new TlsClientFiles { Verify = ServerVerification.None }, TimeProvider.System).Context!;
}
