namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// What a session has on its server connection that cannot be moved, by name where names are known: each reason ends by
/// itself when the last of its names is gone.
/// </summary>
internal sealed class SessionPins(long nowMs)
{
    /// <summary>More names than anybody has; beyond them a reason stays until the session ends.</summary>
    private const int NamesMax = 64;

    private readonly List<(PinReasons Reason, string Name)> _names = [];
    private PinReasons _nameless;

    /// <summary>Since when the session is pinned, in the loop's milliseconds.</summary>
    internal long SinceMs { get; } = nowMs;

    /// <summary>All reasons that hold now.</summary>
    internal PinReasons Reasons { get; private set; }

    /// <summary>Pins for a reason that has no names, or whose names are not known.</summary>
    internal void Add(PinReasons reason)
    {
        _nameless |= reason;
        Reasons |= reason;
    }

    /// <summary>Pins for a thing of this name; the same name twice must be released twice.</summary>
    internal void Add(PinReasons reason, string name)
    {
        if (_names.Count < NamesMax)
            _names.Add((reason, name));
        else
            _nameless |= reason;
        Reasons |= reason;
    }

    /// <summary>The thing of this name is gone; without it the reason may hold no more.</summary>
    internal void Remove(PinReasons reason, string name)
    {
        _names.Remove((reason, name));
        Settle(reason);
    }

    /// <summary>The reason holds no more, whatever its names.</summary>
    internal void Clear(PinReasons reasons)
    {
        _nameless &= ~reasons;
        _names.RemoveAll(entry => (entry.Reason & reasons) != 0);
        Reasons &= ~reasons;
    }

    private void Settle(PinReasons reason)
    {
        if ((_nameless & reason) == 0 && !_names.Exists(entry => entry.Reason == reason))
            Reasons &= ~reason;
    }
}
