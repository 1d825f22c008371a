using System.Net;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Xunit;

namespace Seawall.Tests.Topology;

/// <summary>
/// Which server is the primary, in tables of cases. A line has the servers a, b, c, each as a word: <c>rw</c> takes writes, <c>ro</c> does
/// not, <c>down</c>, <c>hung</c>, <c>shut</c> (to the monitoring account), <c>new</c>
/// (not heard yet); then whom it follows, with <c>!</c> when that is broken, <c>~</c> when it was
/// stopped, <c>?</c> when it cannot be seen, and <c>x</c> for a source that is none of them.
/// </summary>
public sealed class TopologyJudgeTests
{
    private const long Now = 1_000_000;

    [Theory]
    // One that takes writes, and replicas of it.
    [InlineData("rw | ro>a | ro>a", "found a")]
    [InlineData("ro>b | rw | ro>b", "found b")]
    // Not before all have been heard, or given up.
    [InlineData("rw | new | ro>a", "unknown -")]
    [InlineData("rw | down | ro>a", "found a")]
    [InlineData("down | ro>a | ro>a", "none -")]
    // A replica that nobody has made read-only is no primary; neither is one that was stopped, while its source takes writes.
    [InlineData("rw | rw>a | ro>a", "found a")]
    [InlineData("rw | rw>a~ | ro>a", "found a")]
    [InlineData("rw | rw>a! | ro>a", "found a")]
    [InlineData("down | rw>a | ro>a", "none -")]
    [InlineData("down | rw>a~ | ro>a", "none -")]
    // Two that follow each other: the one that takes writes.
    [InlineData("rw>b | ro>a", "found a")]
    [InlineData("rw>b | rw>a", "none -")]
    // Somewhere else is somewhere else; what was never reached may be one of them.
    [InlineData("rw>x | ro>a", "found a")]
    [InlineData("rw>y! | ro>a", "none -")]
    // Two primaries are none.
    [InlineData("rw | rw", "split -")]
    [InlineData("rw | rw | ro>a", "split -")]
    [InlineData("rw | rw? ", "split -")]
    // Without the right to see it, a single one that takes writes is believed.
    [InlineData("rw? | ro?", "found a")]
    public void The_first_primary(string servers, string expected) => Assert.Equal(expected, Judged(servers, TopologyFacts.Empty));

    [Theory]
    // A switchover: at once, and not to one that follows.
    [InlineData("ro | ro>a | ro>a", "none a")]
    [InlineData("ro | rw | ro>a", "found b")]
    [InlineData("ro>b | rw | ro>b", "found b")]
    [InlineData("ro | rw>a~ | ro>a", "found b")]
    [InlineData("ro | rw>a | ro>a", "none a")]
    [InlineData("rw>b | rw | ro>a", "found b")]
    // It is gone: nothing before two looks have failed, and then only to one that follows nobody.
    [InlineData("down:100 | ro>a! | ro>a!", "found a")]
    [InlineData("down:600 | ro>a! | ro>a!", "none a")]
    [InlineData("down:600 | rw | ro>a!", "none a")]
    [InlineData("down:2500 | rw | ro>b", "found b")]
    [InlineData("down:2500 | rw>a! | ro>a", "none a")]
    [InlineData("down:2500 | rw>a~ | ro>a", "none a")]
    [InlineData("down:2500 | rw? | ro>a", "none a")]
    [InlineData("down:2500 | rw | rw", "split a")]
    // It hangs: it stays what it is until another was made the primary.
    [InlineData("hung:9000 | ro>a! | ro>a!", "found a")]
    [InlineData("hung:2500 | rw | ro>b", "found b")]
    // It lets the monitoring account in no more: nobody knows how it is.
    [InlineData("shut:9000 | ro>a | ro>a", "found a")]
    [InlineData("shut:9000 | rw | ro>a", "found a")]
    // Both take writes: the one that was may be the one that somebody has given up.
    [InlineData("rw | rw | ro>a", "split a")]
    // Nobody has been heard for long, because Seawall itself was away: nothing changes.
    [InlineData("old | old | old", "found a")]
    [InlineData("old | ro>a | ro>a", "found a")]
    public void The_next_primary(string servers, string expected)
    {
        var before = new TopologyFacts { State = PrimaryState.Found, Primary = new ServerId("a"), Cause = "before" };

        Assert.Equal(expected, Judged(servers, before));
    }

    [Theory]
    [InlineData("rw | ro>a", "found a")]
    [InlineData("ro>b | rw", "found b")]
    [InlineData("down:2500 | rw", "found b")]
    [InlineData("rw | down:2500", "found a")]
    [InlineData("old | old", "split a")]
    [InlineData("rw | rw", "split a")]
    public void The_end_of_a_split(string servers, string expected) =>
        Assert.Equal(expected, Judged(servers, new TopologyFacts { State = PrimaryState.Split, Primary = new ServerId("a"), Cause = "before" }));

