using Seawall.Rehearsal.Measures;
using Xunit;

namespace Seawall.Tests.Rehearsal.Answers;

/// <summary>Latencies of digests: what is slower is found, what is chance is not, and what does not matter is not reported.</summary>
public sealed class DigestLatencyTests
{
    [Fact]
    public void A_digest_that_is_slower_by_three_tenths_is_found_among_hundreds()
    {
        var random = new Random(7);
        var digests = Enumerable.Range(0, 300).Select(at => Digest($"{at}", 60, at == 42 ? 1.3 : 1, random)).ToArray();
        var found = DigestLatencies.Of([.. digests, Digest("planted", 400, 1.3, random)], new Random(1));

        Assert.Equal(LatencyChange.Slower, found.Single(one => one.Digest == "planted").Change);
        Assert.Equal([], found.Where(one => one.Change == LatencyChange.Slower).Select(one => one.Digest).Except(["planted", "42"]));
        Assert.Equal([], found.Where(one => one.Change == LatencyChange.Faster));
        var ratio = found.Single(one => one.Digest == "planted").At!.Value.Ratio;
        Assert.InRange(1.3, ratio.Low, ratio.High);
    }

    [Fact]
    public void Without_any_difference_nothing_is_found()
    {
        var random = new Random(11);
        var alarms = 0;
        for (var run = 0; run < 20; run++)
        {
            var found = DigestLatencies.Of([.. Enumerable.Range(0, 30).Select(at => Digest($"{at}", 120, 1, random))], new Random(run));
            alarms += found.Any(one => one.Change is LatencyChange.Slower or LatencyChange.Faster) ? 1 : 0;
        }

        Assert.InRange(alarms, 0, 1);
    }

    [Fact]
    public void What_is_certain_and_does_not_matter_is_not_reported()
    {
        var random = new Random(3);
        var little = Digest("little", 300, 1.1, random); // Less than 20 %.
        var rare = InTurns("rare", [.. Digest("rare", 20, 3, random).Pairs.Select(pair => (pair.Old / 1e4, pair.New / 1e4))]);
        var few = Digest("few", 4, 5, random);
        var found = DigestLatencies.Of([little, rare, few], new Random(1)).ToDictionary(one => one.Digest);

        Assert.Equal(LatencyChange.None, found["little"].Change);
        Assert.Equal(LatencyChange.None, found["rare"].Change);
        Assert.Equal(LatencyChange.TooFew, found["few"].Change);
    }

    [Fact]
    public void A_tail_that_grew_is_found_although_the_middle_did_not()
    {
        var random = new Random(5);
        var pairs = Enumerable.Range(0, 2_000).Select(at => (Noise(1_000, random), Noise(at % 12 == 0 ? 5_000 : 1_000, random))).ToArray();
        var found = Assert.Single(DigestLatencies.Of([InTurns("tail", pairs)], new Random(1)));

        Assert.Equal((LatencyChange.Slower, true), (found.Change, found.At!.Value.Share > 0.9));
    }

    [Fact]
    public void The_step_up_rule_keeps_what_all_together_are_sure_of()
    {
        // By hand: of five, at 5 %, the bounds are 0.01, 0.02, 0.03, 0.04, 0.05.
        Assert.Equal([true, true, false, false, true], FalseDiscoveries.Stand([0.001, 0.029, 0.2, 0.9, 0.025], 0.05));
        Assert.Equal([false, false], FalseDiscoveries.Stand([0.06, 0.9], 0.05));
        Assert.Empty(FalseDiscoveries.Stand([]));
    }

    [Fact]
    public void Signed_ranks_agree_with_a_table()
    {
        // Ten pairs that all lean to one side: exactly 2/1024; the normal approximation says 0.006.
        var pairs = Enumerable.Range(1, 10).Select(at => (100.0, 100.0 + at)).ToArray();

        Assert.InRange(PairedRatio.SignedRank(pairs), 0.004, 0.008);
        Assert.Equal(1, PairedRatio.SignedRank([.. pairs.Select(_ => (100.0, 100.0))]));
    }

