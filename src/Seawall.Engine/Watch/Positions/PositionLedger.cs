using Seawall.Engine.Facts.Freshness;

namespace Seawall.Engine.Watch.Positions;

/// <summary>
/// What the primary had at moments of the last while. A replica that has all of what it had at one of them is not older than that moment,
/// whatever any clock says. One thread only.
/// </summary>
internal sealed class PositionLedger
{
    /// <summary>At 60 answers a second some four seconds of a busy primary; of a quiet one, hours.</summary>
    internal const int SamplesMax = 256;

    private readonly List<Sample> _samples = [];

    /// <summary>When the primary was asked last, in the loops' milliseconds; null when never.</summary>
    internal long? LastMs => _samples.Count == 0 ? null : _samples[^1].LastMs;

    /// <summary>How many of the sources of the primary have moved since it is watched as such.</summary>
    internal int Moved { get; private set; }

    /// <summary>The primary has said what it has.</summary>
    internal void Note(ServerPosition position)
    {
        if (_samples.Count > 0 && _samples[^1].Position.IsSameAs(position))
        {
            _samples[^1] = _samples[^1] with { LastMs = position.BegunMs };
            return;
        }
        if (_samples.Count > 0)
            Moved = Math.Max(Moved, position.Tokens.Count(token => !_samples[^1].Position.Has(token)));
        if (_samples.Count == SamplesMax)
            _samples.RemoveAt(SamplesMax / 2); // What is old stays old, and what is new stays exact.
        _samples.Add(new(position, position.BegunMs, position.BegunMs));
    }

    /// <summary>It is another primary.</summary>
    internal void Clear()
    {
        _samples.Clear();
        Moved = 0;
    }

    /// <summary>
    /// The last moment at which the primary had no more than the replica has; and since when it has more, if it does.
    /// </summary>
    internal (long? ReachedMs, long? DueSinceMs) Compare(ServerPosition replica)
    {
        for (var i = _samples.Count - 1; i >= 0; i--)
        {
            if (replica.Covers(_samples[i].Position))
                return (_samples[i].LastMs, i == _samples.Count - 1 ? null : _samples[i + 1].FirstMs);
        }
        return (null, _samples.Count == 0 ? null : _samples[0].FirstMs);
    }

    private readonly record struct Sample(ServerPosition Position, long FirstMs, long LastMs);
}
