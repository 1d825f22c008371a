using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Prepared statements whose tables have changed since: on the connection that knows them from before, and on another one,
/// where they are prepared anew.
/// </summary>
public sealed class ChangedTableTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static MatrixTheoryData<LabKind, bool> Cases =>
        new([LabKind.MariaDb, LabKind.MySql97, LabKind.MySql56], [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Executions_see_the_table_as_it_is_now(LabKind kind, bool elsewhere)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        // Prepared anew, a statement has nothing that would have changed (docs/compatibility.md).
        twins.HideMetadataChange(elsewhere);
        foreach (var change in (string[])
            [
                "alter table changing add column c varchar(10) default 'new'", "alter table changing modify b varchar(20)",
                "alter table changing drop column b", "drop table changing",
                "drop table changing; create table changing (z int, y int, x int, w int)",
            ])
        {
            foreach (var sql in (string[])
                ["select * from changing", "select b from changing where a = ?", "insert into changing values (?, 2)"])
            {
                twins.SameQuery("drop table if exists changing");
                twins.SameQuery("create table changing (a int, b int)");
                twins.SameQuery("insert into changing values (1, 11), (2, 22)");
                object?[] parameters = sql.Contains('?') ? [1] : [];
                await twins.SamePreparedAsync(sql, parameters, async () =>
                {
                    twins.SameQuery(change);
                    if (elsewhere)
                        await seawall.LoseConnectionAsync(server, twins.Through, Cancel);
                });
            }
        }
        twins.AssertSame();
    }
}
