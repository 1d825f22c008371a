using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Measures;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Xrays;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>What measured logins come to: counts decide by themselves, times only with an interval.</summary>
public sealed class XrayReportTests
{
    private static readonly TargetFacts s_server = new() { Version = "8.4.3", Greeted = "caching_sha2_password" };

    private static readonly XrayAccount s_account = new(
        new AccountClass("mysql_native_password", "mysql_native_password", false, 1, 1), ("a", "a"),
        (new LoginPassword("p"u8), new LoginPassword("p"u8)));

    private static readonly DriverProfile s_driver = DriverProfiles.Find("mysql2")!;

    [Fact]
    public void One_exchange_more_fails_whatever_the_times_are()
    {
        var section = Report(Samples(3, cpu: 100), Samples(4, cpu: 100, isSwitched: true));

        Assert.Equal((Grade.Fail, "3", "4", "+33.3 %"), Line(section, "round trips of a login"));
        Assert.Equal(Grade.Pass, section.Measures.Single(one => one.Name.StartsWith("server CPU", StringComparison.Ordinal)).Grade);
        Assert.Contains(section.Findings, one => one.Words.Contains("AuthSwitch", StringComparison.Ordinal)
            && one.Words.Contains("100 % of logins", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(100, 102, 2, "Pass")]
    [InlineData(100, 300, 20, "Fail")]
    [InlineData(100, 125, 60, "Unknown")]
    public void Processor_time_decides_only_when_the_whole_interval_is_on_one_side(double old, double @new, double noise, string grade)
    {
        var section = Report(Samples(3, old, noise), Samples(3, @new, noise));

        Assert.Equal(grade, section.Measures.Single(one => one.Name.StartsWith("server CPU", StringComparison.Ordinal)).Grade.ToString());
    }

    [Fact]
    public void What_could_not_be_read_is_unknown_unless_nobody_asked()
    {
        var unread = Report(Samples(3, null), Samples(3, null));
        var unasked = Report(Samples(3, null), Samples(3, null), new Budgets { ServerCpuPercent = double.PositiveInfinity });

        Assert.Equal(Grade.Unknown, unread.Measures.Single(one => one.Name.StartsWith("server CPU", StringComparison.Ordinal)).Grade);
        Assert.DoesNotContain(unasked.Measures, one => one.Grade == Grade.Unknown);
    }

    [Fact]
    public void Kinds_for_which_there_was_no_time_are_not_green_because_the_others_are()
    {
        var (all, some) = (Report(Samples(3, 100), Samples(3, 100)), Report(Samples(3, 100), Samples(3, 100), left: 7));

        Assert.DoesNotContain(all.Findings, one => one.Grade == Grade.Unknown);
        var finding = Assert.Single(some.Findings, one => one.Grade == Grade.Unknown);
        Assert.StartsWith("7 kinds of logins were not measured", finding.Words, StringComparison.Ordinal);
    }

    // The server was lost before it was asked for one of this kind.
    [Fact]
    public void A_kind_that_one_server_alone_was_asked_for_is_no_failing_login_and_no_pass()
    {
        var section = Report(Samples(3, 100), new XraySamples(), left: 1);

        Assert.DoesNotContain(section.Measures, one => one.Grade is Grade.Pass or Grade.Fail);
        Assert.Equal(Grade.Unknown, Line(section, "logins that succeed on the old server and fail on the new one").Item1);
    }

    [Fact]
    public void A_segment_that_was_sent_twice_changes_no_count()
    {
        var samples = Samples(3, 100);
        samples.Traces[2] = samples.Traces[2] with { Tcp = samples.Traces[2].Tcp with { DataOut = 9, Retransmits = 1 } };

        Assert.Equal(2, samples.Usual(trace => trace.Tcp.DataOut));
    }

    // The kernel of this machine knows what the server sent again only where the server's socket is its own.
    [Theory]
    [InlineData(20, 20, "1 + 3", null)]
    [InlineData(20, 5, "1 + at least 3", "its end of 15 of 20 logins is not seen on this machine; 1 segment of it came out of order")]
    [InlineData(20, 0, "1 + unknown", "its end of 20 of 20 logins is not seen on this machine; 1 segment of it came out of order")]
    [InlineData(0, 0, "no TCP", null)]
    public void Segments_that_were_sent_again_are_told_each_way_or_unknown(int known, int looked, string shown, string? missing)
    {
        var samples = Samples(3, 100);
        for (var i = 0; i < samples.Traces.Count; i++)
        {
            samples.Traces[i] = samples.Traces[i] with
            {
                Tcp = samples.Traces[i].Tcp with { IsKnown = i < known, Retransmits = i == 0 ? 1 : 0, OutOfOrder = i == 1 ? 1 : 0 },
                PeerTcp = i < looked ? new TcpFacts(true, 4, 4, 2, 2, i == 0 ? 3 : 0, 50) : default,
            };
        }
        var again = SentAgain.Of(samples.Traces);

        Assert.Equal(shown, again.Shown);
        Assert.Equal(missing is null, again.Missing("new") is null);
        Assert.Contains(missing ?? "", again.Missing("new") ?? "", StringComparison.Ordinal);
        Assert.Equal((Grade.Note, shown, shown, ""), Line(Report(samples, samples), "segments sent again, by this side + by the server"));
    }

    [Fact]
    public void An_interval_has_what_is_true_in_it_nearly_always()
    {
        var random = new Random(3);
        var hits = 0;
        for (var turn = 0; turn < 200; turn++)
        {
            var first = Enumerable.Range(0, 20).Select(_ => 100 + (random.NextDouble() * 40)).ToArray();
            var second = Enumerable.Range(0, 20).Select(_ => (100 + (random.NextDouble() * 40)) * 1.3).ToArray();
            var ratio = Interval.Ratio(first, second, random);
            hits += ratio.Low <= 1.3 && ratio.High >= 1.3 ? 1 : 0;
        }

        Assert.InRange(hits, 170, 200);
        Assert.False(Interval.Ratio([1, 2], [1, 2], random).IsKnown);
        Assert.Equal(Side.Both, Interval.None.Against(1));
    }

    private static Section Report(XraySamples old, XraySamples @new, Budgets? budgets = null, int left = 0)
    {
        var seen = new Dictionary<XrayCell, (XraySamples, XraySamples)> { [new(s_account, s_driver, LoginTls.Off, false)] = (old, @new) };
        var drivers = new DriverChoice(new Dictionary<DriverProfile, double> { [s_driver] = 1 }, true, "named");
        return new XrayReport(seen, drivers, s_server, s_server, budgets ?? new Budgets(), new Random(1)) { Left = left }.Make();
    }

    private static XraySamples Samples(int roundTrips, double? cpu, double noise = 0, bool isSwitched = false)
    {
        var samples = new XraySamples();
        var random = new Random(5);
        for (var i = 0; i < 20; i++)
        {
            samples.Traces.Add(new LoginTrace
            {
                Outcome = new LoginOutcome(LoginEnd.In),
                Counts = new LoginCounts(roundTrips, roundTrips - 1, roundTrips - 2, 100, 100),
                Tcp = new TcpFacts(true, 4, 4, 2, 2, 0, 50),
                Phases = new LoginPhases(10, 20, 0, 30 + random.Next(10)),
                IsSwitched = isSwitched,
            });
            if (cpu is { } middle && i % 5 == 0)
                samples.CpuUs.Add(middle + ((random.NextDouble() - 0.5) * noise * 2));
        }
        return samples;
    }

    private static (Grade, string, string, string) Line(Section section, string name)
    {
        var line = section.Measures.Single(one => one.Name == name);
        return (line.Grade, line.Old, line.New, line.Change);
    }
}
