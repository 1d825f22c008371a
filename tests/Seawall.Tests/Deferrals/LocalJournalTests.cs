using Seawall.Engine.Deferrals;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Deferrals;

/// <summary>The journal on this machine's disk: what it acknowledges is there when it is opened again, and nothing that it refuses is.</summary>
public sealed class LocalJournalTests : IDisposable
{
    private const long Room = 1 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("seawall-journal-").FullName;
    private readonly World _world = new(1);
    private readonly SimulatedLoop _loop;

    public LocalJournalTests() => _loop = _world.AddLoop(0);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_accepted_and_has_not_ended_is_there_again_in_order()
    {
        using (var journal = Open())
        {
            var all = Enumerable.Range(0, 10).Select(i => Accept(journal, $"k{i % 3}").Statement).ToArray();
            Assert.Equal(Enumerable.Range(1, 10).Select(i => $"00000000000000aa-{i}"), all.Select(statement => statement.Id));
            journal.Settle(new Settlement(all[2], DeferralEnd.Applied));
            journal.Settle(new Settlement(all[5], DeferralEnd.Failed, 1062, "Duplicate"));
            Assert.Equal(8, journal.State.Waiting);
        }
        using var again = Open(seed: 0xBB);

        Assert.Equal([1, 2, 4, 5, 7, 8, 9, 10], again.Unsettled.Select(statement => (int)statement.Number));
        Assert.All(again.Unsettled, statement => Assert.Equal(0xAAUL, statement.Journal));
        Assert.Equal([3, 6], again.Ended.Select(end => (int)end.Statement.Number));
        var (letter, _) = Assert.Single(again.DeadLetters);
        Assert.Equal(("00000000000000aa-6", (ushort)1062, "Duplicate"), (letter.Statement.Id, letter.Code, letter.Message));
        Assert.Equal(11UL, Accept(again, "k").Statement.Number);
    }

    [Fact]
    public void Numbers_are_never_used_again_even_when_everything_has_ended()
    {
        for (var round = 0; round < 3; round++)
        {
            using var journal = Open();
            var accepted = Accept(journal, "k").Statement;
            Assert.Equal((ulong)round + 1, accepted.Number);
            journal.Settle(new Settlement(accepted, DeferralEnd.Applied));
        }
        Assert.True(Directory.GetFiles(_folder, "*.journal").Length <= 2);
    }

    // A crash leaves zeros behind what was written, or nothing.
    [Theory]
    [InlineData(0)]
    [InlineData(5_000)]
    public void A_file_that_was_cut_anywhere_gives_what_was_whole(int zeros)
    {
        using (var journal = Open())
        {
            for (var i = 0; i < 5; i++)
                Accept(journal, "k");
        }
        var path = Assert.Single(Directory.GetFiles(_folder, "*.journal"));
        var bytes = File.ReadAllBytes(path);
        var counts = new List<int>();
        for (var length = 0; length <= bytes.Length; length++)
        {
            foreach (var file in Directory.GetFiles(_folder))
                File.Delete(file);
            File.WriteAllBytes(path, [.. bytes[..length], .. new byte[zeros]]);
            using var journal = Open(seed: 0xBB);
            if (journal.Unsettled.Count == 5)
                Assert.Equal((0, bytes.Length), (journal.Torn.Count, (int)new FileInfo(path).Length));
            var numbers = journal.Unsettled.Select(statement => (int)statement.Number).ToArray();
            Assert.Equal(Enumerable.Range(1, numbers.Length), numbers);
            var next = Accept(journal, "k").Statement;
            Assert.DoesNotContain(next.Id, journal.Unsettled.Select(statement => statement.Id));
            counts.Add(numbers.Length);
        }
        Assert.Equal(counts.Order(), counts);
        Assert.Equal([0, 1, 2, 3, 4, 5], counts.Distinct());
    }

