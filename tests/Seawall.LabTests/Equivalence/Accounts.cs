using Seawall.LabTests.Lab;

namespace Seawall.LabTests.Equivalence;

/// <summary>The two accounts of all sessions, who may do everything, and the role that they have.</summary>
internal static class Accounts
{
    internal const string Password = "right";

    /// <summary>Their names; each has a pool of its own in Seawall.</summary>
    internal static readonly string[] Users = ["eq_one", "eq_two"];

    /// <summary>Makes them.</summary>
    internal static async Task CreateAsync(LabServer server, CancellationToken cancel)
    {
        foreach (var user in Users)
            await server.ExecuteAsync($"create user '{user}'@'%' identified by '{Password}'; grant all on *.* to '{user}'@'%'", cancel);
        if (server.Kind == LabKind.MySql56)
            return;
        await server.ExecuteAsync("create role eq_role", cancel);
        foreach (var user in Users)
            await server.ExecuteAsync($"grant eq_role to '{user}'@'%'", cancel);
    }
}
