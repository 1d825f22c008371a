using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine.Watch;

/// <summary>
/// Four times a second, looks at what Seawall itself may run short of, from the control loop, which has a thread of its own: the
/// loops may be as busy as they like.
/// </summary>
/// <param name="control">The control loop.</param>
/// <param name="strain">Where it is told.</param>
/// <param name="descriptors">Clients and server connections.</param>
/// <param name="delayUs">For each loop, how long things wait there now, in microseconds.</param>
/// <param name="hurry">Has every idle client look at its clock.</param>
/// <param name="logger">Where changes are told.</param>
internal sealed class SelfWatch(
    Loop control, Strain strain, Func<int> descriptors, IReadOnlyList<Func<long>> delayUs, Action hurry, ILogger logger) : TimerNode
{
    internal const int EveryMs = 250;

    // Shares of what there is: the overload design's. Between them there must be room for what a quarter of a second can bring.
    private const double HurryAt = 0.85;
    private const double ShedAt = 0.92;
    private const double ClosedAt = 0.95;

    /// <summary>Of the longest delay that is right: there is no step before it, and one far behind it.</summary>
    private const double DelayClosedAt = 5;

    /// <summary>A loop is late when it was at each of the last looks: one long pause is nobody's load.</summary>
    private const int LooksForDelay = 4;

    /// <summary>The runtime's own descriptors, loops, listeners, log, monitors and admin clients.</summary>
    private const int OwnDescriptors = 100;

    /// <summary>How often memory is collected whole because there is little left.</summary>
    private const int CollectEveryMs = 10_000;

    private readonly long[][] _delays = [.. delayUs.Select(_ => new long[LooksForDelay])];
    private StrainGauge _memory = new(HurryAt, ShedAt, ClosedAt);
    private StrainGauge _descriptors = new(HurryAt, ShedAt, ClosedAt);
    private StrainGauge _delay = new(double.PositiveInfinity, 1, DelayClosedAt);
    private long _collectedMs = long.MinValue / 2;
    private int _look;

    /// <summary>Bytes that the process has now.</summary>
    internal Func<long> Memory { get; set; } = () => Environment.WorkingSet;

    /// <summary>Bytes that it may have when the settings do not say.</summary>
    internal Func<long> MemoryOfMachine { get; set; } = () => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>Descriptors that it may have.</summary>
    internal required Func<long> DescriptorsMax { get; set; }

    /// <summary>Begins. Control loop only.</summary>
    internal void Start() => control.Arm(this, EveryMs);

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        control.Arm(this, EveryMs);
        Look();
    }

    /// <summary>Looks now.</summary>
    internal void Look()
    {
        var options = strain.Options;
        if (options.Mode == OverloadMode.Off)
        {
            (_memory, _descriptors) = (new(HurryAt, ShedAt, ClosedAt), new(HurryAt, ShedAt, ClosedAt));
            _delay = new(double.PositiveInfinity, 1, DelayClosedAt);
        }
        var hurriedBefore = strain.HurriesIdle;
        var memoryMax = options.MemoryMax > 0 ? options.MemoryMax : MemoryOfMachine();
        var readings = ImmutableArray.Create(
            Read(ref _memory, StrainResource.Memory, Memory(), memoryMax, options),
            Read(ref _descriptors, StrainResource.Descriptors, descriptors() + OwnDescriptors, DescriptorsMax(), options),
            Read(ref _delay, StrainResource.Delay, LongestDelayMs(), options.DelayMsMax, options));
        strain.Note(readings);
        if (_memory.Level >= StrainLevel.Hurry)
            Collect();
        if (strain.HurriesIdle && !hurriedBefore)
            hurry();
    }

    private StrainReading Read(ref StrainGauge gauge, StrainResource resource, long used, long max, ProtectionOptions options)
    {
        if (options.Mode == OverloadMode.Off)
            return new(resource, StrainLevel.None, used, max, 0);
        var before = gauge.Level;
        var hasChanged = gauge.Note((double)used / max, control.NowMs);
        var reading = new StrainReading(resource, gauge.Level, used, max, gauge.SinceMs);
        if (hasChanged)
            Say(reading, before, options.Mode);
        return reading;
    }

    private void Say(StrainReading reading, StrainLevel before, OverloadMode mode)
    {
        var words = reading.Words;
        if (reading.Level > before)
            EngineLog.StrainRose(logger, words, DoneAt(reading.Level), mode == OverloadMode.Enforce ? "" : " (not done: protection.mode = \"observe\")");
        else
            EngineLog.StrainFell(logger, words, DoneAt(reading.Level));
    }

    private static string DoneAt(StrainLevel level) => level switch
    {
        StrainLevel.None => "nothing is done about it any more",
        StrainLevel.Hurry => "idle clients that hold nothing are sent away sooner (protection.idle_ms_max)",
        StrainLevel.Shed => "statements of the classes low and background are refused",
        StrainLevel.Closed => "new clients are turned away",
    };

    // Of each loop the shortest of the last looks, of all loops the longest.
    private long LongestDelayMs()
    {
        var longest = 0L;
        for (var i = 0; i < _delays.Length; i++)
        {
            _delays[i][_look % LooksForDelay] = delayUs[i]();
            longest = Math.Max(longest, _delays[i].Min());
        }
        _look++;
        return longest / 1_000;
    }

    // What nobody uses any more counts as used until it is collected.
    private void Collect()
    {
        if (control.NowMs - _collectedMs < CollectEveryMs)
            return;
        _collectedMs = control.NowMs;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }
}
