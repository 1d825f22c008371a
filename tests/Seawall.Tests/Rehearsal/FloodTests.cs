using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Floods;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>An open load does not wait for what it measures.</summary>
public sealed class FloodTests
{
    private static readonly FloodStep[] s_steps = [new(10, 50), new(5, 400), new(10, 0), new(10, 50)];

    [Fact]
    public void Requests_are_due_at_the_same_times_however_late_one_looks()
    {
        var often = Due(new FloodSchedule(s_steps, new Random(1)), everyMs: 1);
        var rarely = Due(new FloodSchedule(s_steps, new Random(1)), everyMs: 3_000);

        Assert.Equal(often, rarely);
        Assert.Equal(often.Select(due => due.Seconds).Order(), often.Select(due => due.Seconds));
        // The control: another seed is another load.
        Assert.NotEqual(often, Due(new FloodSchedule(s_steps, new Random(2)), everyMs: 1));
    }

    [Fact]
    public void Each_step_has_its_own_rate()
    {
        var due = Due(new FloodSchedule(s_steps, new Random(1)), everyMs: 100);

        // Five times the square root of what is expected is further than chance goes.
        Assert.InRange(due.Count(one => one.Step == 0), 500 - 112, 500 + 112);
        Assert.InRange(due.Count(one => one.Step == 1), 2_000 - 224, 2_000 + 224);
        Assert.DoesNotContain(due, one => one.Step == 2);
        Assert.All(due.Where(one => one.Step == 1), one => Assert.InRange(one.Seconds, 10, 15));
        Assert.All(due.Where(one => one.Step == 3), one => Assert.InRange(one.Seconds, 25, 35));
    }

    [Fact]
    public void Steps_with_one_seed_have_the_same_requests_whatever_was_before()
    {
        FloodStep[] steps = [new(2, 30), new(10, 50, Seed: 7), new(5, 400), new(10, 50, Seed: 7), new(10, 50, Seed: 8), new(2, 30)];
        var schedule = new FloodSchedule(steps, new Random(1));
        var steady = new List<(double AfterMs, int Class)>[steps.Length];
        double[] begin = [0, 2, 12, 17, 27, 37];
        for (var now = 0.0; now < 40; now += 0.001)
        {
            while (schedule.Next(now) is { } due)
                (steady[due.Step] ??= []).Add((Math.Round((due.Seconds - begin[due.Step]) * 1e6) / 1e3, schedule.Dice.Next(100)));
        }

        Assert.InRange(steady[1].Count, 400, 600);
        Assert.Equal(steady[1], steady[3]);
        // The control: another seed is another load.
        Assert.NotEqual(steady[1], steady[4]);
    }

    [Fact]
    public void What_is_answered_too_late_is_not_useful_and_is_told_apart()
    {
        var plan = Plan();
        var ledger = new FloodLedger(plan);
        var first = new FloodRequest(0, 0, plan.Statements[0], 1, DueSeconds: 0.5);
        var second = first with { Class = 1, DueSeconds = 0.7 };
        ledger.Offer(first, lagSeconds: 0.002);
        ledger.Offer(second, lagSeconds: 0.3);
        ledger.Answer(first, tookSeconds: 0.25, isInTime: true);
        ledger.Answer(second, tookSeconds: 1.25, isInTime: false);

        Assert.Equal(new FloodCount(2, 1, 1, 8, 4), ledger.Count(0, 1));
        Assert.Equal(new FloodCount(1, 1, 0, 4, 4), ledger.Count(0, 1, 0));
        Assert.Equal(new FloodCount(1, 0, 1, 4, 0), ledger.Count(0.7, 0.8));
        Assert.Equal(default, ledger.Count(0.8, 5));
        Assert.Equal(0.5, ledger.Count(0, 1).Success);
        Assert.InRange(ledger.LatencyMs(0, 0.99, 0), 250, 255);
        Assert.InRange(ledger.LatencyMs(0, 0.99), 1_250, 1_275);
        // That the load itself was late is seen, and not taken for a fast answer.
        Assert.InRange(ledger.LagMs(0, 0.99), 300, 305);
    }

