using System.Text;
using CsCheck;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Watch.Positions;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>What a session must find on a server, and what is known of what a server has.</summary>
public sealed class FreshnessTests
{
    private const string A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    private const string B = "8f234f5c-e9bf-11f1-baa9-02fc00000001";

    private readonly GtidSources _sources = new();
    private readonly FreshnessSlot _primary = new();
    private readonly FreshnessSlot _one = new();
    private readonly FreshnessSlot _two = new();
    private readonly ReadMemory _memory = new();
    private long _tick;

    [Theory]
    [InlineData(A + ":1-5", 5)]
    [InlineData(A + ":1-5:7-9", 5)]
    [InlineData(A + ":7-9", 0)]
    [InlineData(A + ":1-5:6-9", 9)]
    [InlineData("", 0)]
    public void Only_what_has_no_gap_before_it_counts(string set, long applied) =>
        Assert.Equal(applied, Position(set).Of(_sources.Find(Number(A), "")));

    [Fact]
    public void Tags_are_sources_of_their_own()
    {
        var position = Position($"{A}:1-5:mail:1-2,{B}:1-9");
        Assert.Equal([5, 2, 9], new[] { _sources.Find(Number(A), ""), _sources.Find(Number(A), "mail"), _sources.Find(Number(B), "") }
            .Select(position.Of));
        Assert.Equal($"{A}:mail:2", _sources.Spell(new(_sources.Find(Number(A), "mail"), 2)));
        Assert.Equal($"{A}:mail:1-2", _sources.SpellAllUpTo(new(_sources.Find(Number(A), "mail"), 2)));
    }

    [Fact]
    public void What_makes_no_sense_is_no_position()
    {
        Assert.Null(ServerPosition.Read("x"u8, isMariaDb: false, _sources, null, 1, 1));
        Assert.Null(ServerPosition.Read("0-1"u8, isMariaDb: true, _sources, null, 1, 1));
    }

    [Fact]
    public void There_is_an_end_to_sources_that_are_made_up()
    {
        for (uint domain = 0; domain < GtidSources.CountMax; domain++)
            Assert.Equal((int)domain, _sources.Find(domain));
        Assert.Equal(-1, _sources.Find(99_999));
        Assert.Equal(7, _sources.Find(7));
    }

    [Fact]
    public void A_session_that_has_done_nothing_may_read_from_whom_something_is_known()
    {
        Assert.False(MayRead(_one));
        Say(_one, "0-1-1");
        Assert.True(MayRead(_one));
    }

    [Fact]
    public void A_write_is_read_where_it_has_arrived()
    {
        Say(_one, "0-1-41");
        Write("0-1-42");
        Assert.False(MayRead(_one));
        Assert.Equal(42, _memory.FirstMissing(_one.Position!)!.Value.Sequence);
        Say(_one, "0-1-42");
        Assert.True(MayRead(_one));
    }

    [Fact]
    public void Who_has_read_somewhere_goes_on_there_or_where_as_much_is()
    {
        Say(_one, "0-1-10");
        Say(_two, "0-1-10");
        _memory.NoteSeen(_one, _tick);
        Assert.True(MayRead(_one));
        Assert.False(MayRead(_two)); // The other may have gone on between its last word and the read.
        Say(_two, "0-1-12");
        Assert.False(MayRead(_two));
        Say(_one, "0-1-12"); // Asked since: it has shown no more than this.
        Assert.True(MayRead(_two));
    }

    [Fact]
    public void Who_has_read_on_the_primary_waits_until_it_was_asked()
    {
        Say(_one, "0-1-10");
        Say(_primary, "0-1-10");
        _memory.NoteSeen(_primary, _tick);
        Assert.False(MayRead(_one));
        Say(_primary, "0-1-11");
        Assert.False(MayRead(_one));
        Say(_one, "0-1-11");
        Assert.True(MayRead(_one));
        Assert.False(_memory.IsOpen);
    }

    [Fact]
    public void A_server_that_may_have_gone_back_says_nothing_of_what_it_has_shown()
    {
        Say(_one, "0-1-10");
        _memory.NoteSeen(_one, _tick);
        _one.BeginAnew();
        Say(_one, "0-1-9");
        Assert.False(MayRead(_one));
        Say(_primary, "0-1-10");
        Assert.False(MayRead(_one));
        Say(_one, "0-1-10");
        Assert.True(MayRead(_one));
    }

