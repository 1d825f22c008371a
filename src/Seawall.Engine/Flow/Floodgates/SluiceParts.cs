namespace Seawall.Engine.Flow.Floodgates;

/// <summary>Parts of a sluice that tests leave out, to see that they are missed.</summary>
[Flags]
internal enum SluiceParts : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A queue that stands does not turn.</summary>
    Turning = 1,

    /// <summary>Nobody is refused because of those before him.</summary>
    Prediction = 2,

    /// <summary>All cohorts are served alike.</summary>
    Cohorts = 4,

    /// <summary>Whoever came first goes first, whatever his class.</summary>
    Classes = 8,

    /// <summary>Statements that take long go the common way.</summary>
    Bulkhead = 16,

    /// <summary>Statements that have come to take many times as long go on as before.</summary>
    Breaker = 32,

    /// <summary>All tenants are one.</summary>
    Tenants = 64,

    /// <summary>Statements that wait for one another go the common way.</summary>
    Hot = 128,
}
