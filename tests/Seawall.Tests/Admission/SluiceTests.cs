using Seawall.Engine.Flow.Floodgates;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>The decisions of a sluice, one by one; time is what the test says.</summary>
public sealed class SluiceTests
{
    [Fact]
    public void As_many_pass_as_may_and_the_next_waits_for_one_to_leave()
    {
        var sluice = Open(2);
        Assert.True(sluice.TryPass(0, StatementClass.Normal));
        Assert.True(sluice.TryPass(0, StatementClass.Normal));
        Assert.False(sluice.TryPass(0, StatementClass.Normal));
        var third = Join(sluice, StatementClass.Normal, 10);
        Assert.Equal(Turn.Waiting, third.Turn);

        sluice.Leave(0, StatementClass.Normal, 20, 5);

        Assert.Equal((Turn.Come, 2), (third.Turn, sluice.Running));
    }

    [Fact]
    public void Nobody_slips_past_those_who_wait()
    {
        var sluice = Full(1);
        var first = Join(sluice, StatementClass.Low, 0);
        Assert.False(sluice.TryPass(0, StatementClass.Critical));
        var second = Join(sluice, StatementClass.Low, 1);

        sluice.Leave(0, StatementClass.Normal, 5, 5);
        Assert.Equal((Turn.Come, Turn.Waiting), (first.Turn, second.Turn));
        sluice.Leave(0, StatementClass.Low, 6, 5);
        sluice.Leave(0, StatementClass.Low, 7, 5);
        Assert.Equal((Turn.Come, 0), (second.Turn, sluice.Running));
        Assert.True(sluice.TryPass(0, StatementClass.Low));
    }

    [Fact]
    public void What_continues_passes_though_there_is_no_room()
    {
        var sluice = Full(1);

        sluice.PassAlways(0, StatementClass.Normal, isNew: true);

        Assert.Equal(2, sluice.Running);
        var waits = Join(sluice, StatementClass.Normal, 0);
        sluice.Leave(0, StatementClass.Normal, 1, 1);
        Assert.Equal(Turn.Waiting, waits.Turn);
        sluice.Leave(0, StatementClass.Normal, 2, 1);
        Assert.Equal(Turn.Come, waits.Turn);
    }

    [Fact]
    public void Whoever_has_waited_as_long_as_he_may_is_refused()
    {
        var sluice = Full(1);
        var waits = Join(sluice, StatementClass.Low, 0);

        Assert.Equal(250, sluice.LookAt(waits, 0));
        Assert.Equal(1, sluice.LookAt(waits, 249));
        Assert.Equal(-1, sluice.LookAt(waits, 250));

        Assert.Equal((Turn.Shed, ShedReason.Wait, 250), (waits.Turn, waits.Reason, waits.LimitMs));
    }

    // What is left of 100 ms after a wait of 50 is not enough for one that runs for 60; for one of whom nobody knows it is.
    [Theory]
    [InlineData(60, true)]
    [InlineData(0, false)]
    public void A_place_is_not_for_one_whose_program_will_be_gone(int needMs, bool isRefused)
    {
        var sluice = Full(1);
        var hurried = Join(sluice, StatementClass.Normal, 0, deadlineMs: 100, needMs: needMs);
        var patient = Join(sluice, StatementClass.Normal, 0);
        Assert.Equal(Turn.Waiting, hurried.Turn);

        sluice.Leave(0, StatementClass.Normal, 50, 5);

        Assert.Equal(isRefused ? (Turn.Shed, Turn.Come) : (Turn.Come, Turn.Waiting), (hurried.Turn, patient.Turn));
        Assert.Equal(isRefused ? ShedReason.Deadline : ShedReason.None, hurried.Reason);
    }

    [Fact]
    public void What_it_needs_for_itself_it_does_not_wait()
    {
        var sluice = Full(1);
        var waits = Join(sluice, StatementClass.Normal, 0, deadlineMs: 100, needMs: 60);

        Assert.Equal(40, sluice.LookAt(waits, 0));
        Assert.Equal(-1, sluice.LookAt(waits, 40));

        Assert.Equal((Turn.Shed, ShedReason.Deadline, 100), (waits.Turn, waits.Reason, waits.LimitMs));
        Assert.Equal(ShedReason.Deadline, Join(sluice, StatementClass.Normal, 41, deadlineMs: 50, needMs: 60).Reason);
    }

