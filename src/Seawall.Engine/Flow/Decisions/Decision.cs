namespace Seawall.Engine.Flow.Decisions;

/// <summary>What is to be done with one statement. Decided once, before anything is sent.</summary>
/// <param name="MayShareTrip">
/// Whether it may be sent together with the commands that prepare the connection for it: even if one of these failed,
/// running it would have changed nothing.
/// </param>
/// <param name="Needs">What it needs of the statement before.</param>
/// <param name="Pins">Why the session will keep its connection if the statement succeeds.</param>
/// <param name="PinsEvenIfItFails">Why the session will keep its connection in any case: part of it may have run.</param>
/// <param name="Ends">The reasons that may end if it succeeds.</param>
/// <param name="AsksSettings">
/// Whether the server must be asked what the session's settings are afterwards, because it does not report all changes.
/// </param>
/// <param name="ForgetsSettings">Whether reported changes hold for this statement only (MariaDB's SET STATEMENT).</param>
/// <param name="PutsBackSettings">Whether it puts back what it has set, but for what the statement inside of it sets.</param>
/// <param name="EndsConnection">Whether the server closes the connection afterwards (COMMIT RELEASE).</param>
/// <param name="ChangesGlobals">Whether sessions that begin after it may begin with something else.</param>
/// <param name="MarksTransaction">Whether it begins a transaction unlike others, or may end one and leave that behind.</param>
internal readonly record struct Decision(
    bool MayShareTrip, PreviousFacts Needs, PinReasons Pins, PinReasons PinsEvenIfItFails, PinReasons Ends,
    bool AsksSettings, bool ForgetsSettings, bool PutsBackSettings, bool EndsConnection, bool ChangesGlobals,
    bool MarksTransaction)
{
    /// <summary>Whether there is anything to do when the answer has come.</summary>
    internal bool HasConsequences =>
        (Pins | PinsEvenIfItFails | Ends) != 0 || AsksSettings || ForgetsSettings || PutsBackSettings || EndsConnection
        || ChangesGlobals || MarksTransaction;
}
