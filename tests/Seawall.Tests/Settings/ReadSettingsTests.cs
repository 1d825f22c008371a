using Xunit;

namespace Seawall.Tests.Settings;

/// <summary>What is said of settings under which replicas in trouble become trouble of the primary.</summary>
public sealed class ReadSettingsTests
{
    private const string Replicas = SettingsFile.Least + """
        [[servers]]
        name = "db2"
        address = "127.0.0.1:3307"
        [monitor]
        user = "m"
        password = "m"
        [reads]
        from = "replicas"

        """;

    [Fact]
    public void Unless_somebody_says_otherwise_the_primary_has_a_budget_for_reads_of_replicas()
    {
        using var file = new SettingsFile(Replicas);

        Assert.False(file.Good().Engine.Reads.SpillsWithoutBudget);
        Assert.DoesNotContain(file.Read().Problems, problem => problem.Message.Contains("spill", StringComparison.Ordinal));
    }

    [Fact]
    public void That_the_primary_is_not_protected_is_said_aloud()
    {
        using var file = new SettingsFile(Replicas + "spill_budget = \"none\"\n");

        Assert.True(file.Good().Engine.Reads.SpillsWithoutBudget);
        var said = Assert.Single(file.Read().Problems, problem => problem.Message.Contains("spill", StringComparison.Ordinal));
        Assert.False(said.IsError);
        Assert.StartsWith("reads.spill_budget = \"none\": THE PRIMARY IS NOT PROTECTED", said.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spill_budget = \"none\"\nspill_share = 0", true, "reads.spill_share = 0 keeps all reads of replicas off the primary")]
    [InlineData("spill_budget = \"none\"\nspill_share = 10", false, "reads.spill_share does nothing with reads.spill_budget = \"none\"")]
    [InlineData("spill_budget = \"unlimited\"", true, "reads.spill_budget = \"unlimited\": it must be \"measured\" or \"none\"")]
    public void What_does_not_go_together_is_said(string set, bool isError, string message)
    {
        using var file = new SettingsFile(Replicas + set + "\n");

        Assert.Contains(file.Read().Problems, problem => problem.IsError == isError && problem.Message.StartsWith(message, StringComparison.Ordinal));
    }
}
