using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Seawall.Control.Logs;
using Seawall.Engine.Facts.Topology;

namespace Seawall.Control.Metrics;

/// <summary>
/// <c>/metrics</c> for Prometheus, <c>/healthz</c> and <c>/readyz</c> for whoever starts and balances. Reads only: nothing can
/// be changed here. Off the control loop, on Kestrel's threads.
/// </summary>
public sealed class MetricsEndpoint : IControlService
{
    /// <summary>Connections at one time: a few scrapers and probes.</summary>
    private const int ConnectionsMax = 64;

    private readonly ControlContext _context;
    private WebApplication? _host;

    internal MetricsEndpoint(ControlContext context) => _context = context;

    /// <summary>Where it listens, with the port that the system chose; null before it does.</summary>
    public IPEndPoint? Bound { get; private set; }

    /// <inheritdoc/>
    public async Task Start(CancellationToken cancel)
    {
        var options = _context.Metrics() ?? throw new ControlServiceException("metrics are off (metrics.listen)");
        if (!IPAddress.IsLoopback(options.Listen.Address) && options.Password?.Password is null)
        {
            throw new ControlServiceException($"metrics.listen = {options.Listen} can be reached from other machines: "
                + "set metrics.password, or listen on 127.0.0.1");
        }
        // The empty builder reads no environment, no file and no command line: what is set is set in seawall.toml.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(_context.Logs);
        builder.Services.AddSingleton<IHostLifetime, Guest>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Limit(kestrel, options.Listen));
        var host = builder.Build();
        host.Run(Answer);
        _host = host;
        try
        {
            await host.StartAsync(cancel);
        }
        catch (IOException failure)
        {
            throw new ControlServiceException($"metrics.listen = {options.Listen}: {failure.Message}");
        }
        Bound = PortOf(host, options.Listen);
    }

    /// <inheritdoc/>
    public async Task Stop(CancellationToken cancel)
    {
        if (_host is not { } host)
            return;
        try
        {
            await host.StopAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            // A scraper that takes its page slowly is cut off: the others beside the data path have their end to come to.
        }
        await host.DisposeAsync();
    }

    private static void Limit(KestrelServerOptions kestrel, IPEndPoint listen)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Listen(listen, endpoint => endpoint.Protocols = HttpProtocols.Http1);
    }

    private static IPEndPoint PortOf(WebApplication host, IPEndPoint asked) =>
        host.Urls.FirstOrDefault() is { } url && Uri.TryCreate(url, UriKind.Absolute, out var uri)
            ? new IPEndPoint(asked.Address, uri.Port) : asked;

    private async Task Answer(HttpContext http)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            await Say(http, StatusCodes.Status405MethodNotAllowed, "only GET");
            return;
        }
        switch (http.Request.Path.Value)
        {
            // Probes show no password, and learn no more than yes or no.
            case "/healthz":
                await Say(http, StatusCodes.Status200OK, "ok");
                break;
            case "/readyz":
                var obstacle = Obstacle();
                await Say(http, obstacle is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, obstacle ?? "ready");
                break;
            case "/metrics" when IsAllowed(http):
                await Write(http, StatusCodes.Status200OK, MetricsWriter.ContentType,
                    await MetricsPage.Write(_context.Engine, (_context.Logs as SeawallLoggers)?.LinesLost ?? 0, http.RequestAborted));
                break;
            case "/metrics":
                http.Response.Headers.WWWAuthenticate = "Basic realm=\"seawall\"";
                await Say(http, StatusCodes.Status401Unauthorized, "metrics.password is set: show it, as Basic (any name) or Bearer");
                break;
            default:
                await Say(http, StatusCodes.Status404NotFound, "/metrics, /healthz or /readyz");
                break;
        }
    }

    // Why clients should not be sent here; null when they may.
    private string? Obstacle()
    {
        if (_context.Engine.IsClosing)
            return "going down";
        if (_context.Engine.Bound.Count == 0)
            return "the front door is not open yet";
        return _context.Engine.Facts.Primary switch
        {
            null => "no primary is named",
            { Health: ServerHealth.Down } => "the primary does not answer",
            { Version: null } => "the primary has not answered yet",
            _ => null,
        };
    }

    private bool IsAllowed(HttpContext http)
    {
        // A reload may take the password away, but not make public what must not be.
        if (_context.Metrics()?.Password?.Password is not { } password)
            return Bound is { } bound && IPAddress.IsLoopback(bound.Address);
        var header = http.Request.Headers.Authorization.ToString();
        var shown = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? Encoding.UTF8.GetBytes(header["Bearer ".Length..].Trim())
            : BasicPassword(header);
        var isRight = password.Matches(shown);
        CryptographicOperations.ZeroMemory(shown);
        return isRight && shown.Length > 0;
    }

    private static byte[] BasicPassword(string header)
    {
        const string scheme = "Basic ";
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return [];
        var decoded = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[scheme.Length..].Trim(), decoded, out var length))
            return [];
        var colon = decoded.AsSpan(0, length).IndexOf((byte)':');
        return colon < 0 ? [] : decoded[(colon + 1)..length];
    }

    // Signals are the process's own business: the host's usual lifetime would catch them as well.
    private sealed class Guest : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static Task Say(HttpContext http, int status, string words) => Write(http, status, "text/plain; charset=utf-8", $"{words}\n");

    private static async Task Write(HttpContext http, int status, string type, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        var bytes = Encoding.UTF8.GetBytes(text);
        http.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}
