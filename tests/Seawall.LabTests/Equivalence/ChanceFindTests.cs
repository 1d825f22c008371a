using System.Globalization;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Equivalence;

/// <summary>
/// Goal: what random sessions have found stays repaired. Method: the few lines that were left of each (<see cref="ChanceFinds"/>) are
/// played again, on a direct connection and through Seawall, with a pool of one connection.
/// </summary>
public sealed class ChanceFindTests(LabServers lab)
{
    private const int SessionsMax = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task What_random_sessions_have_found_stays_repaired(LabKind kind)
    {
        await using var server = await EquivalenceTests.StartAsync(lab, kind);
        await Accounts.CreateAsync(server, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Pools = options.Pools with { SizeMax = Math.Max(1, Plan.FromEnvironment()?.Pool ?? 0), WaitMsMax = 15_000 },
        });
        var grounds = Enumerable.Range(0, SessionsMax).Select(number => new Ground(server, number)).ToArray();
        var wrong = new List<string>();
        try
        {
            if (Plan.FromEnvironment() is { Report: { } file } plan)
            {
                Assert.SkipWhen(plan.Server != kind, $"only {plan.Server} was asked for");
                if (new Replay(grounds, seawall.Port) { Say = Console.Error.WriteLine }.Run(await ReadAsync(plan, file)) is { } difference)
                    wrong.Add($"{difference}");
            }
            else
            {
                foreach (var (_, report) in ChanceFinds.All.Where(find => find.On.Length == 0 || find.On.Contains(SessionVariables.Letter(kind))))
                {
                    if (new Replay(grounds, seawall.Port).Run(ReportReader.Read(report)) is { } difference)
                        wrong.Add($"{report}\n{difference}");
                }
            }
        }
        finally
        {
            foreach (var ground in grounds)
                ground.Dispose();
        }
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }
    // A script of a world by its number, or the lines of a report.
    private static async Task<List<Moment>> ReadAsync(Plan plan, string file)
    {
        const string ofWorld = "script:";
        if (!file.StartsWith(ofWorld, StringComparison.Ordinal))
            return ReportReader.Read(await File.ReadAllTextAsync(file, Cancel));
        var script = ScriptMaker.Make(plan.Seed, int.Parse(file[ofWorld.Length..], CultureInfo.InvariantCulture), plan.Server!.Value);
        return [.. script.Steps.Select(step => new Moment(script, step))];
    }
}
