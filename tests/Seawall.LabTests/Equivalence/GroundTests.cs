using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests.Equivalence;

/// <summary>What a session leaves is gone before the next one plays in the same schemas, on both sides.</summary>
public sealed class GroundTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Servers do not look after a client while its statement sleeps, and give its lock free afterwards: a connection that is slow to be seen to go.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_named_lock_of_the_session_before_is_waited_for(LabKind kind)
    {
        await using var server = await EquivalenceTests.StartAsync(lab, kind);
        using var ground = new Ground(server, 0);
        using var other = RawClient.Connect(server.Port, "seawall", "seawall");
        ground.Prepare();
        foreach (var name in (string[])[$"{ground.Direct}_x", $"{ground.Through}_y"])
        {
            using (var before = RawClient.Connect(server.Port, "seawall", "seawall"))
            {
                Assert.Equal("1", before.Query($"select get_lock('{name}', 0)").FirstValue);
                before.Send(CommandKind.Query, "do sleep(2)"u8);
            }
            Assert.Equal("0", other.Query($"select is_free_lock('{name}')").FirstValue);

            ground.Prepare();

            Assert.Equal("1", other.Query($"select is_free_lock('{name}')").FirstValue);
        }
    }
}
