using Seawall.Engine.Watch;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>When a server is taken to hang: clock and counters alone.</summary>
public sealed class HangJudgeTests
{
    private const int MsMax = 2_000;

    private readonly HangJudge _judge = new();
    private long _nowMs;

    [Fact]
    public void A_server_that_answers_neither_statement_nor_question_hangs_within_its_time()
    {
        Assert.Equal((HangStep.Ask, 1_000), Until((1, 5, 100)));
        Assert.Equal((HangStep.Hung, 1_800), Until((1, 5, 100)));
    }

    [Fact]
    public void One_that_answers_the_question_has_long_statements_and_is_asked_again_each_second()
    {
        for (var asked = 1; asked <= 10; asked++)
        {
            Assert.Equal(HangStep.Ask, Until((1, 5, 100)).Step);
            _judge.Answered();
        }
        Assert.InRange(_nowMs, 10_000, 11_000);
    }

    [Fact]
    public void One_answer_of_many_is_enough_and_so_is_a_result_that_flows()
    {
        for (var i = 0; i < 100; i++)
            Assert.Equal(HangStep.None, Look((100, i / 10, 0), 50));
        var judge = new HangJudge();
        for (var i = 0; i < 100; i++)
            Assert.Equal(HangStep.None, judge.Note(i * 50, (1, 0, i * HangJudge.FlowBytes / 10), MsMax));
    }

    [Fact]
    public void Drops_are_no_flow() => Assert.Equal(HangStep.Ask, Until((1, 5, 100), bytesEach: 1).Step);

    [Fact]
    public void Nothing_in_flight_is_no_hang_however_long()
    {
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(HangStep.None, Look((0, 5, 100), 50));
    }

    [Fact]
    public void Time_in_which_nobody_looked_does_not_count()
    {
        Look((1, 5, 100), 50);
        // The process was stopped for an hour, and for another one between question and answer.
        Assert.Equal(HangStep.None, Look((1, 5, 100), 3_600_000));
        Assert.Equal(HangStep.Ask, Until((1, 5, 100)).Step);
        Assert.Equal(HangStep.None, Look((1, 5, 100), 3_600_000));
        Assert.InRange(_judge.QuietMs, 1_000, 1_200);
    }

    [Fact]
    public void It_can_be_switched_off()
    {
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(HangStep.None, _judge.Note(i * 50, (1, 5, 100), hangMsMax: 0));
    }

    private HangStep Look((int, long, long) seen, long afterMs) => _judge.Note(_nowMs += afterMs, seen, MsMax);

    // Looks until something is to be done.
    private (HangStep Step, long QuietMs) Until((int InFlight, long Answers, long Bytes) seen, long bytesEach = 0)
    {
        for (var i = 0; i < 1_000; i++)
        {
            var before = _judge.QuietMs;
            seen.Bytes += bytesEach;
            if (Look(seen, 50) is var step and not HangStep.None)
                return (step, step == HangStep.Ask ? _judge.QuietMs : before + 50);
        }
        return (HangStep.None, _judge.QuietMs);
    }
}
