using System.Diagnostics;

namespace Seawall.Fuzz.Run;

/// <summary>What a <see cref="Campaign"/> came to.</summary>
/// <param name="Executions">Inputs that were tried.</param>
/// <param name="Kept">Inputs that went somewhere new.</param>
/// <param name="Edges">Pairs of places in the code that were seen.</param>
/// <param name="Finding">An input that breaks something, made short; null when there is none.</param>
/// <param name="Failure">What it broke.</param>
internal sealed record CampaignResult(long Executions, int Kept, int Edges, byte[]? Finding, Exception? Failure);

/// <summary>
/// Tries inputs at a target: seeds first, then what comes of changing those that went somewhere new. Which they are follows
/// from the seed of the dice alone.
/// </summary>
internal sealed class Campaign(FuzzTarget target, int seed, Coverage coverage)
{
    private readonly List<byte[]> _kept = [];
    private readonly Random _random = new(seed);
    private long _executions;

    /// <summary>Inputs that went somewhere new.</summary>
    internal IReadOnlyList<byte[]> Kept => _kept;

    /// <summary>The input that is being tried, for whoever watches how long it takes.</summary>
    internal volatile byte[]? Current;

    /// <summary>When it began.</summary>
    internal long CurrentSince;

    /// <summary>Runs until so many inputs were tried, or so much time has passed, or something broke.</summary>
    internal CampaignResult Run(long executionsMax, TimeSpan atMost)
    {
        var clock = Stopwatch.StartNew();
        var mutator = new Mutator(_random, target);
        foreach (var input in target.Seeds())
        {
            if (Try(input) is { } failure)
                return Found(input, failure);
        }
        if (_kept.Count == 0)
            _kept.Add([]);
        while (_executions < executionsMax && clock.Elapsed < atMost)
        {
            var input = mutator.Make(Pick(), Pick());
            if (Try(input) is { } failure)
                return Found(input, failure);
        }
        return new(_executions, _kept.Count, coverage.Edges, null, null);
    }

    /// <summary>What an input breaks; null when nothing.</summary>
    internal static Exception? Attempt(FuzzTarget target, byte[] input)
    {
        try
        {
            target.Run(input);
            return null;
        }
        catch (Exception failure) // Whatever it is: that nothing escapes is what is asked.
        {
            return failure;
        }
    }

    // The newest are the least explored.
    private byte[] Pick() => _random.Next(3) == 0
        ? _kept[^(1 + _random.Next(Math.Min(_kept.Count, 16)))]
        : _kept[_random.Next(_kept.Count)];

    private Exception? Try(byte[] input)
    {
        _executions++;
        Coverage.Clear();
        CurrentSince = Stopwatch.GetTimestamp();
        Current = input;
        var failure = Attempt(target, input);
        Current = null;
        if (failure is null && coverage.IsNew())
            _kept.Add(input);
        return failure;
    }

    private CampaignResult Found(byte[] input, Exception failure)
    {
        var least = Shrinking.Shrink(target, input, failure.GetType(), attemptsMax: 2_000);
        return new(_executions, _kept.Count, coverage.Edges, least, Attempt(target, least) ?? failure);
    }
}

/// <summary>Makes an input that breaks something shorter, as long as it breaks in the same way.</summary>
internal static class Shrinking
{
    internal static byte[] Shrink(FuzzTarget target, byte[] input, Type failure, int attemptsMax)
    {
        for (var size = Math.Max(1, input.Length / 2); size > 0; size /= 2)
        {
            for (var at = 0; at + size <= input.Length && attemptsMax > 0; attemptsMax--)
            {
                byte[] shorter = [.. input.AsSpan(0, at), .. input.AsSpan(at + size)];
                if (Campaign.Attempt(target, shorter)?.GetType() == failure)
                    input = shorter;
                else
                    at += size;
            }
        }
        return input;
    }
}