    // As after kill -9: the file is as it was while it was written to.
    [Fact]
    public void What_was_written_ahead_is_nothing_and_counts_for_nothing()
    {
        using var journal = Open(bytesMax: 64 * Room);
        for (var i = 0; i < 300; i++)
            Accept(journal, "k", 1_000);
        var path = Assert.Single(Directory.GetFiles(_folder, "*.journal"));
        Assert.InRange(new FileInfo(path).Length - journal.State.Bytes, 1, 257 * 1024);
        var other = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        foreach (var file in Directory.GetFiles(_folder, "*.journal"))
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));

        using var again = LocalJournal.OpenIn(new JournalFiles(other), () => 64 * Room, _world.Clock, 0xBB, isInline: true);

        Assert.Equal(300, again.Unsettled.Count);
        Assert.Empty(again.Torn);
        Assert.InRange(again.State.Bytes, journal.State.Bytes, journal.State.Bytes + 100);
    }

    [Fact]
    public void A_full_journal_says_so_and_takes_again_when_there_is_room()
    {
        using var journal = Open(bytesMax: 64 * 1024);
        var accepted = new Queue<DeferredStatement>();
        while (Accept(journal, "k", 1_000) is { Result: AcceptanceResult.Accepted } more)
            accepted.Enqueue(more.Statement);
        Assert.InRange(accepted.Count, 50, 64);
        Assert.Equal(AcceptanceResult.Full, Accept(journal, "k", 1_000).Result);
        Assert.Null(journal.State.Problem);

        foreach (var statement in accepted)
            journal.Settle(new Settlement(statement, DeferralEnd.Applied));

        Assert.Equal(AcceptanceResult.Accepted, Accept(journal, "k", 1_000).Result);
        Assert.InRange(journal.State.Bytes, 1, 24 * 1024);
    }

    [Fact]
    public void One_that_never_ends_does_not_keep_the_room_of_the_others()
    {
        DeferredStatement stuck;
        using (var journal = Open(bytesMax: 64 * 1024))
        {
            stuck = Accept(journal, "stuck", 1_000).Statement;
            for (var i = 0; i < 1_000; i++)
            {
                var other = Accept(journal, "k", 1_000);
                Assert.Equal(AcceptanceResult.Accepted, other.Result);
                journal.Settle(new Settlement(other.Statement, DeferralEnd.Applied));
            }
            Assert.Equal(1, journal.State.Waiting);
            Assert.InRange(journal.State.Bytes, 1, 64 * 1024);
        }
        using var again = Open();
        Assert.Equal(stuck.Id, Assert.Single(again.Unsettled).Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_disk_that_fails_is_not_trusted_again(bool staysBroken)
    {
        // When the disk does not even say that it has cut the statement off, nobody knows.
        var expected = staysBroken ? AcceptanceResult.Unknown : AcceptanceResult.Failed;
        var files = new BrokenFiles(_folder);
        using (var journal = Open(files: files))
        {
            Assert.Equal(AcceptanceResult.Accepted, Accept(journal, "k").Result);
            (files.FlushesLeft, files.StaysBroken) = (0, staysBroken);
            var refused = Accept(journal, "k");
            Assert.Equal(expected, refused.Result);
            Assert.Contains("until a restart", refused.Problem, StringComparison.Ordinal);
            files.FlushesLeft = int.MaxValue;
            Assert.Equal(AcceptanceResult.Failed, Accept(journal, "k").Result);
            Assert.NotNull(journal.State.Problem);
        }
        using var again = Open();
        Assert.Equal(1UL, Assert.Single(again.Unsettled).Number);
        Assert.Equal(AcceptanceResult.Accepted, Accept(again, "k").Result);
    }

    [Fact]
    public void Two_cannot_have_one_journal_and_nobody_else_can_read_it()
    {
        using (var journal = Open())
        {
            Accept(journal, "k");
            Assert.Throws<JournalHeldException>(() => Open());
            foreach (var file in OperatingSystem.IsWindows() ? [] : Directory.GetFiles(_folder))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file));
        }
        using var again = Open();
        Assert.Single(again.Unsettled);
    }

    [Fact]
    public void Segments_of_two_journals_in_one_folder_are_refused()
    {
        using (var journal = Open())
            Accept(journal, "k");
        var own = Assert.Single(Directory.GetFiles(_folder, "*.journal"));
        File.Move(own, Path.Combine(_folder, "own"));
        using (var journal = Open(seed: 0xBB))
            Accept(journal, "k");
        File.Move(Path.Combine(_folder, "own"), Path.Combine(_folder, "0000000002.journal"));

        var failure = Assert.Throws<IOException>(() => Open());
        Assert.Contains("another journal", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_at_the_same_time_shares_a_write()
    {
        const int count = 2_000;
        using var journal = LocalJournal.OpenIn(new JournalFiles(_folder), () => 64 * Room, TimeProvider.System, 1);
        var (seen, ended) = (0, 0);
        journal.Start(statements => Interlocked.Add(ref seen, statements.Count), ends => Interlocked.Add(ref ended, ends.Count));
        var all = Enumerable.Range(0, count).Select(_ => new Acceptance(_loop, Statement("k", 100))).ToArray();
        foreach (var acceptance in all)
            journal.Accept(acceptance);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref seen) == count, TimeSpan.FromMinutes(2)));
        foreach (var acceptance in all)
            journal.Settle(new Settlement(acceptance.Statement, DeferralEnd.Applied));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref ended) == count, TimeSpan.FromMinutes(2)));

        Assert.InRange(journal.State.Flushes, 4, count);
        Assert.Equal(Enumerable.Range(1, count), all.Select(acceptance => (int)acceptance.Statement.Number));
    }

    // One client, whose statements run as soon as they may: each is flushed once, and its end goes with the next.
    [Fact]
    public void An_end_shares_the_write_of_the_next_statement()
    {
        const int count = 200;
        using (var journal = LocalJournal.OpenIn(new JournalFiles(_folder), () => 64 * Room, TimeProvider.System, 1))
        {
            var (seen, ended) = (0, 0);
            journal.Start(statements => Interlocked.Add(ref seen, statements.Count), ends => Interlocked.Add(ref ended, ends.Count));
            for (var i = 1; i <= count; i++)
            {
                var acceptance = new Acceptance(_loop, Statement("k", 100));
                journal.Accept(acceptance);
                Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref seen) == i, TimeSpan.FromMinutes(1)));
                journal.Settle(new Settlement(acceptance.Statement, DeferralEnd.Applied));
                // What a round trip takes, and long enough for the journal to write it by itself.
                Thread.Sleep(1);
            }
            // Two each, if it did; a machine that stands still now and then adds a few.
            Assert.True(SpinWait.SpinUntil(() => journal.State.Flushes >= count, TimeSpan.FromMinutes(1)));
            Assert.InRange(journal.State.Flushes, count, count * 5 / 4);
            // The last one has nobody to go with.
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref ended) == count, TimeSpan.FromMinutes(1)));
        }
        using var again = Open();
        Assert.Empty(again.Unsettled);
    }

    private LocalJournal Open(ulong seed = 0xAA, long bytesMax = Room, JournalFiles? files = null) =>
        LocalJournal.OpenIn(files ?? new JournalFiles(_folder), () => bytesMax, _world.Clock, seed, isInline: true);

    private Acceptance Accept(LocalJournal journal, string key, int bytes = 20)
    {
        var acceptance = new Acceptance(_loop, Statement(key, bytes));
        journal.Accept(acceptance);
        Assert.True(_world.RunUntil(() => acceptance.IsCompleted));
        return acceptance;
    }

    private static DeferredStatement Statement(string key, int bytes) => new()
    {
        AcceptedUs = 1,
        Rule = "r",
        Key = key,
        User = "app",
        TableSchema = "shop",
        Table = "t",
        Text = new byte[bytes],
    };

    private sealed class BrokenFiles(string folder) : JournalFiles(folder)
    {
        internal int FlushesLeft { get; set; } = int.MaxValue;

        internal bool StaysBroken { get; set; }

        internal override JournalFile Open(string path, bool isNew, int step = 0) => new BrokenFile(path, isNew, step, this);

        private sealed class BrokenFile(string path, bool isNew, int step, BrokenFiles disk) : JournalFile(path, isNew, step)
        {
            protected override void Flush()
            {
                if (disk.FlushesLeft-- > 0)
                {
                    base.Flush();
                    return;
                }
                disk.FlushesLeft = disk.StaysBroken ? 0 : int.MaxValue;
                throw new IOException("Input/output error");
            }
        }
    }
}
