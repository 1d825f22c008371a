using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Xrays;
using Seawall.Rehearsals;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>What is said to those who want a rehearsal to end sooner; <c>RehearseHandshakeTests</c> has real servers for it.</summary>
public sealed class RehearsalEndTests
{
    private static readonly Target s_old = Of("old", 3306), s_new = Of("new", 3307);

    [Fact]
    public void Who_asks_twice_is_told_which_accounts_are_dropped_where_and_how_to_do_it_by_hand()
    {
        var made = new MadeAccounts();
        Assert.DoesNotContain("DROP USER", RehearsalEnd.Still(made.Statements) + RehearsalEnd.AtOnce(made.Statements), StringComparison.Ordinal);
        foreach (var user in (string[])["seawall_rhs0", "seawall_rhs1"])
        {
            made.Add(s_old, user);
            made.Add(s_new, user);
        }
        made.Remove(s_old);
        made.Add(s_new, "seawall_rhs0"); // Another step of the same rehearsal.

        const string drops = "\n  on the new server (127.0.0.1:3307): DROP USER 'seawall_rhs0'@'%'; DROP USER 'seawall_rhs1'@'%'";
        var still = RehearsalEnd.Still(made.Statements);
        Assert.Contains("which takes at most 30 s", still, StringComparison.Ordinal);
        Assert.EndsWith($"By hand they are dropped so:{drops}", still, StringComparison.Ordinal);
        Assert.EndsWith($"By hand they are dropped so:{drops}", RehearsalEnd.AtOnce(made.Statements), StringComparison.Ordinal);
        Assert.DoesNotContain("old server", still, StringComparison.Ordinal);
        Assert.DoesNotContain("restart", still, StringComparison.Ordinal);
        Assert.Equal("A server is being restarted: the command has 30 s to come to its end, and the server as long to be there. " + still,
            RehearsalEnd.Still(made.Statements, isRestarting: true));
        Assert.StartsWith("The command that restarts a server goes on by itself. Ended at once", RehearsalEnd.AtOnce([], isRestarting: true),
            StringComparison.Ordinal);
    }

    private static Target Of(string name, int port) => new(name, new Dsn { User = "dba", Host = "127.0.0.1", Port = port });
}
