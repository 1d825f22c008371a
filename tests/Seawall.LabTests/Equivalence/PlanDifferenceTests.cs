using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Equivalence;

/// <summary>
/// Goal: flags of columns that follow the server's plan are known as such, and only where the server itself names two plans. Method: the
/// same rows in two tables of which the server believes another number of rows.
/// </summary>
public sealed class PlanDifferenceTests(LabServers lab)
{
    private const string Question = "select a.id, b.s from t a left join m b on a.id = b.id order by a.id";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Flags_of_another_plan_are_known_and_with_one_plan_there_are_none(LabKind kind)
    {
        await using var server = await EquivalenceTests.StartAsync(lab, kind);
        await Accounts.CreateAsync(server, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var ground = new Ground(server, 0);
        ground.Prepare();
        var tally = new Tally();

        await BelieveAsync(ground.Direct, 0);
        await BelieveAsync(ground.Through, 1_000);
        using (var pair = NewPair())
        {
            Assert.Null(pair.Do(Step.Query(Question)));
            Assert.True(pair.IsOver);
        }
        Assert.Contains(KnownDifferences.ColumnOfPlan, $"{tally}", StringComparison.Ordinal);

        await BelieveAsync(ground.Direct, 1_000);
        using var alike = NewPair();
        Assert.Null(alike.Do(Step.Query(Question)));
        Assert.False(alike.IsOver);

        // What it has in its table of statistics, and reads when the table is opened: a table that was empty then is read by its index.
        Task BelieveAsync(string schema, int rows) => server.ExecuteAsync(
            $"update mysql.innodb_table_stats set n_rows = {rows} where database_name = '{schema}' and table_name = 't'; flush table {schema}.t", Cancel);

        Pair NewPair() => new(ground, seawall.Port, new Script(1, RawClient.Usual, []), tally);
    }
}
