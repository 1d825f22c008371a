using System.Collections.Immutable;
using Seawall.Engine.Flow.Floodgates;

namespace Seawall.Engine.Flow;

/// <summary>What Seawall itself may run short of.</summary>
public enum StrainResource : byte
{
    /// <summary>Memory.</summary>
    Memory,

    /// <summary>File descriptors: each client and each server connection is one.</summary>
    Descriptors,

    /// <summary>Time of the loops: how long everything on a loop waits for its turn.</summary>
    Delay,
}

/// <summary>What Seawall does because it runs short of something; each step includes those before it.</summary>
public enum StrainLevel : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Idle clients that hold nothing are sent away sooner. Not for <see cref="StrainResource.Delay"/>: it costs time.</summary>
    Hurry,

    /// <summary>Statements of the low classes are refused, where classes count (<see cref="OverloadOptions.Mode"/>).</summary>
    Shed,

    /// <summary>Newcomers are turned away, in place of a greeting; who is in stays in.</summary>
    Closed,
}

/// <summary>How Seawall protects itself. Immutable.</summary>
public sealed record ProtectionOptions
{
    /// <summary>Whether it does; <see cref="OverloadMode.Observe"/> counts what it would have done.</summary>
    public OverloadMode Mode { get; init; } = OverloadMode.Enforce;

    /// <summary>Bytes of memory that the process may have; 0 for three quarters of what the machine, or the container, has.</summary>
    public long MemoryMax { get; init; }

    /// <summary>How long a client that holds nothing may be silent from <see cref="StrainLevel.Hurry"/> on.</summary>
    public int IdleMsMax { get; init; } = 30_000;

    /// <summary>
    /// How long things may wait for their turn on a loop, for a second on end, before <see cref="StrainLevel.Shed"/>; at five
    /// times as long, <see cref="StrainLevel.Closed"/>. A loop that keeps up has a hundredth of it.
    /// </summary>
    public int DelayMsMax { get; init; } = 200;
}

/// <summary>How much of one resource is used.</summary>
/// <param name="Resource">Which.</param>
/// <param name="Level">What is done because of it.</param>
/// <param name="Used">How much is used: bytes, descriptors, or milliseconds that things wait.</param>
/// <param name="Max">How much there is; for the delay, where <see cref="StrainLevel.Shed"/> begins.</param>
/// <param name="SinceMs">When the level was reached, in the loops' milliseconds.</param>
public readonly record struct StrainReading(StrainResource Resource, StrainLevel Level, long Used, long Max, long SinceMs)
{
    /// <summary>It for people, with the setting that it is about.</summary>
    public string Words => Resource switch
    {
        StrainResource.Memory => $"memory: {Used >> 20} of {Max >> 20} MiB (protection.memory_mib_max)",
        StrainResource.Descriptors => $"file descriptors: about {Used} of {Max} (ulimit -n)",
        StrainResource.Delay => $"time: everything waits {Used} ms for its turn (protection.delay_ms_max = {Max})",
    };
}

/// <summary>What Seawall runs short of now, for those who must do something about it. Thread-safe: written by one, read by all loops.</summary>
internal sealed class Strain(Func<ProtectionOptions> options)
{
    private volatile StrainState _state = StrainState.Calm;

    /// <summary>How Seawall protects itself now.</summary>
    internal ProtectionOptions Options => options();

    /// <summary>The level that is reached; whether anything is done about it <see cref="IsEnforced"/> says.</summary>
    internal StrainLevel Level => _state.Level;

    /// <summary>Whether more is done than counting.</summary>
    internal bool IsEnforced => options().Mode == OverloadMode.Enforce;

    /// <summary>Whether idle clients are to go sooner.</summary>
    internal bool HurriesIdle => _state.HurriesIdle;

    /// <summary>All resources, as they were when they were looked at last.</summary>
    internal ImmutableArray<StrainReading> Readings => _state.Readings;

    /// <summary>What there is least of, for people: <c>memory: 970 of 1000 MiB</c>.</summary>
    internal string Cause => _state.Readings.IsEmpty ? "" : _state.Readings.MaxBy(reading => reading.Level).Words;

    /// <summary>What was found out now.</summary>
    internal void Note(ImmutableArray<StrainReading> readings) => _state = new StrainState(
        readings,
        readings.Max(reading => reading.Level),
        readings.Any(reading => reading is { Resource: not StrainResource.Delay, Level: >= StrainLevel.Hurry }));

    private sealed record StrainState(ImmutableArray<StrainReading> Readings, StrainLevel Level, bool HurriesIdle)
    {
        internal static readonly StrainState Calm = new([], StrainLevel.None, false);
    }
}
