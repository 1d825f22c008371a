using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Seawall.Control;
using Seawall.Control.Metrics;
using Xunit;

namespace Seawall.Tests.Metrics;

public sealed class MetricsEndpointTests : IAsyncDisposable
{
    private readonly ControlStage _stage = new();
    private readonly MetricsEndpoint _endpoint;
    private readonly HttpClient _http = new();

    public MetricsEndpointTests() => _endpoint = new MetricsEndpoint(_stage.Context);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _endpoint.Stop(CancellationToken.None);
        _stage.Dispose();
    }

    [Fact]
    public async Task The_page_keeps_to_the_format_and_says_what_is_so()
    {
        var (status, page, type) = await Get("/metrics");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", type);
        var metrics = Exposition.Read(page);
        Assert.Equal(0, metrics.Value("seawall_clients"));
        Assert.Equal(10_000, metrics.Value("seawall_clients_max"));
        Assert.Equal(0, metrics.Value("seawall_server_up", ("server", "primary")));
        Assert.Equal(200, metrics.Value("seawall_server_connections_max", ("server", "primary")));
        Assert.Equal(0, metrics.Value("seawall_pins_total", ("reason", "temporary_table")));
        Assert.Equal(0, metrics.Value("seawall_loop_unanswered_seconds", ("loop", "2")), 1);
        Assert.True(metrics.Value("process_resident_memory_bytes") > 1e6);
        Assert.True(metrics.Value("process_open_fds") > 3);
    }

    [Fact]
    public async Task The_process_is_well_before_it_is_ready()
    {
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await Probe("/healthz"));

        var (status, words) = await Probe("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("the primary", words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_paths_and_other_verbs_are_refused()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await Probe("/")).Status);
        using var posted = await _http.PostAsync(await Url("/metrics"), null, Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }

    [Fact]
    public async Task With_a_password_only_those_who_show_it_see_the_page()
    {
        _stage.Metrics = _stage.Metrics! with { Password = ControlStage.Secret("p:ss wörd") };

        Assert.Equal(HttpStatusCode.Unauthorized, (await Get("/metrics")).Status);
        foreach (var wrong in new[] { Basic("any", "p:ss"), Basic("any", ""), Bearer("P:ss"), Bearer(""), new("Basic", "!!!"), new("Digest", "x") })
            Assert.Equal(HttpStatusCode.Unauthorized, (await Get("/metrics", wrong)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Get("/metrics", Basic("any", "p:ss wörd"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await Probe("/healthz")).Status);
    }

    [Fact]
    public async Task A_bearer_token_is_the_password_itself()
    {
        _stage.Metrics = _stage.Metrics! with { Password = ControlStage.Secret("token-1") };

        Assert.Equal(HttpStatusCode.OK, (await Get("/metrics", Bearer("token-1"))).Status);
    }

    [Fact]
    public async Task Without_a_password_other_machines_are_never_let_in()
    {
        _stage.Metrics = new(new IPEndPoint(IPAddress.Any, 0), null);

        var failure = await Assert.ThrowsAsync<ControlServiceException>(() => _endpoint.Start(Cancel));
        Assert.Contains("metrics.password", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_that_drops_the_password_closes_the_page_to_other_machines()
    {
        _stage.Metrics = new(new IPEndPoint(IPAddress.Any, 0), ControlStage.Secret("token-1"));
        Assert.Equal(HttpStatusCode.OK, (await Get("/metrics", Bearer("token-1"))).Status);

        _stage.Metrics = _stage.Metrics with { Password = null };
        Assert.Equal(HttpStatusCode.Unauthorized, (await Get("/metrics")).Status);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_its_setting()
    {
        _stage.Metrics = _stage.Metrics! with { Listen = (await Started()).Bound! };
        var second = new MetricsEndpoint(_stage.Context);

        var failure = await Assert.ThrowsAsync<ControlServiceException>(() => second.Start(Cancel));
        Assert.Contains("metrics.listen", failure.Message, StringComparison.Ordinal);
        await second.Stop(Cancel);
    }

    [Fact]
    public async Task A_scraper_that_does_not_leave_is_no_obstacle_to_the_end()
    {
        await Started();
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(_endpoint.Bound!, Cancel);
        await client.GetStream().WriteAsync("GET /metrics HTTP/1.1\r\nHost: a\r\nX-Half: "u8.ToArray(), Cancel);

        await _endpoint.Stop(new CancellationToken(canceled: true));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _http.GetAsync(new Uri($"http://{_endpoint.Bound}/healthz"), Cancel));
    }

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    private async Task<MetricsEndpoint> Started()
    {
        if (_endpoint.Bound is null)
            await _endpoint.Start(Cancel);
        return _endpoint;
    }

    private async Task<Uri> Url(string path) => new($"http://127.0.0.1:{(await Started()).Bound!.Port}{path}");

    private async Task<(HttpStatusCode Status, string Words)> Probe(string path)
    {
        var (status, words, _) = await Get(path);
        return (status, words);
    }

    private async Task<(HttpStatusCode Status, string Page, string? Type)> Get(string path, AuthenticationHeaderValue? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, await Url(path));
        request.Headers.Authorization = authorization;
        using var answer = await _http.SendAsync(request, Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel), answer.Content.Headers.ContentType?.ToString());
    }
}
