using CsCheck;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Flow.Reads;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>How much of the reads each replica gets: who comes back begins with little, who is slow or fails gets none if it can be missed.</summary>
public sealed class ReplicaCareTests
{
    private const int Weight = 64;

    private readonly ReplicaCare _care = new(new Random(1));
    private readonly List<ReplicaNews> _news = [];
    private One[] _all = [new("a"), new("b"), new("c")];
    private long _nowMs;

    [Fact]
    public void Who_is_there_from_the_start_gets_its_whole_share_at_once()
    {
        Run(3_000);
        Assert.All(_care.Standings, standing => Assert.Equal(ReadPart.Full, standing.Part));
        Assert.Empty(_news);
    }

    [Fact]
    public void Who_comes_back_begins_with_little_and_gets_twice_as_much_each_second()
    {
        Run(1_000);
        _all[0].IsThere = false;
        Run(5_000);
        _all[0].IsThere = true;
        List<int> rooms = [];
        for (var i = 0; i < 6; i++)
        {
            Run(100);
            rooms.Add(Of("a").Room);
            Run(900);
        }
        Assert.Equal([6, 12, 24, 48, int.MaxValue, int.MaxValue], rooms);
        Assert.Equal(["returning", "full"], Said("a"));
    }

    [Fact]
    public void Who_was_late_for_a_moment_gets_its_whole_share_and_who_was_late_for_long_does_not()
    {
        Run(1_000);
        _all[0].IsFresh = false;
        Run(ReplicaStanding.ColdMs - 1_000);
        _all[0].IsFresh = true;
        Run(100);
        Assert.Equal(ReadPart.Full, Of("a").Part);

        _all[0].IsFresh = false;
        Run(ReplicaStanding.ColdMs + 1_000);
        _all[0].IsFresh = true;
        Run(100);
        Assert.Equal(ReadPart.Returning, Of("a").Part);
    }

    [Fact]
    public void Who_is_added_later_begins_with_little()
    {
        Run(ReplicaCare.BootMs + 100);
        _all = [.. _all, new("d")];
        Run(100);
        Assert.Equal(ReadPart.Returning, Of("d").Part);
    }

    [Fact]
    public void Who_is_much_slower_than_the_others_is_set_aside_and_comes_back_when_its_reads_are_well()
    {
        _all[1].ReadMs = 100;
        Run(6_000);
        Assert.Equal((ReadPart.Aside, 0), (Of("b").Part, Of("b").Room));
        Assert.Contains("a read takes 100 ms there, and 9 ms elsewhere", Last("b").Cause, StringComparison.Ordinal);

        _all[1].ReadMs = 9;
        Run(20_000);
        Assert.Equal(["aside", "returning", "full"], Said("b"));
    }

    [Fact]
    public void Who_is_still_slow_is_set_aside_again_and_for_longer()
    {
        _all[1].ReadMs = 100;
        Run(90_000);
        Assert.Equal(["aside", "returning", "aside", "returning", "aside", "returning"], Said("b").Take(6));
        var asideMs = _times.Where(time => time.Server == "b").Chunk(2).Take(3).Select(pair => pair[1].AtMs - pair[0].AtMs).ToArray();
        Assert.InRange(asideMs[0], 8_000, 12_100);
        Assert.InRange(asideMs[1], 16_000, 24_100);
        Assert.InRange(asideMs[2], 24_000, 36_100);
    }

