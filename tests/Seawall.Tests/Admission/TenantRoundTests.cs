using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Tenants;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>Whose turn it is among tenants, step by step.</summary>
public sealed class TenantRoundTests
{
    private readonly TenantRound _round = new();

    [Fact]
    public void Two_with_the_same_statements_take_turns_and_get_the_same()
    {
        for (var i = 0; i < 100; i++)
        {
            Add(1);
            if (i % 10 == 0)
                Add(2);
        }
        var taken = Take(20, _ => 10);
        Assert.Equal(10, taken.Count(tenant => tenant == 2));
    }

    [Fact]
    public void What_counts_is_what_statements_cost_and_not_how_many_they_are()
    {
        for (var i = 0; i < 400; i++)
        {
            Add(1);
            Add(2);
        }
        var taken = Take(300, tenant => tenant == 1 ? 40 : 4);
        Assert.InRange(taken.Count(tenant => tenant == 2) / (double)taken.Count(tenant => tenant == 1), 8, 12);
    }

    [Fact]
    public void Whoever_comes_back_goes_first_once()
    {
        for (var i = 0; i < 10; i++)
        {
            Add(1);
            Add(3);
        }
        // Both have had their first turns.
        Take(6, _ => 20);
        Add(2);
        Assert.Equal(2, Take(1, _ => 25).Single());
        // He has nobody waiting, and is back before the round has come by.
        Add(2);
        Assert.NotEqual(2, Take(1, _ => 1).Single());
    }

    [Fact]
    public void Whoever_was_alone_owes_for_no_more_than_his_last()
    {
        for (var i = 0; i < 1_000; i++)
            Add(1);
        Take(900, _ => 150);
        for (var i = 0; i < 10; i++)
            Add(2);
        Assert.Contains(1, Take(9, _ => 20));
    }

    [Fact]
    public void Those_who_leave_the_line_leave_no_trace()
    {
        var random = new Random(3);
        var waiting = new List<Told>();
        for (var i = 0; i < 20_000; i++)
        {
            if (random.Next(2) == 0)
                waiting.Add(Add(random.Next(30)));
            else if (waiting.Count > 0 && random.Next(2) == 0)
            {
                var one = waiting[random.Next(waiting.Count)];
                _round.Remove(one);
                waiting.Remove(one);
            }
            else if (_round.Next() is { } queue)
            {
                var next = random.Next(2) == 0 ? queue.Oldest! : queue.Newest!;
                TenantRound.Charge(queue, random.Next(200));
                _round.Remove(next);
                Assert.True(waiting.Remove((Told)next));
            }
            Assert.Equal(waiting.Select(one => one.Tenant).Distinct().Count(), _round.Active);
            Assert.Equal(waiting.Count > 0, _round.Next() is not null);
        }
    }

    private Told Add(int tenant)
    {
        var applicant = new Told();
        applicant.Apply(StatementClass.Normal, 0, 100, "app", 0);
        applicant.Tenant = tenant;
        _round.Add(applicant);
        return applicant;
    }

    private List<int> Take(int count, Func<int, double> costMs)
    {
        var taken = new List<int>();
        for (var i = 0; i < count && _round.Next() is { } queue; i++)
        {
            taken.Add(queue.Tenant);
            TenantRound.Charge(queue, costMs(queue.Tenant));
            _round.Remove(queue.Oldest!);
        }
        return taken;
    }

    private sealed class Told : Applicant
    {
        internal override void Decided()
        {
        }
    }
}