    [Fact]
    public void A_write_that_ends_all_makes_earlier_sights_of_no_account()
    {
        Say(_one, "0-1-42");
        _memory.NoteSeen(_primary, _tick);
        Assert.False(MayRead(_one));
        Write("0-1-42");
        Assert.True(MayRead(_one));
    }

    [Fact]
    public void More_sources_than_are_kept_are_a_moment_of_the_primary()
    {
        for (var domain = 0; domain <= ReadMemory.TokensMax; domain++)
            _memory.NoteWrite(new(_sources.Find((uint)domain), 5), endsAll: false, _primary, _tick);
        Assert.Equal(ReadMemory.TokensMax, _memory.Tokens.Count());
        Say(_one, "0-1-5,1-1-5,2-1-5,3-1-5,4-1-5");
        Assert.False(MayRead(_one));
        Say(_primary, "0-1-5,1-1-5,2-1-5,3-1-5,4-1-5");
        Assert.True(MayRead(_one));
    }

    [Fact]
    public void What_the_primary_lacks_as_well_is_lost()
    {
        Say(_primary, "0-1-41");
        Write("0-1-42");
        Assert.False(_memory.IsLost(_primary)); // It was asked before.
        Say(_primary, "0-2-41");
        Assert.True(_memory.IsLost(_primary));
        Say(_primary, "0-2-42");
        Assert.False(_memory.IsLost(_primary));
    }

    // A world of one writer and late replicas, in which a session must never see what is older than it has seen.
    [Fact]
    public void No_order_of_events_lets_a_session_read_what_is_older() =>
        Gen.Select(Gen.Int[0, 8], Gen.Int[0, 2]).Array[1, 120].Sample(steps =>
        {
            var sources = new GtidSources();
            var servers = new[] { new FreshnessSlot(), new FreshnessSlot(), new FreshnessSlot() };
            long[] has = [1, 1, 1];
            var memory = new ReadMemory();
            long tick = 0, seen = 0;
            foreach (var (what, who) in steps)
            {
                switch (what)
                {
                    case 0: // Somebody else writes.
                        has[0]++;
                        break;
                    case 1: // The session does, and hears its number.
                        seen = ++has[0];
                        memory.NoteWrite(new(sources.Find(0), seen), endsAll: true, servers[0], tick);
                        break;
                    case 2: // Or does not.
                        seen = ++has[0];
                        memory.NoteSeen(servers[0], tick);
                        break;
                    case 3 or 4: // A replica goes on.
                        if (who > 0)
                            has[who] = Math.Min(has[0], has[who] + 1 + (what == 4 ? 5 : 0));
                        break;
                    case 5: // A server is asked.
                        servers[who].Confirm(ServerPosition.Read(Encoding.ASCII.GetBytes($"0-1-{has[who]}"), isMariaDb: true, sources,
                            servers[who].Position, ++tick, tick)!);
                        break;
                    case 6: // It is read from the primary.
                        seen = has[0];
                        memory.NoteSeen(servers[0], tick);
                        break;
                    case 8 when who > 0: // A replica comes back with less.
                        has[who] = Math.Max(1, has[who] - 3);
                        servers[who].BeginAnew();
                        break;
                    default: // It is read from a replica, if it may.
                        if (who > 0 && memory.MayReadFrom(servers[who], servers[0]))
                        {
                            if (has[who] < seen)
                                return false;
                            seen = has[who];
                            memory.NoteSeen(servers[who], tick);
                        }
                        break;
                }
            }
            return true;
        });

    [Fact]
    public void A_replica_is_as_old_as_the_last_moment_of_the_primary_that_it_has()
    {
        var ledger = new PositionLedger();
        ledger.Note(At("0-1-1", 100));
        ledger.Note(At("0-1-1", 200));
        ledger.Note(At("0-1-2", 300));
        ledger.Note(At("0-1-5", 400));
        Assert.Equal((200, 300), ledger.Compare(At("0-1-1", 0)));
        Assert.Equal((300, 400), ledger.Compare(At("0-1-4", 0)));
        Assert.Equal((400, null), ledger.Compare(At("0-1-5", 0)));
        Assert.Equal((400, null), ledger.Compare(At("0-1-9", 0)));
        Assert.Equal((null, 100), ledger.Compare(At("", 0)));
        Assert.Equal(1, ledger.Moved);
        ledger.Note(At("0-1-6,1-1-1", 500));
        Assert.Equal(2, ledger.Moved);
    }

