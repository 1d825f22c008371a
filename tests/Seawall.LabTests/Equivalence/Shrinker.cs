using System.Diagnostics;
using Seawall.MySql.Handshakes;

namespace Seawall.LabTests.Equivalence;

/// <summary>The few moments that are left of a failure, and whether they show it again.</summary>
internal sealed record Shrunk(IReadOnlyList<Moment> Moments, Difference Difference, bool IsReproduced);

/// <summary>
/// Finds the few moments that make a difference: first by the failing session alone, then with another session that goes
/// between its steps, then with all that was going on; and of what shows it, piece by piece is left out (delta debugging).
/// </summary>
internal sealed class Shrinker(Func<IReadOnlyList<Moment>, Difference?> replay, int sessionsMax, TimeSpan timeMax)
{
    private const int TriesToBegin = 3;

    private readonly long _began = Stopwatch.GetTimestamp();

    internal Shrunk Shrink(Failure failure)
    {
        var own = failure.Moments.Where(moment => moment.Script == failure.Script).ToArray();
        foreach (var candidate in (IReadOnlyList<Moment>[])[own, Disturbed(own), Surroundings(failure)])
        {
            for (var attempt = 0; attempt < TriesToBegin; attempt++)
            {
                if (replay(candidate) is { } difference)
                    return LeaveOut(candidate, difference);
            }
        }
        return new Shrunk(Surroundings(failure), failure.Difference, IsReproduced: false);
    }

    // Whatever else was going on, others had the connection in between.
    private static Moment[] Disturbed(Moment[] own)
    {
        var other = new Script(own[0].Script.Number + 1_000_000, Capabilities.None | Lab.RawClient.Usual, []);
        return [.. own.SelectMany(moment => (Moment[])[moment, new Moment(other, Step.Query("insert into t (n) values (1)"))])];
    }

    // The sessions that were there with the failing one, from their beginnings: the last of them, if they are too many.
    private Moment[] Surroundings(Failure failure)
    {
        var began = failure.Moments.TakeWhile(moment => moment.Script != failure.Script).Count();
        var there = failure.Moments.Skip(began).Reverse().Select(moment => moment.Script).Distinct().Take(sessionsMax - 1).ToHashSet();
        there.Add(failure.Script);
        return [.. failure.Moments.Where(moment => there.Contains(moment.Script))];
    }

    private Shrunk LeaveOut(IReadOnlyList<Moment> moments, Difference difference)
    {
        var best = moments;
        // Whole sessions first: most have nothing to do with it.
        foreach (var script in moments.Select(moment => moment.Script).Distinct().ToArray())
            Try([.. best.Where(moment => moment.Script != script)]);
        for (var size = Math.Max(best.Count / 2, 1); !IsLate;)
        {
            var before = best.Count;
            for (var from = best.Count - size; from > -size && !IsLate; from -= size)
                Try([.. best.Where((_, i) => i < from || i >= from + size)]);
            if (size == 1 && best.Count == before)
                break;
            size = Math.Max(size / 2, 1);
        }
        return new Shrunk(best, difference, IsReproduced: true);

        void Try(Moment[] fewer)
        {
            if (fewer.Length == 0 || fewer.Length == best.Count || IsLate || replay(fewer) is not { } again)
                return;
            (best, difference) = (fewer, again);
        }
    }

    private bool IsLate => Stopwatch.GetElapsedTime(_began) > timeMax;
}
