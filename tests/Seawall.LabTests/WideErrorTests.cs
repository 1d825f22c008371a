using Seawall.LabTests.Lab;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// With results in a character set of two or four bytes for a letter errors of servers have no words, but for those of a change of user, which has
/// brought its own character set by then.
/// </summary>
public sealed class WideErrorTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_change_of_user_that_is_refused_says_why(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "wide", "right", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        foreach (var charset in (string[])["ucs2", "utf16", "utf16le", "utf32", "utf8mb4"])
        {
            foreach (var (password, schema) in ((string, string)[])[("wrong", ""), ("right", "no_such_schema")])
            {
                RawError Refusal(int port)
                {
                    using var client = RawClient.Connect(port, account.User, "right");
                    Assert.Null(client.Query($"set character_set_results = {charset}").Error);
                    var end = client.ChangeUser(account.User, password, schema, 45);
                    Assert.Equal(ErrPacket.Header, end.Head[0]);
                    return RawError.Read(end.Head);
                }

                var expected = Refusal(server.Port);
                Assert.Equal(expected, Refusal(seawall.Port));
                Assert.NotEmpty(expected.Message);
            }
        }
    }
}
