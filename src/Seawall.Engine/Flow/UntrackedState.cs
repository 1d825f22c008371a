namespace Seawall.Engine.Flow;

/// <summary>Parts of a session's state that Seawall can be made blind to, to see that it would be noticed.</summary>
[Flags]
internal enum UntrackedState : byte
{
    /// <summary>Everything is tracked.</summary>
    None = 0,

    /// <summary>Schema and variables.</summary>
    Settings = 1,

    /// <summary>What keeps a connection.</summary>
    Pins = 2,
}
