using Seawall.Rehearsal.Measures;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>How many more statements must give way to locks on a new server until that is no chance.</summary>
public sealed class LockShareTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(0, 1, 0.5)]
    [InlineData(1, 1, 0.75)]
    [InlineData(0, 7, 0.0078125)]
    [InlineData(3, 1, 0.9375)]
    public void The_chance_is_that_of_tossed_coins(int old, int @new, double chance) => Assert.Equal(chance, LockShare.Chance(old, @new), 1e-9);

    [Fact]
    public void Thousands_are_told_apart_as_well()
    {
        Assert.InRange(LockShare.Chance(5_000, 5_000), 0.5, 0.51);
        Assert.InRange(LockShare.Chance(4_800, 5_200), 0, 1e-3);
    }

    [Theory]
    [InlineData(0, 2, 10, 0.1, false)] // Two more are chance, whatever their share.
    [InlineData(0, 3, 10, 0.1, null)]
    [InlineData(0, 7, 10, 0.1, true)]
    [InlineData(0, 7, 10_000, 0.1, false)] // Within the budget.
    [InlineData(40, 60, 10_000, 0.1, null)] // A hundred tosses of a coin are no more even than that, now and then.
    [InlineData(40, 90, 10_000, 0.1, true)]
    public void More_is_what_neither_the_budget_nor_chance_allows(int old, int @new, int statements, double percent, bool? isMore) =>
        Assert.Equal(isMore, LockShare.IsMore(old, @new, statements, percent));
}
