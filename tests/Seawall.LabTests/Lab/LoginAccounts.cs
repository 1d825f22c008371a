namespace Seawall.LabTests.Lab;

/// <summary>
/// Accounts of one test, named lp_ and something: "open" has no password, "signed" has ed25519, the others what the
/// server gives by itself.
/// </summary>
public sealed class LoginAccounts : IAsyncDisposable
{
    private readonly LabServer _server;
    private readonly string[] _users;

    private LoginAccounts(LabServer server, string[] users)
    {
        _server = server;
        _users = users;
    }

    public static string PasswordOf(string user) => user == "open" ? "" : "pw";

    public static async Task<LoginAccounts> MakeAsync(LabServer server, string[] users, CancellationToken cancel)
    {
        var accounts = new LoginAccounts(server, users);
        if (accounts.HasSigned)
            await server.ExecuteAsync("install soname 'auth_ed25519'", cancel);
        foreach (var user in users)
        {
            await server.ExecuteAsync($"create user lp_{user}@'%' identified "
                + (user == "signed" ? "via ed25519 using password('pw')" : $"by '{PasswordOf(user)}'"), cancel);
        }
        return accounts;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var user in _users)
            await _server.ExecuteAsync($"drop user lp_{user}@'%'", CancellationToken.None);
        if (HasSigned)
            await _server.ExecuteAsync("uninstall soname 'auth_ed25519'", CancellationToken.None);
    }

    private bool HasSigned => _users.Contains("signed");
}