    [Fact]
    public void Who_fails_where_the_others_do_not_is_set_aside_however_fast_it_fails()
    {
        (_all[2].ReadMs, _all[2].Fails) = (0, true);
        Run(6_000);
        Assert.Equal(ReadPart.Aside, Of("c").Part);
        Assert.Contains("100 of 100 reads fail there, and 0 elsewhere", Last("c").Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void When_reads_fail_everywhere_it_is_nobodys_fault()
    {
        foreach (var one in _all)
            one.Fails = true;
        Run(10_000);
        Assert.Empty(_news);
    }

    [Fact]
    public void Who_is_slow_and_cannot_be_missed_goes_on()
    {
        foreach (var one in _all)
            one.Running = 45; // 135 of 192: 128 at 0.9 are not enough.
        _all[1].ReadMs = 100;
        Run(10_000);
        Assert.Equal(["kept"], Said("b"));
        Assert.Contains("the others can run 128, and 135 do", Last("b").Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(6, 2)]
    [InlineData(9, 3)]
    public void No_more_are_set_aside_than_so_many(int replicas, int most)
    {
        _all = [.. Enumerable.Range(0, replicas).Select(i => new One($"r{i}"))];
        // Fewer than half, or they are what is usual.
        foreach (var one in _all.Take(Math.Max(1, (replicas - 1) / 2)))
            one.ReadMs = 200;
        var seen = 0;
        for (var i = 0; i < 200; i++)
        {
            Run(100);
            seen = Math.Max(seen, _care.Standings.Count(standing => standing.Part == ReadPart.Aside));
        }
        Assert.Equal(most, seen);
    }

    [Fact]
    public void When_too_few_are_left_nobody_stays_aside_and_that_ends_when_it_has_been_enough_for_a_while()
    {
        _all[1].ReadMs = 100;
        Run(6_000);
        Assert.Equal(ReadPart.Aside, Of("b").Part);
        _all[0].IsThere = false;
        Run(300);
        Assert.True(_care.IsShort);
        Assert.Equal(ReadPart.Full, Of("b").Part);

        // There are two again by that, and it is not short for ever; but the one that is slow cannot be missed.
        Run(20_000);
        Assert.False(_care.IsShort);
        Assert.Equal(ReadPart.Full, Of("b").Part);
        _all[0].IsThere = true;
        Run(10_000);
        Assert.Equal(ReadPart.Aside, Of("b").Part);
        Assert.Equal(["short", "enough"], Said(null));
    }

    [Fact]
    public void Replicas_that_were_never_well_are_not_missed()
    {
        foreach (var one in _all)
            one.IsFresh = false;
        Run(5_000);
        Assert.False(_care.IsShort);
    }

    [Fact]
    public void Whatever_happens_those_that_are_left_can_do_half() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[1, 3_000]).Array[1, 60].Sample(changes =>
        {
            var all = Enumerable.Range(0, 6).Select(i => new One($"r{i}")).ToArray();
            var care = new ReplicaCare(new Random(2));
            long now = 0;
            foreach (var (which, what, pause) in changes)
            {
                var one = all[which];
                (one.IsThere, one.ReadMs, one.Fails) = what switch
                {
                    0 => (true, 9, false),
                    1 => (false, 9, false),
                    2 => (true, 300, false),
                    _ => (true, 1, true),
                };
                for (var end = now + pause; now < end; now += 100)
                {
                    care.Look(Looks(all), 3, now);
                    var aside = care.Standings.Count(standing => standing.Part == ReadPart.Aside);
                    var left = care.Standings.Count(standing => standing.IsWell);
                    if (aside > 2 || (aside > 0 && left < 2 && !care.IsShort) || (care.IsShort && aside > 0))
                        return false;
                }
            }
            return true;
        });

    private readonly List<(string Server, long AtMs)> _times = [];

    private void Run(int ms)
    {
        for (var end = _nowMs + ms; _nowMs < end; _nowMs += 100)
        {
            var news = _care.Look(Looks(_all), slowFactor: 3, _nowMs);
            _news.AddRange(news);
            _times.AddRange(news.Where(one => one.Server is not null).Select(one => (one.Server!, _nowMs)));
        }
    }

    // Each gets twenty reads in a look.
    private static ReplicaLook[] Looks(One[] all)
    {
        foreach (var one in all.Where(one => one is { IsThere: true, IsFresh: true }))
        {
            var tally = one.Tally;
            one.Tally = new(tally.Reads + 20, tally.Failed + (one.Fails ? 20 : 0), tally.Pace + (20 * ReadTally.PaceOf(one.ReadMs)));
        }
        return [.. all.Select(one => new ReplicaLook(one.Name, one.IsThere, one.IsFresh, Weight, one.Running, one.Tally))];
    }

    private ReplicaStanding Of(string name) => _care.Standings.Single(standing => standing.Name == name);

    private string[] Said(string? name) => [.. _news.Where(news => news.Server == name).Select(news => news.To)];

    private ReplicaNews Last(string name) => _news.Last(news => news.Server == name);

    private sealed class One(string name)
    {
        internal string Name { get; } = name;

        internal bool IsThere { get; set; } = true;

        internal bool IsFresh { get; set; } = true;

        internal int Running { get; set; } = 10;

        internal int ReadMs { get; set; } = 9;

        internal bool Fails { get; set; }

        internal ReadTally Tally { get; set; }
    }
}
