using Seawall.Engine.Facts.Freshness;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// How many times as long the primary's own statements take as they took while it did nothing for its replicas. What is typical is compared, by
/// logarithms: some long ones more or fewer do not matter. Pure: tallies and the time come in. One thread only.
/// </summary>
internal sealed class OwnPace
{
    /// <summary>Statements that say something, in a window of at least <see cref="WindowMsMin"/>.</summary>
    internal const int SamplesMin = 50;

    /// <summary>After so long fewer must do, but not fewer than <see cref="SamplesLeast"/>.</summary>
    internal const int WindowMsMax = 2_000;

    /// <summary>The shortest window, in milliseconds.</summary>
    internal const int WindowMsMin = 500;

    private const int SamplesLeast = 10;

    /// <summary>What it takes by itself is remembered for about so long, as its busiest moment is.</summary>
    private const int BaseMs = 30_000;

    /// <summary>How much a new window counts against the last ones.</summary>
    private const double Smoothing = 0.5;

    /// <summary>Differences below this do not matter to anybody, in milliseconds.</summary>
    private const double LeastMs = 0.2;

    private ReadTally _from;
    private long? _openedMs;
    private bool _wasAlone = true;
    private double? _pace;
    private double? _base;
    private long _learntMs;

    /// <summary>How many times as long; null when nobody knows.</summary>
    internal double? Stretch { get; private set; }

    /// <summary>Looks; <paramref name="isAlone"/>: it does nothing for its replicas.</summary>
    internal void Look(in ReadTally own, bool isAlone, long nowMs)
    {
        _wasAlone &= isAlone;
        if (_openedMs is not { } openedMs)
        {
            Open(own, isAlone, nowMs);
            return;
        }
        var ranMs = nowMs - openedMs;
        var seen = own.Since(_from);
        if (ranMs < WindowMsMin || (seen.Reads < SamplesMin && ranMs < WindowMsMax))
            return;
        if (seen.Reads >= SamplesLeast)
            Note((double)seen.Pace / seen.Reads / ReadTally.Unit, Math.Min(ranMs, WindowMsMax));
        else
            (_pace, Stretch) = (null, null);
        Open(own, isAlone, nowMs);
    }

    /// <summary>What it took by itself is found out anew: nothing is done for replicas for a while, and it may not be what it was.</summary>
    internal void Forget() => _learntMs = 0;

    private void Note(double pace, long ranMs)
    {
        if (_wasAlone)
        {
            // At first a mean of all that was seen, then one that forgets.
            _learntMs = Math.Min(BaseMs, _learntMs + ranMs);
            _base = _base is { } known ? known + ((pace - known) * ranMs / _learntMs) : pace;
        }
        _pace = _pace is { } last ? last + (Smoothing * (pace - last)) : pace;
        Stretch = _base is { } alone ? (LeastMs + MsOf(_pace.Value)) / (LeastMs + MsOf(alone)) : null;
    }

    private void Open(in ReadTally own, bool isAlone, long nowMs) => (_from, _openedMs, _wasAlone) = (own, nowMs, isAlone);

    private static double MsOf(double pace) => Math.Pow(2, pace) - 1;
}
