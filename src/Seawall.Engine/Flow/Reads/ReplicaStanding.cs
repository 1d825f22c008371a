using System.Globalization;
using Seawall.Engine.Facts.Freshness;

namespace Seawall.Engine.Flow.Reads;

/// <summary>How one replica takes part in reads, and what it takes for them. One thread only; see <see cref="ReplicaCare"/>.</summary>
internal sealed class ReplicaStanding(string name, Random random)
{
    /// <summary>Reads that say something; in fewer, the odd one counts too much.</summary>
    internal const int SamplesMin = 50;

    /// <summary>Reads by which one that was set aside shows whether it is well: one would be chance.</summary>
    internal const int ProbesMin = 20;

    /// <summary>A look at reads takes at least so long, and at most <see cref="WindowMsMax"/>, after which few must do.</summary>
    internal const int WindowMsMin = 1_000;

    /// <inheritdoc cref="WindowMsMin"/>
    internal const int WindowMsMax = 10_000;

    /// <summary>Below this nobody is slow, however fast the others are, in milliseconds: clients would not notice.</summary>
    internal const int SlowMsMin = 5;

    /// <summary>Hundredths of its reads that fail where hardly any of the others' do.</summary>
    internal const int FailedShareMin = 50;

    /// <summary>What of the others' reads may fail for it to be the replica's fault, in hundredths.</summary>
    internal const int FailedShareOfPeersMax = 10;

    /// <summary>How often in a row it must be bad.</summary>
    internal const int TimesBad = 3;

    /// <summary>For how long it is set aside: so long, times how often in a row; at most <see cref="AsideMsMax"/>, give or take a fifth.</summary>
    internal const int AsideMs = 10_000;

    /// <inheritdoc cref="AsideMs"/>
    internal const int AsideMsMax = 300_000;

    /// <summary>After so long with its whole share it begins to count anew how often it was set aside.</summary>
    internal const int ForgivenMs = 60_000;

    /// <summary>What it gets at first when it comes back: so many, or a tenth of what it can take; twice as much each second.</summary>
    internal const int RoomMin = 4;

    /// <summary>How long each step of the way back takes.</summary>
    internal const int StepMs = 1_000;

    /// <summary>One that was late for less has lost nothing by it: it has applied what the others had.</summary>
    internal const int ColdMs = 10_000;

    private ReadTally _from;
    private long _openedMs;
    private int _times;
    private int _asideTimes;
    private long _asideUntilMs;
    private long _steppedMs;
    private long _fullSinceMs;
    private long? _outSinceMs;
    private long _probesFrom;
    private bool _wasGone;
    private bool _wasSeen;
    private bool _isProbed;
    private bool _isKept;

    /// <summary>Its name.</summary>
    internal string Name => name;

    /// <summary>How it looked last.</summary>
    internal ReplicaLook Look { get; private set; }

    /// <summary>How much of the reads it gets.</summary>
    internal ReadPart Part => Room switch
    {
        0 => ReadPart.Aside,
        int.MaxValue => ReadPart.Full,
        _ => ReadPart.Returning,
    };

    /// <summary>How many at one time.</summary>
    internal int Room { get; private set; } = int.MaxValue;

    /// <summary>Whether it is read from as any other.</summary>
    internal bool IsWell => Look is { IsThere: true, IsFresh: true } && Part != ReadPart.Aside;

    /// <summary>What a read takes there; null when there were too few of late.</summary>
    internal double? TypicalMs { get; private set; }

    /// <summary>What of them failed.</summary>
    internal double FailedShare { get; private set; }

    /// <summary>Whether it fails where the others do not.</summary>
    internal bool IsFailing { get; private set; }

    /// <summary>Whether it has been bad for so long that it should be set aside.</summary>
    internal bool IsBad => _times >= (_isProbed ? 1 : TimesBad);

    /// <summary>Why it is what it is.</summary>
    internal string Cause { get; private set; } = "";

    /// <summary>It looks so now; what has changed by that.</summary>
    internal ReplicaNews? See(in ReplicaLook look, bool wasBoot, long nowMs)
    {
        Look = look;
        if (Part == ReadPart.Aside && nowMs >= _asideUntilMs)
            return Return($"it was aside for long enough; {ProbesMin} reads show how it is", isProbed: true, nowMs);
        if (!look.IsThere || !look.IsFresh)
        {
            _outSinceMs ??= nowMs;
            _wasGone |= !look.IsThere;
            if (nowMs - _outSinceMs >= ColdMs)
                _wasGone = true;
            return null;
        }
        var (wasGone, wasSeen) = (_wasGone, _wasSeen);
        (_outSinceMs, _wasGone, _wasSeen) = (null, false, true);
        if (Part == ReadPart.Full && (wasSeen ? wasGone : !wasBoot))
            return Return(wasSeen ? "it was gone, or late for long" : "it is new", isProbed: false, nowMs);
        return Part == ReadPart.Returning ? Step(nowMs) : null;
    }