    [Fact]
    public void A_queue_that_stands_serves_the_newest_and_lets_the_oldest_go()
    {
        var sluice = Full(1);
        var first = Join(sluice, StatementClass.Low, 0);
        var second = Join(sluice, StatementClass.Low, 100);
        sluice.Leave(0, StatementClass.Normal, 200, 1);
        Assert.Equal((Turn.Come, Turn.Waiting), (first.Turn, second.Turn));

        // Somebody has been waiting since 0, which is longer than the 250 ms that one may.
        var third = Join(sluice, StatementClass.Low, 260);
        var fourth = Join(sluice, StatementClass.Low, 261);
        Assert.Equal((Turn.Shed, ShedReason.Standing, 10), (second.Turn, second.Reason, second.LimitMs));
        sluice.Leave(0, StatementClass.Low, 262, 1);
        Assert.Equal((Turn.Waiting, Turn.Come), (third.Turn, fourth.Turn));
        sluice.LookAt(null, 272);
        Assert.Equal(Turn.Shed, third.Turn);

        // Empty again: first come, first served.
        var (fifth, sixth) = (Join(sluice, StatementClass.Low, 300), Join(sluice, StatementClass.Low, 301));
        sluice.Leave(0, StatementClass.Low, 350, 1);
        Assert.Equal((Turn.Come, Turn.Waiting), (fifth.Turn, sixth.Turn));
    }

    [Fact]
    public void One_who_would_wait_too_long_hears_so_at_once()
    {
        var sluice = Open(1);
        for (var now = 0; now < 10_000; now += 200)
        {
            Assert.True(sluice.TryPass(0, StatementClass.Normal));
            sluice.Leave(0, StatementClass.Normal, now + 190, 190);
        }
        Assert.True(sluice.TryPass(0, StatementClass.Normal));
        Turn[] turns = [.. Enumerable.Range(0, 4).Select(_ => Join(sluice, StatementClass.Normal, 10_200).Turn)];

        // Each takes 190 ms: the one behind two waits 380, the one behind three 570.
        Assert.Equal([Turn.Waiting, Turn.Waiting, Turn.Waiting, Turn.Shed], turns);
    }

    [Fact]
    public void The_queue_of_a_class_has_an_end_in_number_and_in_bytes()
    {
        var sluice = Full(2);
        Turn[] turns = [.. Enumerable.Range(0, 9).Select(_ => Join(sluice, StatementClass.Normal, 1).Turn)];
        Assert.Equal(Enumerable.Repeat(Turn.Waiting, 8).Append(Turn.Shed), turns);
        Assert.Equal(Turn.Waiting, Join(sluice, StatementClass.Low, 1, bytes: 20_000_000).Turn);

        var second = Join(sluice, StatementClass.Low, 1, bytes: 1);

        Assert.Equal((Turn.Shed, ShedReason.QueueBytes), (second.Turn, second.Reason));
    }

    [Fact]
    public void Whoever_withdraws_is_out_and_nobody_else_hears_of_it()
    {
        var sluice = Full(1);
        var (first, second) = (Join(sluice, StatementClass.Normal, 0), Join(sluice, StatementClass.Normal, 0));

        Assert.True(sluice.Withdraw(first, 1));
        Assert.False(sluice.Withdraw(first, 1));
        Assert.Equal((Turn.Withdrawn, Turn.Waiting), (first.Turn, second.Turn));
        sluice.Leave(0, StatementClass.Normal, 2, 1);
        Assert.Equal(Turn.Come, second.Turn);
        Assert.False(sluice.Withdraw(second, 3));
    }

    [Fact]
    public void A_class_that_has_less_than_it_is_guaranteed_goes_before_a_higher_one()
    {
        var sluice = Open(20);
        for (var i = 0; i < 20; i++)
            Assert.True(sluice.TryPass(0, StatementClass.Critical));
        var (low, critical) = (Join(sluice, StatementClass.Low, 0), Join(sluice, StatementClass.Critical, 0));

        sluice.Leave(0, StatementClass.Critical, 1, 1);

        Assert.Equal((Turn.Come, Turn.Waiting), (low.Turn, critical.Turn));
    }

    [Fact]
    public void Pages_are_served_whole_or_not_at_all()
    {
        var (whole, begun) = Pages(SluiceParts.None);
        var (controlWhole, controlBegun) = Pages(SluiceParts.Cohorts);

        Assert.True(whole > 1.3 * controlWhole, $"{whole} of {begun} pages; without cohorts {controlWhole} of {controlBegun}");
    }

