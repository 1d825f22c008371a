using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>What a statement through Seawall changes of accounts is so at the next login through Seawall, and not soon.</summary>
public sealed class AccountChangeTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_privilege_that_is_granted_or_taken_away_is_so_at_the_next_login(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "promoted", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var chief = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.False(SeesOthers(seawall, account));
        using var before = RawClient.Connect(seawall.Port, account.User, "right");

        for (var i = 0; i < 5; i++)
        {
            Assert.Null(chief.Query($"grant process on *.* to {account}").Error);
            Assert.True(SeesOthers(seawall, account));
            Assert.Null(chief.Query($"revoke process on *.* from {account}").Error);
            Assert.False(SeesOthers(seawall, account));
            Assert.Equal("1", before.Query("select 1").FirstValue); // It had no part in it, and has its connection of the pool.
        }
        Assert.Null(chief.Query($"drop user {account}").Error);
        using var dropped = RawClient.Connect(seawall.Port, account.User, "right");
        Assert.Equal(1045, dropped.Refusal?.Code);
    }

    // MariaDB looks at global privileges when a connection is opened.
    [Fact]
    public async Task What_is_granted_to_everybody_is_so_at_the_next_login()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "everyman", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var chief = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.False(SeesOthers(seawall, account));
        try
        {
            Assert.Null(chief.Query("grant process on *.* to public").Error);
            Assert.True(SeesOthers(seawall, account));
        }
        finally
        {
            Assert.Null(chief.Query("revoke process on *.* from public").Error);
        }
        Assert.False(SeesOthers(seawall, account));
    }

    private static bool SeesOthers(SeawallUnderTest seawall, LabAccount account)
    {
        using var client = RawClient.Connect(seawall.Port, account.User, "right");
        return client.Query("select count(*) from information_schema.processlist where user = 'seawall'").FirstValue != "0";
    }
}
