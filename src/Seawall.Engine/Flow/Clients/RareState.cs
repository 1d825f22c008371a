using Seawall.Engine.Captures;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// What a server would remember of a session and most sessions never have: one reference of the session in place of many. Made with the
/// first of them, and kept as long as the session: whoever has one of them has it again.
/// </summary>
internal sealed class RareState
{
    /// <summary><see cref="Session.InsertIdDoubt"/>.</summary>
    internal InsertIdDoubt InsertIdDoubt;

    /// <summary><see cref="Session.KeptWarnings"/>.</summary>
    internal KeptWarnings? KeptWarnings;

    /// <summary><see cref="Session.Sequences"/>.</summary>
    internal List<string>? Sequences;

    /// <summary><see cref="Session.Owed"/>.</summary>
    internal byte[]? Owed;

    /// <summary><see cref="Session.Untold"/>.</summary>
    internal UntoldChanges? Untold;

    /// <summary><see cref="Session.Note"/>.</summary>
    internal ConnectionNote? Note;

    /// <summary><see cref="Session.TextTraits"/>.</summary>
    internal Dictionary<string, StatementTraits>? TextTraits;
}