    [Fact]
    public void Many_at_once_leave_nothing_behind()
    {
        const int Threads = 4;
        var sluice = new Sluice(Threads);
        sluice.Apply(new OverloadOptions { Mode = OverloadMode.Enforce, QueueMaxPerRunning = 1_000 }, 2, 0);
        var most = 0;
        var running = 0;
        var gone = 0;
        var threads = Enumerable.Range(0, Threads).Select(index => new Thread(() =>
        {
            var random = new Random(index);
            for (var i = 0; i < 20_000; i++)
            {
                var which = (StatementClass)(1 + random.Next(4));
                if (!sluice.TryPass(index, which))
                {
                    using var told = new ManualResetEventSlim();
                    var applicant = new Told(told);
                    applicant.Apply(which, 0, 10, "app", Environment.TickCount64);
                    sluice.Join(applicant, Environment.TickCount64);
                    if (random.Next(10) == 0)
                        sluice.Withdraw(applicant, Environment.TickCount64);
                    told.Wait(TestContext.Current.CancellationToken);
                    if (applicant.Turn != Turn.Come)
                    {
                        Interlocked.Increment(ref gone);
                        continue;
                    }
                }
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                Interlocked.Decrement(ref running);
                sluice.Leave(index, which, Environment.TickCount64, 0);
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        // Nobody looks at clocks here: whoever waits too long is found by those who come and go, and at the end by this.
        while (threads.Any(thread => !thread.Join(20)))
            sluice.LookAt(null, Environment.TickCount64);

        var view = sluice.View("db", Environment.TickCount64);
        Assert.Equal((0, 0), (sluice.Running, view.Classes.Sum(one => one.Waiting)));
        Assert.All(view.Classes, one => Assert.Equal(0, one.Running));
        Assert.True(most <= 2, $"{most} ran");
        Assert.Equal(Threads * 20_000, view.Classes.Sum(one => one.Offered));
        Assert.Equal(Threads * 20_000 - gone, view.Classes.Sum(one => one.Passed + one.Admitted));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }

    // Pages of twelve statements, one after the other, at twice what the server can; a page ends with the first that is refused.
    private static (int Whole, int Begun) Pages(SluiceParts leftOut)
    {
        var clock = new ModelClock();
        var server = new ModelServer(clock, ModelRun.Cores);
        var gate = new SluiceGate(clock, server, ModelRun.Limit, leftOut);
        var random = new Random(11);
        var (whole, begun) = (0, 0);
        void Next(int cohort, int left, bool counts)
        {
            if (left == 0)
            {
                whole += counts ? 1 : 0;
                return;
            }
            var request = new ModelRequest(StatementClass.Normal, cohort, 5 + (10 * random.NextDouble()), clock.NowMs);
            gate.Enter(new Attempt(request, isOk =>
            {
                if (isOk)
                    clock.In(1, () => Next(cohort, left - 1, counts));
            }));
        }
        void Arrive()
        {
            var counts = clock.NowMs is > 5_000 and < 15_000;
            begun += counts ? 1 : 0;
            Next(random.Next(128), 12, counts);
            clock.In(-Math.Log(1 - random.NextDouble()) * (12 * 10) / (ModelRun.Cores * 2), Arrive);
        }
        Arrive();
        clock.RunUntil(16_000);
        return (whole, begun);
    }

    private static Sluice Open(int limit)
    {
        var sluice = new Sluice(1);
        sluice.Apply(new OverloadOptions { Mode = OverloadMode.Enforce }, limit, 0);
        return sluice;
    }

    private static Sluice Full(int limit)
    {
        var sluice = Open(limit);
        for (var i = 0; i < limit; i++)
            Assert.True(sluice.TryPass(0, StatementClass.Normal));
        return sluice;
    }

    private static Told Join(Sluice sluice, StatementClass which, long nowMs, int bytes = 100, int deadlineMs = 0, int needMs = 0)
    {
        var applicant = new Told(null);
        applicant.Apply(which, 0, bytes, "app", nowMs);
        (applicant.DeadlineMs, applicant.NeedMs) = (deadlineMs, needMs);
        sluice.Join(applicant, nowMs);
        return applicant;
    }

    private sealed class Told(ManualResetEventSlim? told) : Applicant
    {
        internal override void Decided() => told?.Set();
    }
}