    /// <summary>Looks at what its reads took, when there were enough of them.</summary>
    internal void Judge((double? TypicalMs, double FailedShare) peers, int slowFactor, long nowMs)
    {
        if (!IsWell)
        {
            Open(nowMs);
            return;
        }
        if (Part == ReadPart.Full && nowMs - _fullSinceMs >= ForgivenMs)
            _asideTimes = 0;
        var seen = Look.Tally.Since(_from);
        var wanted = _isProbed ? ProbesMin : SamplesMin;
        var isLate = nowMs - _openedMs >= WindowMsMax;
        if (nowMs - _openedMs < WindowMsMin || (seen.Reads < wanted && !isLate))
            return;
        TypicalMs = seen.Reads >= Math.Min(wanted, ProbesMin) ? seen.TypicalMs : null;
        FailedShare = seen.Reads > 0 ? (double)seen.Failed / seen.Reads : 0;
        Open(nowMs);
        IsFailing = TypicalMs is not null && peers.TypicalMs is not null
            && FailedShare * 100 >= FailedShareMin && peers.FailedShare * 100 <= FailedShareOfPeersMax;
        var isSlow = slowFactor > 0 && TypicalMs is { } mine && peers.TypicalMs is { } theirs
            && mine >= SlowMsMin && 1 + mine >= slowFactor * (1 + theirs);
        if (IsFailing || isSlow)
        {
            _times++;
            Cause = IsFailing
                ? string.Create(CultureInfo.InvariantCulture, $"{FailedShare * 100:0} of 100 reads fail there, and {peers.FailedShare * 100:0} elsewhere")
                : string.Create(CultureInfo.InvariantCulture, $"a read takes {TypicalMs:0} ms there, and {peers.TypicalMs:0} ms elsewhere "
                    + $"(reads.slow_factor={slowFactor})");
        }
        else
        {
            _times = 0;
            _isKept = false;
        }
    }

    /// <summary>It gets no reads for a while.</summary>
    internal ReplicaNews SetAside(long nowMs)
    {
        _asideTimes++;
        var forMs = Math.Min(AsideMsMax, (long)AsideMs * _asideTimes);
        _asideUntilMs = nowMs + (long)(forMs * (0.8 + (0.4 * random.NextDouble())));
        (Room, _times, _isKept, _isProbed) = (0, 0, false, false);
        return new(name, "aside", string.Create(CultureInfo.InvariantCulture, $"{Cause}; for {(_asideUntilMs - nowMs) / 1000.0:0} s"));
    }

    /// <summary>It is bad, and cannot be done without: said once.</summary>
    internal ReplicaNews? Keep(string reason)
    {
        if (_isKept)
            return null;
        _isKept = true;
        return new(name, "kept", $"{Cause}; it goes on all the same: {reason}");
    }

    /// <summary>It gets its whole share at once: nobody can do without it.</summary>
    internal ReplicaNews TakeBack(string cause)
    {
        (Room, _times, _isProbed, Cause) = (int.MaxValue, 0, false, "");
        return new(name, "full", cause);
    }

    private ReplicaNews Return(string cause, bool isProbed, long nowMs)
    {
        (Room, _isProbed, _steppedMs, _times, Cause) = (Start(), isProbed, nowMs, 0, "");
        _probesFrom = Look.Tally.Reads;
        Open(nowMs);
        return new(name, "returning", cause);
    }

    private ReplicaNews? Step(long nowMs)
    {
        if (nowMs - _steppedMs < StepMs || _times > 0 || (_isProbed && Look.Tally.Reads - _probesFrom < ProbesMin))
            return null;
        _steppedMs = nowMs;
        // Those that may run there may have become fewer, or more.
        Room = Math.Min(2 * Room, int.MaxValue / 4);
        if (Room < Look.Weight)
            return null;
        (Room, _isProbed, _fullSinceMs, Cause) = (int.MaxValue, false, nowMs, "");
        return new(name, "full", "it has come back");
    }

    private int Start() => Math.Max(RoomMin, Look.Weight / 10);

    private void Open(long nowMs) => (_from, _openedMs) = (Look.Tally, nowMs);
}