    [Theory]
    [InlineData("primary:ro | auto:rw", "fixed a")]
    [InlineData("primary:down | auto:rw", "fixed a")]
    [InlineData("replica:rw | auto:rw", "found b")]
    [InlineData("replica:rw | auto:ro>a", "none -")]
    public void What_the_settings_say_holds(string servers, string expected) => Assert.Equal(expected, Judged(servers, TopologyFacts.Empty));

    [Fact]
    public void Nothing_new_is_the_same_object()
    {
        var first = TopologyJudge.Judge(Servers("rw | ro>a"), TopologyFacts.Empty, Now);

        Assert.Same(first, TopologyJudge.Judge(Servers("rw | ro>a"), first, Now + 100));
        Assert.Equal(1, first.Epoch);
    }

    [Fact]
    public void A_primary_keeps_the_cause_for_which_it_is_one()
    {
        var first = TopologyJudge.Judge(Servers("rw | ro>a | ro>a"), TopologyFacts.Empty, Now);
        var then = TopologyJudge.Judge(Servers("rw | ro>a! | ro>a"), first, Now);

        Assert.NotSame(first, then);
        Assert.Equal((first.Cause, first.Epoch), (then.Cause, then.Epoch));
        Assert.Equal(ReplicationState.Broken, then.Of(new ServerId("b"))!.Replication);
    }

    [Fact]
    public void Every_order_of_news_leads_to_the_same_end_and_never_to_two_primaries()
    {
        // Each server goes from what it was to what it will be; they are heard in all orders.
        string[] before = ["rw", "ro>a", "ro>a"], after = ["ro>b", "rw", "ro>b"];
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        foreach (var order in orders)
        {
            var words = before.ToArray();
            var topology = TopologyJudge.Judge(Servers(string.Join(" | ", words)), TopologyFacts.Empty, Now);
            foreach (var which in order)
            {
                words[which] = after[which];
                topology = TopologyJudge.Judge(Servers(string.Join(" | ", words)), topology, Now);
                // Writes go to one that is known to take them, and to no other that did a moment ago.
                Assert.True(!topology.TakesWrites || words["abc".IndexOf(topology.Primary!.Value.Name, StringComparison.Ordinal)] == "rw",
                    $"{string.Join(" | ", words)}: {topology.State} {topology.Primary}");
            }
            Assert.Equal("found b", Word(topology));
        }
    }

    private static string Judged(string servers, TopologyFacts before) => Word(TopologyJudge.Judge(Servers(servers), before, Now));

    private static string Word(TopologyFacts topology) =>
        $"{topology.State.ToString().ToLowerInvariant()} {topology.Primary?.Name ?? "-"}";

    private static ServerFacts[] Servers(string line) =>
        [.. line.Split('|', StringSplitOptions.TrimEntries).Select((word, i) => Server("abc"[i], word))];

    private static ServerFacts Server(char name, string word)
    {
        var role = word.Split(':') is [("auto" or "primary" or "replica") and var said, var rest] ? (said, rest).said : "auto";
        word = word.StartsWith(role, StringComparison.Ordinal) ? word[(role.Length + 1)..] : word;
        var follows = word.Split('>');
        var (state, ms) = follows[0].Split(':') is [var first, var time] ? (first, long.Parse(time, null)) : (follows[0], 5_000L);
        state = state.TrimEnd('?');
        return new ServerFacts
        {
            Id = new ServerId($"{name}"),
            Endpoint = Endpoint.Tcp(IPAddress.Loopback, 3300 + name),
            Role = role == "primary" ? ServerRole.Primary : ServerRole.Replica,
            IsRoleFixed = role != "auto",
            ServerNumber = name,
            Health = state switch { "new" => ServerHealth.Unknown, "down" => ServerHealth.Down, _ => ServerHealth.Up },
            SeenAtMs = state switch { "new" => null, "old" => Now - 60_000, _ => Now - 500 },
            UnwellSinceMs = state is "down" or "hung" or "shut" ? Now - ms : null,
            Absence = state switch
            {
                "down" => ServerAbsence.Unreachable,
                "hung" => ServerAbsence.Silent,
                "shut" => ServerAbsence.Refusing,
                _ => ServerAbsence.None,
            },
            IsReadOnly = state switch { "rw" => false, "ro" => true, "new" => null, _ => name != 'a' },
            Replication = word.EndsWith('?') ? ReplicationFacts.Unknown
                : ReplicationFacts.Of(follows.Length < 2 ? [] : [SourceOf(follows[1])]),
        };
    }

    private static SourceFacts SourceOf(string word) => new(
        word[0] is 'x' or 'y' ? "elsewhere" : "10.9.9.9", 3306, "", word[0] == 'y' ? 0 : word[0],
        Receives: !word.EndsWith('!') && !word.EndsWith('~'), Applies: !word.EndsWith('~'), IsStopped: word.EndsWith('~'), LagSeconds: null, "");
}
