using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Clients;

/// <summary>One thing that a session has on its server connection and that cannot be moved.</summary>
/// <param name="Reason">What it is: one reason.</param>
/// <param name="Name">Its name, where things of its kind have names and this one's is known.</param>
/// <param name="SinceMs">Since when, in the loop's milliseconds.</param>
/// <param name="By">The statement that made it, when it was still known.</param>
internal readonly record struct HeldThing(PinReasons Reason, string? Name, long SinceMs, StatementDigest? By);

/// <summary>
/// What a session has on its server connection that cannot be moved, by name where names are known: each reason ends by
/// itself when the last of its things is gone.
/// </summary>
internal sealed class SessionPins
{
    /// <summary>More names than anybody has; beyond them a reason stays until the session ends.</summary>
    private const int NamesMax = 64;

    // Those that end with the next statement are only a flag: many statements leave one.
    private List<HeldThing>? _things;

    /// <summary>All reasons that hold now.</summary>
    internal PinReasons Reasons { get; private set; }

    /// <summary>The settings of the session when it first took a role.</summary>
    internal SessionSettings? SettingsBeforeRole { get; set; }

    /// <summary>What is held, for as long as it takes: those that end with the next statement are not among it.</summary>
    internal IReadOnlyList<HeldThing> Things => _things ?? [];

    /// <summary>Pins for reasons that have no names, or whose names are not known.</summary>
    internal void Add(PinReasons reasons, long nowMs, StatementDigest? by)
    {
        Reasons |= reasons;
        for (var left = (uint)(reasons & ~PinReasons.Soft); left != 0; left &= left - 1)
        {
            var reason = (PinReasons)(left & ~(left - 1));
            if (!Holds(reason, null))
                (_things ??= []).Add(new(reason, null, nowMs, by));
        }
    }

    /// <summary>Pins for a thing of this name; the same name twice must be released twice.</summary>
    internal void Add(PinReasons reason, string name, long nowMs, StatementDigest? by)
    {
        if (_things?.Count >= NamesMax)
        {
            Add(reason, nowMs, by);
            return;
        }
        (_things ??= []).Add(new(reason, name, nowMs, by));
        Reasons |= reason;
    }

    /// <summary>Whether there is a thing of this name, or one without a name.</summary>
    internal bool Holds(PinReasons reason, string? name) => Find(reason, name) >= 0;

    /// <summary>The thing of this name is gone; without it the reason may hold no more.</summary>
    internal void Remove(PinReasons reason, string name)
    {
        var at = Find(reason, name);
        if (at < 0)
            return;
        _things!.RemoveAt(at);
        if (!_things.Exists(thing => thing.Reason == reason))
            Reasons &= ~reason;
    }

    /// <summary>The reasons hold no more, whatever their things.</summary>
    internal void Clear(PinReasons reasons)
    {
        if ((Reasons & reasons & ~PinReasons.Soft) != 0)
            _things?.RemoveAll(thing => (thing.Reason & reasons) != 0);
        Reasons &= ~reasons;
    }

    private int Find(PinReasons reason, string? name) =>
        _things?.FindIndex(thing => thing.Reason == reason && thing.Name == name) ?? -1;
}