    // A second of other work is in one server's turn, or in two, and the statements are what they were.
    [Theory]
    [InlineData(new[] { 1, 1.0 }, new[] { 1.5, 1 }, LatencyChange.Unclear)]
    [InlineData(new[] { 1, 1.0 }, new[] { 1, 1.6 }, LatencyChange.Unclear)]
    [InlineData(new[] { 1, 1.7, 1.2 }, new[] { 1.5, 1.5, 1.5 }, LatencyChange.Unclear)]
    [InlineData(new[] { 1, 1.6 }, new[] { 1.3, 2.3 }, LatencyChange.Unclear)] // A machine that becomes slower all the time.
    [InlineData(new[] { 1.5, 1.0 }, new[] { 1, 1.0 }, LatencyChange.Unclear)]
    [InlineData(new[] { 1, 1.0 }, new[] { 1.3, 1.3 }, LatencyChange.Slower)]
    [InlineData(new[] { 2, 1.0 }, new[] { 2.6, 1.3 }, LatencyChange.Slower)] // Its pages came from the disk at first.
    [InlineData(new[] { 1, 1.1, 1 }, new[] { 1.4, 1.3, 1.3 }, LatencyChange.Slower)]
    [InlineData(new[] { 1.4, 1.3 }, new[] { 1, 1.0 }, LatencyChange.Faster)]
    [InlineData(new[] { 1.0 }, new[] { 1.3 }, LatencyChange.Unclear)] // One turn each: nothing to hold it against.
    public void What_is_not_in_each_turn_is_no_change(double[] old, double[] @new, object change)
    {
        var random = new Random(13);
        var (olds, news) = (Turns(old), Turns(@new));
        var one = new DigestPairs("one", [.. olds.Zip(news, (before, after) => before.Zip(after).ToArray())],
            [.. olds.Skip(1).Zip(news, (before, after) => before.Zip(after).ToArray())]);

        Assert.Equal(change, Assert.Single(DigestLatencies.Of([one], new Random(1))).Change);

        double[][] Turns(double[] factors) => [.. factors.Select(factor => Enumerable.Range(0, 300).Select(_ => Noise(1_000 * factor, random)).ToArray())];
    }

    [Fact]
    public void Turns_that_do_not_agree_are_told_from_a_server_that_is_slower()
    {
        var random = new Random(17);
        var (even, half) = (Digest("even", 400, 1.3, random), Digest("half", 400, 1, random));
        var (calm, busy) = (half.Turns[0], half.Turns[1].Select(pair => (pair.Old, pair.New * 1.5)).ToArray());

        Assert.InRange(DigestLatencies.Unevenness([even, half])!.Value, 1, 1.15);
        Assert.InRange(DigestLatencies.Unevenness([new DigestPairs("half", [calm, busy], [])])!.Value, 1.3, 1.7);
        Assert.Null(DigestLatencies.Unevenness([new DigestPairs("half", [calm], [])]));
        Assert.Null(DigestLatencies.Unevenness([]));
    }

    private static DigestPairs Digest(string name, int count, double ratio, Random random) =>
        InTurns(name, [.. Enumerable.Range(0, count).Select(_ => (Noise(1_000, random), Noise(1_000 * ratio, random)))]);

    // The first half in one turn, and the others in the next.
    private static DigestPairs InTurns(string name, (double Old, double New)[] pairs)
    {
        var (first, second) = (pairs[..(pairs.Length / 2)], pairs[(pairs.Length / 2)..]);
        return new(name, [first, second], [[.. first.Zip(second, (before, after) => (after.Old, before.New))]]);
    }

    // As latencies are: never below some time, and sometimes far above it.
    private static double Noise(double of, Random random) => of * Math.Exp(0.4 * Normal(random));

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
