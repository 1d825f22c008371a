using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;

namespace Seawall.Rehearsal.Storms;

/// <summary>
/// A storm of short-lived connections: each connects, logs in, runs one statement and leaves. A new one begins as soon as
/// one has ended, so that the given number is under way at any time.
/// </summary>
public sealed record StormPlan
{
    /// <summary>Where to connect.</summary>
    public required Endpoint Target { get; init; }

    /// <summary>Who logs in; its password must be known.</summary>
    public required Account Account { get; init; }

    /// <summary>The statement; <c>{0}</c> becomes a number from 1 to <see cref="KeyMax"/>.</summary>
    public required string Statement { get; init; }

    /// <summary>The largest number that <see cref="Statement"/> gets.</summary>
    public int KeyMax { get; init; } = 1;

    /// <summary>The schema to name at login; null for none.</summary>
    public string? Schema { get; init; }

    /// <summary>Connections in all.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>Connections at one time.</summary>
    public int AtOnce { get; init; } = 200;

    /// <summary>How long one may take before it counts as an error.</summary>
    public int GiveUpMs { get; init; } = 30_000;
}

/// <summary>What a storm has met with so far. Written by the storm's thread; readable at any time.</summary>
public sealed class StormResult
{
    private readonly Dictionary<string, int> _errors = [];
    private readonly Lock _lock = new();
    private long _begun;
    private long _succeeded;
    private long _failed;

    /// <summary>Connections that were begun.</summary>
    public long Begun => Interlocked.Read(ref _begun);

    /// <summary>Connections that ran their statement.</summary>
    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Connections that did not.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Connections that have ended, one way or the other.</summary>
    public long Ended => Succeeded + Failed;

    /// <summary>From the call to connect to the end of the login.</summary>
    public Engine.Telemetry.Histogram Connect { get; } = new();

    /// <summary>From the call to connect to the last byte of the answer.</summary>
    public Engine.Telemetry.Histogram Whole { get; } = new();

    /// <summary>How long the storm took, in seconds; 0 while it lasts.</summary>
    public double Seconds { get; internal set; }

    /// <summary>What went wrong, and how often.</summary>
    public IReadOnlyDictionary<string, int> Errors
    {
        get
        {
            lock (_lock)
                return new Dictionary<string, int>(_errors);
        }
    }

    internal void Begin() => Interlocked.Increment(ref _begun);

    internal void Succeed() => Interlocked.Increment(ref _succeeded);

    internal void Fail(string reason)
    {
        Interlocked.Increment(ref _failed);
        lock (_lock)
            _errors[reason] = _errors.GetValueOrDefault(reason) + 1;
    }
}
