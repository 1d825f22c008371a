namespace Seawall.Engine.Flow;

/// <summary>The class of a session's statements, as long as nothing changes that it depends on.</summary>
internal struct SessionClass
{
    /// <summary>The options that it was found by.</summary>
    internal object? Options;

    /// <summary>The session's settings then: its schema is one of them.</summary>
    internal SessionSettings? Settings;

    /// <summary>The account then.</summary>
    internal object? Account;

    /// <summary>The class.</summary>
    internal byte Number;

    /// <summary>Whether a statement may make itself more important than that.</summary>
    internal bool MayRaise;
}
