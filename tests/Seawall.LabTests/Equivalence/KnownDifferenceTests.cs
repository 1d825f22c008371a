using Xunit;

namespace Seawall.LabTests.Equivalence;

/// <summary>What is left out of the comparison is left out in every form, and nothing beside it.</summary>
public sealed class KnownDifferenceTests
{
    [Theory]
    [InlineData("6:5:EOF 0 Autocommit, NoIndexUsed", "6:5:EOF 0 Autocommit", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed", "6:5:EOF 0 None", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed, NoBackslashEscapes", "6:5:EOF 0 NoBackslashEscapes", true)]
    [InlineData("6:7:FE000022000000", "6:7:FE000002000000", true)]
    [InlineData("6:7:FE000020000000", "6:7:FE000000000000", true)]
    [InlineData("6:30:OK 0 0 0 0 Autocommit, NoIndexUsed, SessionStateChanged '' Schema =x", "6:30:OK 0 0 0 0 Autocommit, SessionStateChanged '' Schema =x", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed", "6:5:EOF 1 None", false)]
    [InlineData("6:5:EOF 0 Autocommit, NoIndexUsed", "6:5:EOF 0 None", false)]
    [InlineData("6:7:FE000022000000", "6:7:FE000003000000", false)]
    public void Whether_an_index_was_used_is_left_out_and_no_other_flag(string one, string other, bool areAlike) =>
        Assert.Equal(areAlike, KnownDifferences.WithoutIndexFlag(one) == KnownDifferences.WithoutIndexFlag(other));
}