    [Fact]
    public void A_busy_ledger_stays_small_and_exact_at_its_end()
    {
        var ledger = new PositionLedger();
        for (var i = 1; i <= 5_000; i++)
            ledger.Note(At($"0-1-{i}", i));
        Assert.Equal((4_999, 5_000), ledger.Compare(At("0-1-4999", 0)));
        Assert.True(ledger.Compare(At("0-1-100", 0)).ReachedMs is <= 100);
    }

    public static TheoryData<long?, long?, long, long?, bool?, FreshnessState> Looks => new()
    {
        { 9_900, 9_900, 9_900, null, null, FreshnessState.Fresh },
        { 9_900, 9_900, 0, null, true, FreshnessState.Fresh },
        { null, 9_900, 9_900, null, null, FreshnessState.Unknown },
        { 8_000, 8_000, 8_000, null, null, FreshnessState.Unknown },
        { 9_900, null, 9_900, null, null, FreshnessState.Unknown },
        { 9_900, 4_000, 9_900, 4_000, null, FreshnessState.Lagging },
        { 9_900, 8_000, 8_500, 8_000, null, FreshnessState.Frozen },
        { 9_900, 9_500, 9_500, 9_600, null, FreshnessState.Fresh },
        { 9_900, 9_900, 9_900, null, false, FreshnessState.Broken },
    };

    [Theory]
    [MemberData(nameof(Looks))]
    public void A_state_is_judged_by_what_is_known(
        long? confirmed, long? reached, long moved, long? due, bool? replicates, FreshnessState expected) =>
        Assert.Equal(expected, FreshnessJudge.Judge(new FreshnessFacts(10_000, confirmed, reached, moved, due, replicates), lagMsMax: 5_000));

    [Fact]
    public void A_state_changes_when_it_is_so_for_a_while()
    {
        var times = 0;
        Assert.Equal(FreshnessState.Fresh, Settle(FreshnessState.Fresh, FreshnessState.Lagging));
        Assert.Equal(FreshnessState.Lagging, Settle(FreshnessState.Fresh, FreshnessState.Lagging));
        Assert.Equal(FreshnessState.Lagging, Settle(FreshnessState.Lagging, FreshnessState.Fresh, isWellBelow: false));
        Assert.Equal(FreshnessState.Lagging, Settle(FreshnessState.Lagging, FreshnessState.Fresh));
        Assert.Equal(FreshnessState.Lagging, Settle(FreshnessState.Lagging, FreshnessState.Fresh));
        Assert.Equal(FreshnessState.Fresh, Settle(FreshnessState.Lagging, FreshnessState.Fresh));
        Assert.Equal(FreshnessState.Unknown, Settle(FreshnessState.Fresh, FreshnessState.Unknown));
        Assert.Equal(FreshnessState.Fresh, Settle(FreshnessState.Unknown, FreshnessState.Fresh, isWellBelow: false));
        Assert.Equal(FreshnessState.Broken, Settle(FreshnessState.Fresh, FreshnessState.Broken));

        FreshnessState Settle(FreshnessState before, FreshnessState now, bool isWellBelow = true) =>
            FreshnessJudge.Settle(before, now, isWellBelow, ref times);
    }

    private bool MayRead(FreshnessSlot slot) => _memory.MayReadFrom(slot, _primary);

    private void Say(FreshnessSlot slot, string position) => slot.Confirm(
        ServerPosition.Read(Encoding.ASCII.GetBytes(position), isMariaDb: true, _sources, slot.Position, ++_tick, _tick)!);

    private void Write(string gtid)
    {
        var parts = gtid.Split('-').Select(long.Parse).ToArray();
        _memory.NoteWrite(new(_sources.Find((uint)parts[0]), parts[2]), endsAll: true, _primary, _tick);
    }

    private ServerPosition At(string position, long ms) =>
        ServerPosition.Read(Encoding.ASCII.GetBytes(position), isMariaDb: true, _sources, null, 0, ms)!;

    private ServerPosition Position(string set) =>
        ServerPosition.Read(Encoding.ASCII.GetBytes(set), isMariaDb: false, _sources, null, 0, 0)!;

    private static UInt128 Number(string uuid) => UInt128.Parse(
        uuid.Replace("-", "", StringComparison.Ordinal), System.Globalization.NumberStyles.HexNumber, null);
}

file static class TagSpans
{
    internal static int Find(this GtidSources sources, UInt128 uuid, string tag) => sources.Find(uuid, Encoding.ASCII.GetBytes(tag));
}
