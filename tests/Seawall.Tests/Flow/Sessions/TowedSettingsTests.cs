using Seawall.Testing;
using Seawall.Testing.Servers;
using Seawall.Tests.Flow.Statements;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>Settings that follow from others, and of which no report tells.</summary>
public sealed class TowedSettingsTests
{
    public static TheoryData<FakeServerKind> Kinds => [FakeServerKind.MySql97, FakeServerKind.MySql56, FakeServerKind.MariaDb1011];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_limit_of_joins_switches_big_ones_off_and_on(FakeServerKind kind)
    {
        const string ask = "SELECT @@max_join_size, @@sql_big_selects";
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var first = world.Client();
        var second = world.Client();
        Assert.True(first.Query("SET sql_big_selects=1").IsOk);
        Assert.True(first.Query("SET max_join_size=1000").IsOk);
        Assert.True(second.Query("SET max_join_size=1000").IsOk);
        Assert.True(second.Query("SET sql_big_selects=1").IsOk);
        var third = world.Client();
        Assert.True(third.Query("SET max_join_size=77, sql_big_selects=1").IsOk);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(["1000", "OFF"], first.Query(ask).Row);
            Assert.Equal(["1000", "1"], second.Query(ask).Row);
            Assert.Equal(["77", "1"], third.Query(ask).Row);
            Assert.Equal(["18446744073709551615", "ON"], world.Client().Query(ask).Row);
        }
    }

    // Columns of text are described with a collation that SET NAMES brings along, and that other settings leave alone.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_collation_of_results_stays_what_it_is(FakeServerKind kind)
    {
        using var world = new EngineWorld(StatementTests.OnePooled(kind));
        var client = world.Client();
        Assert.True(client.Query("SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'").IsOk);
        Assert.True(client.Query("SET character_set_client='latin1'").IsOk);
        Check("utf8mb4_bin", "latin1");
        Assert.True(client.Query("SET character_set_results='utf8mb4'").IsOk);
        Check("utf8mb4_general_ci", "latin1");
        Assert.True(client.Query("SET NAMES 'latin1'").IsOk);
        Check("latin1_swedish_ci", "latin1");
        Assert.True(client.Query("SET character_set_results=''").IsOk);
        Check(null, "latin1");

        void Check(string? ofResults, string ofClient)
        {
            Assert.Equal("utf8mb4", world.Client().Query("SELECT @@character_set_client").Scalar);
            Assert.Equal(ofClient, client.Query("SELECT @@character_set_client").Scalar);
            var session = world.Pooled.Single().Session;
            Assert.Equal(ofResults, world.Server.Collations.GetValueOrDefault(session.CollationOfResults).Name);
        }
    }
}
