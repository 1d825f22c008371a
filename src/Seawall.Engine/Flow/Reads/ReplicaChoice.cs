using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Reads;

/// <summary>
/// Which of the replicas that may answer a read does: of two of them, taken by chance, the one with less to do for what it can. One that has come
/// back, or is set aside, counts as able to do no more than it is given. One for each loop.
/// </summary>
internal sealed class ReplicaChoice(Loop loop, FreshnessBoard board)
{
    /// <summary>Whether the last <see cref="Pick"/> has met one that may answer, and gets no more for now.</summary>
    internal bool WasFull { get; private set; }

    /// <summary>The replica; null when none may, or none that may has room.</summary>
    internal ServerFacts? Pick(Statement statement, in ReadWish wish, ReadOptions options)
    {
        ServerFacts? first = null, second = null;
        var seen = 0;
        WasFull = false;
        foreach (var reader in statement.World.Readers)
        {
            if (!MayAnswer(statement, reader, wish, options))
                continue;
            if (!reader.Freshness.HasRoom)
            {
                WasFull = true;
                continue;
            }
            // Two of them, each as likely as any other.
            if (++seen == 1)
                first = reader;
            else if (seen == 2)
                second = reader;
            else if (loop.Random.Next(seen) is var place and < 2)
                (first, second) = place == 0 ? (reader, second) : (first, reader);
        }
        return second is null ? first : HasLess(first!.Freshness, second.Freshness) ? first : second;
    }

    /// <summary>Whether a replica may answer, whatever it has to do.</summary>
    internal bool MayAnswer(Statement statement, ServerFacts replica, in ReadWish wish, ReadOptions options)
    {
        var session = statement.Session;
        if ((session.Capabilities & LoginForm.Written & ~replica.Capabilities) != 0 || (statement.Tries > 0 && replica.Id == statement.LostAt))
            return false;
        var slot = replica.Freshness;
        return wish.Level switch
        {
            // However few are left: what the session has seen and written is there.
            FreshnessLevel.Session => (slot.State == FreshnessState.Fresh || (board.IsShort && slot.IsLateAtMost(options.ShortLagMsMax, loop.NowMs)))
                && session.Reads!.Memory.MayReadFrom(slot, statement.World.Primary!.Freshness),
            FreshnessLevel.Bounded => slot.State == FreshnessState.Fresh && loop.NowMs - slot.ReachedMs <= wish.BoundMs
                && session.Reads!.Memory.HasImported(slot.Position),
            FreshnessLevel.Any => slot.State is FreshnessState.Fresh or FreshnessState.Lagging or FreshnessState.Frozen
                && session.Reads!.Memory.HasImported(slot.Position),
            FreshnessLevel.Primary => false,
        };
    }

    // n / weight of the one against that of the other, without dividing.
    private bool HasLess(FreshnessSlot one, FreshnessSlot two)
    {
        var load = ((long)one.Running * Math.Min(two.Weight, two.Room)) - ((long)two.Running * Math.Min(one.Weight, one.Room));
        return load < 0 || (load == 0 && loop.Random.Next(2) == 0);
    }
}
