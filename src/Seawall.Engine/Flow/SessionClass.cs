namespace Seawall.Engine.Flow;

/// <summary>
/// The class of a session's statements, as long as nothing changes that it depends on, and what the session has said of them. Few sessions
/// need it at the same time as there are many: it is made when somebody asks.
/// </summary>
internal sealed class SessionClass
{
    /// <summary>The options that it was found by.</summary>
    internal object? Options;

    /// <summary>The session's settings then: its schema is one of them.</summary>
    internal SessionSettings? Settings;

    /// <summary>The account then.</summary>
    internal object? Account;

    /// <summary>The number of the rule that it was found by; -1 when none fits.</summary>
    internal int Rule;

    /// <summary>The class.</summary>
    internal byte Number;

    /// <summary>What of the schema goes into the shapes of statements: tables of one name may be small here and large there.</summary>
    internal ulong SchemaShape;

    /// <summary>The session's tenant, for statements that name none; 0: nobody in particular.</summary>
    internal ulong Tenant;

    /// <summary>Whether a statement may make itself more important than that.</summary>
    internal bool MayRaise;

    /// <summary>Whether a rule before that one is for some of its statements.</summary>
    internal bool DependsOnDigest;

    /// <summary>When a statement of it was refused last, in the loop's milliseconds; 0: none was.</summary>
    internal long RefusedMs;

    /// <summary>What the session has said of its statements (<c>SET @seawall_priority</c>); 0: nothing.</summary>
    internal byte Said;

    /// <summary>How long its statements may wait, in milliseconds (<c>SET @seawall_deadline_ms</c>); 0: it has not said.</summary>
    internal int SaidDeadlineMs;

    /// <summary>What the session has said of its reads (<c>SET @seawall_freshness</c>).</summary>
    internal ReadWord SaidOfReads;

    /// <summary>It is nobody's any more: nothing is known, and nothing was said.</summary>
    internal void Forget()
    {
        (Options, Settings, Account) = (null, null, null);
        (Rule, Number, SchemaShape, Tenant, MayRaise, DependsOnDigest) = (0, 0, 0, 0, false, false);
        (RefusedMs, Said, SaidDeadlineMs, SaidOfReads) = (0, 0, 0, default);
    }
}