    [Fact]
    public void Each_request_is_known_with_what_its_tries_heard()
    {
        var ledger = new FloodLedger(Plan());
        var fate = ledger.Offer(new FloodRequest(1, 2, Plan().Statements[0], 1, DueSeconds: 0.5), lagSeconds: 0);
        for (var tries = 0; tries < 100; tries++)
            fate.Note(new FloodTry(tries * 1_000, 12, "1205 reason=wait"));

        Assert.Same(fate, Assert.Single(ledger.Fates));
        Assert.Equal((1, 2, 0.5, 4.0), (fate.Class, fate.Step, fate.DueSeconds, fate.WorkMs));
        Assert.Null(fate.AnsweredMs);
        Assert.Equal(new FloodTry(1_000, 12, "1205 reason=wait"), fate.Failed[1]);
        // Who comes back for ever takes no more room for it.
        Assert.InRange(fate.Failed.Count, 3, 10);
    }

    [Fact]
    public void What_fits_is_what_somebody_who_knows_everything_could_answer_in_time()
    {
        // One after the other, and one that is too long for anybody.
        Assert.Equal(2, FloodFit.Most([(0, 400), (10, 1_100), (20, 500)], 1_000));
        // The long one in front would make two others late.
        Assert.Equal(3, FloodFit.Most([(0, 900), (100, 300), (150, 300), (200, 300)], 1_000));
        // What came before a pause is nobody's fault.
        Assert.Equal(3, FloodFit.Most([(0, 900), (2_000, 600), (2_100, 600), (2_150, 390)], 1_000));
        Assert.Equal(0, FloodFit.Most([], 1_000));

        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var requests = Enumerable.Range(0, 9).Select(_ => (Due: 2_000 * random.NextDouble(), Work: 600 * random.NextDouble()))
                .OrderBy(request => request.Due).ToArray();
            // Everything that could be left out, and what of the rest is in time in the order in which it is due.
            var most = Enumerable.Range(0, 1 << requests.Length).Where(some => AreInTime([.. requests.Where((_, i) => (some & (1 << i)) != 0)]))
                .Max(some => System.Numerics.BitOperations.PopCount((uint)some));
            Assert.Equal(most, FloodFit.Most(requests, 1_000));
        }

        static bool AreInTime((double Due, double Work)[] requests)
        {
            var done = 0.0;
            return Array.TrueForAll(requests, request => (done = Math.Max(done, request.Due) + request.Work) <= request.Due + 1_000);
        }
    }

    [Theory]
    [InlineData(false, 412, "SELECT 7")]
    [InlineData(true, 412, "SELECT 7 /*deadline_ms='412'*/")]
    [InlineData(true, 0, "SELECT 7 /*deadline_ms='1'*/")]
    public void Clients_say_how_long_they_still_wait_if_they_are_to(bool saysDeadlines, long leftMs, string expected)
    {
        var plan = Plan() with { SaysDeadlines = saysDeadlines };

        Assert.Equal(expected, plan.TextOf(new FloodRequest(0, 0, plan.Statements[0], 7, DueSeconds: 0.5), leftMs));
    }

    private static FloodPlan Plan() => new()
    {
        Target = Endpoint.Tcp(System.Net.IPAddress.Loopback, 1),
        Classes = [Class("critical"), Class("normal")],
        Statements = [new FloodStatement("SELECT {0}", 4, 1, 10)],
        Steps = s_steps,
    };

    private static FloodClass Class(string name) => new(name, new Account(name, "%", [], AccountSource.Settings), 0.5, 10);

    private static List<(double Seconds, int Step)> Due(FloodSchedule schedule, int everyMs)
    {
        var all = new List<(double Seconds, int Step)>();
        for (var now = 0.0; now < 40; now += everyMs / 1e3)
        {
            while (schedule.Next(now) is { } due)
                all.Add(due);
        }
        return all;
    }
}
