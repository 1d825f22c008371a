using System.Globalization;

namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>How writes of low classes are slowed because replicas lag, as it is now.</summary>
/// <param name="LineMs">From which lag on they are; 0: never.</param>
/// <param name="Lag">What is known of the replicas.</param>
/// <param name="PerSecond">How many may begin in a second; null: as many as they like.</param>
/// <param name="Waiting">Statements that wait for their time.</param>
/// <param name="Waited">Statements that have had to wait, or would have had.</param>
/// <param name="Refused">Statements that would have had to wait too long.</param>
/// <param name="Times">How often it has begun.</param>
public sealed record LagView(int LineMs, ReplicaLag Lag, double? PerSecond, int Waiting, long Waited, long Refused, long Times);

/// <summary>
/// Slows the writes of low classes while replicas are further behind than the settings like: over all loops, by the pace that
/// <see cref="LagPace"/> finds. Thread-safe; looked at by one thread.
/// </summary>
internal sealed class LagBrake
{
    private readonly LagPace _rate = new();
    private volatile bool _isOn;
    private volatile Known _known = new(0, default, null);
    private long _lookedMs = long.MinValue / 2;
    private long _askedSeen;
    private long _times;

    internal LagBrake() => Hold = new Hold(null, null, Pace, 0) { Brake = this };

    /// <summary>What those wait for that are slowed.</summary>
    internal Pace Pace { get; } = new("replica lag", new PaceLimits(1, 1, 0));

    /// <summary>What they meet.</summary>
    internal Hold Hold { get; }

    /// <summary>Whether any are.</summary>
    internal bool IsOn => _isOn;

    /// <summary>Why, for people.</summary>
    internal string Cause => string.Create(CultureInfo.InvariantCulture,
        $"replica '{_known.Lag.Server}' is {_known.Lag.Ms} ms behind (overload.lag_ms={_known.LineMs})");

    /// <summary>Whether it is time to look.</summary>
    internal bool IsDue(long nowMs) => nowMs - _lookedMs >= LagPace.EveryMs;

    /// <summary>
    /// Looks; so many writes of low classes have ever wanted to begin. What there is to tell, if anything has changed. One thread only.
    /// </summary>
    internal GateEvent? Look(ReplicaLag lag, long asked, OverloadOptions options, long nowMs)
    {
        _lookedMs = nowMs;
        var wanted = asked - _askedSeen;
        _askedSeen = asked;
        if (options.LagMs == 0 || options.Mode == OverloadMode.Off)
            _rate.End();
        else
            _rate.Note(lag.Ms, wanted, nowMs, options.LagMs, options.LagMsMax);
        // Who was seen last stays named while nobody says anything.
        _known = new(options.LagMs, lag.Ms is null && _rate.PerSecond is not null ? _known.Lag : lag, _rate.PerSecond);
        if (_rate.PerSecond is { } perSecond)
            Pace.Apply(new PaceLimits(Math.Max(1, (int)perSecond), 1, options.LagWaitMsMax));
        if (_isOn == _rate.PerSecond is not null)
            return null;
        _isOn = !_isOn;
        if (!_isOn)
            return new(nowMs, GateEventKind.Lag, "low writes", "as they like", EndOf(lag, options));
        _times++;
        return new(nowMs, GateEventKind.Lag, "low writes", $"{Pace.Limits.PerSecond} in a second", Cause);
    }

    /// <summary>What it looks like. From any thread.</summary>
    internal LagView View() => new(_known.LineMs, _known.Lag, _known.PerSecond, Pace.Held, Pace.Waited, Pace.Refused, Volatile.Read(ref _times));

    private static string EndOf(ReplicaLag lag, OverloadOptions options) => options.LagMs == 0 || options.Mode == OverloadMode.Off
        ? "the settings do not ask for it any more"
        : lag.Ms is null ? "no replica says how far it is behind" : "replicas have caught up, and there is room";

    private sealed record Known(int LineMs, ReplicaLag Lag, double? PerSecond);
}
