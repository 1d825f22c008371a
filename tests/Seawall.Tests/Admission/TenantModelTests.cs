using Seawall.Engine.Flow.Floodgates;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>
/// One of fifty who wants far more than his share: a row of the overload design's matrix in virtual time, with a control that does without the
/// mechanism.
/// </summary>
public sealed class TenantModelTests(ITestOutputHelper output)
{
    private const int Tenants = 50;
    private const ulong Offender = 1;

    // M14
    [Theory]
    [InlineData(LimitMode.Fixed, 20, 4)]
    [InlineData(LimitMode.Fixed, 100, 4)]
    [InlineData(LimitMode.Fixed, 20, 40)]
    [InlineData(LimitMode.Adaptive, 20, 4)]
    public void One_of_fifty_tenants_at_many_times_his_load_takes_nothing_from_the_others(LimitMode limit, int times, double workMs)
    {
        var (others, own, least) = Run(limit, SluiceParts.None, times, workMs);
        var (otherControl, ownControl, leastControl) = Run(limit, SluiceParts.Tenants, times, workMs);

        output.WriteLine($"{times} times, {workMs} ms: others {others:0.000} (the least of them {least:0.000}), the offender had {own:0.000} of the server; "
            + $"control {otherControl:0.000} ({leastControl:0.000}), {ownControl:0.000}");
        Assert.True(others >= 0.98, $"others {others:0.000}");
        Assert.True(least >= 0.95, $"the least {least:0.000}");
        // What the others leave, which is more than a fiftieth.
        Assert.InRange(own, 0.07, 0.2);
        Assert.True(otherControl < 0.95, $"control: others {otherControl:0.000}");
    }

    // All want 0.017 of the server, together 0.85; one of them more. Returns what the others got of what they wanted, what the offender had of the
    // server, and what the least lucky of the others got.
    private static (double Others, double Own, double Least) Run(LimitMode limit, SluiceParts leftOut, int times, double offendersMs)
    {
        const double each = 0.85 / Tenants;
        var random = new Random(7);
        var meanMs = (0.85 * 4) + (0.15 * 20);
        // By number of requests: the offender's may be of another size.
        var offenders = times * each / offendersMs;
        var shareOfOffender = offenders / (offenders + ((Tenants - 1) * each / meanMs));
        var run = new ModelRun(
            (clock, server) => new SluiceGate(clock, server, limit == LimitMode.Adaptive ? 100 : ModelRun.Limit, leftOut,
                ModelRun.Finds with { Limit = limit }),
            (clock, gate) => new ModelLoad(clock, gate, 3)
            {
                Mix = [(StatementClass.Normal, 1)],
                Work = dice => dice.NextDouble() < 0.85 ? 4 : 20,
                With = request => random.NextDouble() < shareOfOffender
                    ? request with { Tenant = Offender, WorkMs = offendersMs, Shape = 1_000 }
                    : request with { Tenant = Offender + 1 + (ulong)random.Next(Tenants - 1) },
            });
        var (wanted, got) = (new double[Tenants + 1], new double[Tenants + 1]);
        run.Load.Wanted = request => Add(wanted, request);
        run.Load.Answered = (request, _) => Add(got, request);
        var perSecond = ModelRun.Cores * 1_000 * (offenders + ((Tenants - 1) * each / meanMs));
        run.At(perSecond / ModelRun.Capacity, 22_000);
        var others = Enumerable.Range((int)Offender + 1, Tenants - 1).ToArray();
        return (others.Sum(i => got[i]) / others.Sum(i => wanted[i]), got[Offender] / (ModelRun.Cores * 18_000),
            others.Min(i => got[i] / wanted[i]));

        static void Add(double[] sums, ModelRequest request)
        {
            if (request.AtMs is > 3_000 and < 21_000)
                sums[request.Tenant] += request.WorkMs;
        }
    }
}
