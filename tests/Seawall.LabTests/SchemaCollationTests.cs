using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>The character set of the schema follows the schema, and whoever has set another one in its place.</summary>
public sealed class SchemaCollationTests(LabServers lab)
{
    private const string Ask = "select database(), @@character_set_database, @@collation_database";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task What_a_session_has_set_is_its_own(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("drop database if exists collated; create database collated character set utf8mb4 collate utf8mb4_bin", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Pools = options.Pools with { SizeMax = 1 },
        });
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall", schema: "collated");
        using var through = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "collated");
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "collated");
        foreach (var sql in (string[])["select 1", "set collation_database = latin1_swedish_ci", "select 1", "set @@character_set_database = utf8mb4",
            "set @@session.collation_database = 'utf8mb4_general_ci'", "set collation_database = default", "set character_set_database = latin1",
            "set character_set_database = latin1, collation_database = latin1_bin", "use collated", "set collation_database = latin1_bin"])
        {
            Assert.Equal(direct.Query(sql).Error?.Code, through.Query(sql).Error?.Code);
            for (var i = 0; i < 2; i++)
            {
                Assert.Equal($"{sql}: {direct.Query(Ask)}", $"{sql}: {through.Query(Ask)}");
                Assert.Equal("utf8mb4_bin", other.Query("select @@collation_database").FirstValue);
            }
        }
        Assert.Equal(0, direct.ChangeUser("seawall", "seawall", "collated", 45).Head[0]);
        Assert.Equal(0, through.ChangeUser("seawall", "seawall", "collated", 45).Head[0]);
        Assert.Equal(direct.Query(Ask).ToString(), through.Query(Ask).ToString());
        await server.ExecuteAsync("drop database collated", Cancel);
    }
}
