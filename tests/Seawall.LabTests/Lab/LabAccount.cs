namespace Seawall.LabTests.Lab;

/// <summary>An account of a test's own, dropped with it.</summary>
public sealed class LabAccount : IAsyncDisposable
{
    private readonly LabServer _server;

    private LabAccount(LabServer server, string user)
    {
        _server = server;
        User = user;
    }

    public string User { get; }

    /// <summary>Makes an account that may do nothing, with the server's usual plugin or <paramref name="plugin"/>.</summary>
    public static async Task<LabAccount> CreateAsync(
        LabServer server, string user, string password, CancellationToken cancel, string? plugin = null)
    {
        var account = new LabAccount(server, user);
        await account.DropAsync(cancel);
        await server.ExecuteAsync($"create user {account} identified {With(plugin, password)}", cancel);
        return account;
    }

    public Task SetPasswordAsync(string password, CancellationToken cancel) => _server.ExecuteAsync(
        _server.Kind == LabKind.MySql56
            ? $"set password for {this} = password('{password}')"
            : $"alter user {this} identified by '{password}'", cancel);

    public override string ToString() => $"'{User}'@'%'";

    public async ValueTask DisposeAsync() => await DropAsync(CancellationToken.None);

    private static string With(string? plugin, string password) => plugin switch
    {
        null => $"by '{password}'",
        "ed25519" => $"via ed25519 using password('{password}')",
        _ => $"with {plugin} by '{password}'",
    };

    private async Task DropAsync(CancellationToken cancel)
    {
        if (await _server.AskAsync($"select count(*) from mysql.user where user = '{User}'", cancel) != "0")
            await _server.ExecuteAsync($"drop user {this}", cancel);
    }
}
