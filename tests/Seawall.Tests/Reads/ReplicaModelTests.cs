using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>
/// Replicas that are lost, late or stale (M9, M10, M11 of the matrix), in virtual time: the primary's own work must not notice. Two
/// controls: the same with nothing taken over, and, without a budget, the cascade.
/// </summary>
public sealed class ReplicaModelTests(ITestOutputHelper output)
{
    private const double Share = 0.10;

    [Theory]
    [InlineData(2, 0.6)]
    [InlineData(3, 0.6)]
    [InlineData(3, 0.7)]
    [InlineData(3, 0.8)]
    [InlineData(3, 0.9)]
    [InlineData(5, 0.8)]
    public void A_replica_is_lost_and_the_primary_does_not_notice(int replicas, double load)
    {
        var model = Run(new() { Replicas = replicas, Load = load });
        HoldsThePrimary(model);
        // Those that are left do what they can.
        Assert.True(model.During.ReadGoodput >= Math.Min(0.98, 0.9 * (replicas - 1) / (replicas * load)), model.During.ToString());
    }

    [Fact]
    public void All_replicas_are_lost_and_the_primary_does_not_notice() => HoldsThePrimary(Run(new() { Lost = 3 }));

    // What a primary has to give depends on what it has, and on what it does for itself.
    [Theory]
    [InlineData(1, 0.3)]
    [InlineData(2, 0.3)]
    [InlineData(4, 0.3)]
    [InlineData(4, 0.5)]
    [InlineData(8, 0.1)]
    [InlineData(8, 0.3)]
    [InlineData(32, 0.3)]
    [InlineData(32, 0.6)]
    public void All_replicas_are_lost_of_a_primary_of_another_size(int cores, double own) =>
        HoldsThePrimary(Run(new() { Lost = 3, Cores = cores, OwnLoad = own }));

    // Fast until it stands still: it is slower where it is slow, and typical statements do not tell.
    [Theory]
    [InlineData(8, 0.2, 0.5)]
    [InlineData(8, 0.5, 0.5)]
    [InlineData(8, 0.5, 0.3)]
    [InlineData(2, 0.5, 0.5)]
    public void All_replicas_are_lost_of_a_primary_in_a_container(int cores, double quota, double own) =>
        HoldsThePrimary(Run(new() { Lost = 3, Cores = cores, Quota = quota, OwnLoad = own }), stretchMax: 2);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Replicas_are_late_and_the_primary_does_not_notice(int late) => HoldsThePrimary(Run(new() { Lost = late, AreLate = true }));

    [Fact]
    public void Half_of_the_reads_may_be_late_and_are_answered()
    {
        var model = Run(new() { Lost = 3, AreLate = true, NeedsFresh = 0.5 });
        HoldsThePrimary(model);
        Assert.InRange(model.During.ReadGoodput, 0.49, 0.60);
    }

    // What reads.spill_budget = "none" does; and the same where nothing limits what a server gets, as with a plain fallback.
    [Theory]
    [InlineData(3, 0.8, false)]
    [InlineData(1, 0.8, true)]
    [InlineData(3, 0.8, true)]
    public void Without_a_budget_the_primary_falls_with_its_replicas(int lost, double load, bool hasNoLimits)
    {
        var model = Run(new() { Lost = lost, Load = load, HasNoBudget = true, HasNoLimits = hasNoLimits });
        Assert.True(model.Before.OwnGoodput > 0.99, model.Before.ToString());
        Assert.True(model.During.OwnGoodput < 0.9, model.During.ToString());
    }

    // What it takes is compared with what it would have taken at the same time, had it done nothing for its replicas: before was by chance what
    // it was.
    private static void HoldsThePrimary(ReplicaModel model, double stretchMax = 1.2)
    {
        var without = new ReplicaModel(model.Plan with { SpillShare = 0 }).Run();
        Assert.Equal(0, without.During.Spilled);
        Assert.True(model.During.OwnGoodput >= 0.99 * without.During.OwnGoodput, model.During.ToString());
        Assert.True(model.During.OwnP99 <= stretchMax * without.During.OwnP99, $"{without.During} | {model.During}");
        Assert.True(model.During.SpillMost <= Math.Max(1, ((2 * model.Plan.Cores) + 1) * Share), model.During.ToString());
        Assert.True(model.After.ReadGoodput >= 0.98, model.After.ToString());
        Assert.True(model.After.OwnGoodput >= 0.99, model.After.ToString());
    }

    private ReplicaModel Run(ReplicaPlan plan)
    {
        var model = new ReplicaModel(plan).Run();
        output.WriteLine($"{plan}\nbefore {model.Before}\nduring {model.During}\nafter  {model.After}");
        return model;
    }
}
