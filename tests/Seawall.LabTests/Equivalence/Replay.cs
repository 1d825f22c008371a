namespace Seawall.LabTests.Equivalence;

/// <summary>
/// Does moments one after the other, in their order: a statement that must wait for a connection is left waiting, and its
/// session's next ones with it.
/// </summary>
internal sealed class Replay(IReadOnlyList<Ground> grounds, int port)
{
    // A statement that is not answered by then waits for a connection that another session keeps.
    private const int AnswerMsMax = 30;
    private const int EndMsMax = 10_000;

    /// <summary>Hears what was answered to each step.</summary>
    internal Action<string>? Say { get; init; }

    /// <summary>The first difference.</summary>
    internal Difference? Run(IReadOnlyList<Moment> moments)
    {
        var players = new Dictionary<Script, Player>();
        Difference? found = null;
        try
        {
            foreach (var script in moments.Select(moment => moment.Script).Distinct())
            {
                var ground = grounds[players.Count % grounds.Count];
                ground.Prepare();
                players[script] = new Player(ground, new Pair(ground, port, script, new Tally()) { Say = Say });
            }
            foreach (var moment in moments)
                players[moment.Script].Left++;
            foreach (var moment in moments)
            {
                players[moment.Script].Waiting.Enqueue(moment.Step);
                players[moment.Script].Left--;
                found = GoOn(players[moment.Script], AnswerMsMax) ?? OthersGoOn(players.Values);
                if (found is not null)
                    return found;
            }
            for (var waited = 0; waited < EndMsMax && players.Values.Any(player => player.HasMore); waited += AnswerMsMax)
            {
                foreach (var player in players.Values.Where(player => player.HasMore))
                    found ??= GoOn(player, AnswerMsMax);
                if (found is not null)
                    return found;
            }
            return null;
        }
        catch (TimeoutException)
        {
            return null; // Its sessions wait for each other: no sequence that shows anything.
        }
        finally
        {
            foreach (var player in players.Values)
            {
                player.Ground.IsSpoilt |= found is not null || player.HasMore;
                player.Pair.Dispose();
            }
        }
    }

    private static Difference? OthersGoOn(IEnumerable<Player> players)
    {
        foreach (var player in players.Where(player => player.Sent is not null))
        {
            if (GoOn(player, 0) is { } difference)
                return difference;
        }
        return null;
    }

    private static Difference? GoOn(Player player, int waitMs)
    {
        while (player.HasMore && !player.Pair.IsOver)
        {
            if (player.Sent is null)
            {
                player.Sent = player.Waiting.Dequeue();
                player.Pair.Send(player.Sent);
            }
            if (!player.Pair.HasAnswer(player.Sent, waitMs))
                return null;
            var difference = player.Pair.Read(player.Sent);
            player.Sent = null;
            // Who wants to hear all goes on behind a difference.
            if (difference is not null && player.Pair.Say is null)
                return difference;
            if (difference is not null)
                player.Pair.Say!($" DIFFERENT {difference}");
        }
        player.Waiting.Clear();
        // Others may wait for the connection that it keeps.
        if (player.Left == 0)
            player.Pair.Dispose();
        return null;
    }

    private sealed class Player(Ground ground, Pair pair)
    {
        internal Ground Ground { get; } = ground;

        internal Pair Pair { get; } = pair;

        internal Queue<Step> Waiting { get; } = new();

        internal Step? Sent { get; set; }

        /// <summary>Steps that are not due yet.</summary>
        internal int Left { get; set; }

        internal bool HasMore => Sent is not null || Waiting.Count > 0;
    }
}
